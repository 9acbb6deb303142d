import { expect, test } from "@jest/globals";
import { endOf, start } from "./support/programs.js";

test("the example prints what both peers see, then what is left when one has stopped, and ends by itself", async () => {
  const program = start(["scripts/example.mjs"]);
  const { stdout, stderr } = program;
  expect({ code: await endOf(program), stderr }).toEqual({ code: 0, stderr: [] });

  const views = stdout.join("\n").split(/^(?=peer\d sees )/m);
  const seen = views.map((view) => ({
    by: /^peer\d/.exec(view)?.[0],
    names: [...view.matchAll(/name: '(peer\d)'/g)].map(([, name]) => name).sort(),
    addresses: [...view.matchAll(/'(127\.0\.0\.1:\d+)':/g)].map(([, address]) => address).sort(),
  }));
  expect(seen).toMatchObject([
    { by: "peer0", names: ["peer0", "peer1"] },
    { by: "peer1", names: ["peer0", "peer1"] },
    { by: "peer1", names: ["peer1"] },
  ]);
  const [first, second, last] = seen.map(({ addresses }) => addresses);
  expect(first).toHaveLength(2);
  expect(second).toEqual(first);
  expect(last).toHaveLength(1);
});
