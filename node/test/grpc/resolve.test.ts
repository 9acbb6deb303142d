import { expect, test } from "@jest/globals";
import { SeedLookUps } from "../../src/grpc/resolve.js";

test("a name stands for all its addresses, each with the seed's port and each once", async () => {
  const found = await new SeedLookUps().addressesOf("localhost:7946");
  expect(found.length).toBeGreaterThan(0);
  expect(new Set(found).size).toBe(found.length);
  for (const address of found) expect(["127.0.0.1:7946", "[::1]:7946"]).toContain(address);
});

test.each(["127.0.0.1:7946", "[::1]:7946"])("the address %s stands for itself", async (address) => {
  expect(await new SeedLookUps().addressesOf(address)).toEqual([address]);
});

test("a name that is not known stands for nobody, and that is no error", async () => {
  expect(await new SeedLookUps().addressesOf("nobody.invalid:7946")).toEqual([]);
});

/** Look-ups whose answers come when the test says so. */
function slowLookUps(): { lookUps: SeedLookUps; asked: string[]; answer: (host: string) => void } {
  const asked: string[] = [];
  const answers = new Map<string, () => void>();
  const lookUps = new SeedLookUps((host) => {
    asked.push(host);
    return new Promise((resolve) => {
      answers.set(host, () => {
        resolve([{ address: "10.0.0.1" }]);
      });
    });
  });
  return { lookUps, asked, answer: (host) => answers.get(host)?.() };
}

test("two names are looked up at once, the next when one of them is done, in the order of asking", async () => {
  const { lookUps, asked, answer } = slowLookUps();
  const found = ["a", "b", "c", "d"].map((host) => lookUps.addressesOf(`${host}:1`));
  expect(asked).toEqual(["a", "b"]);
  answer("b");
  expect(await found[1]).toEqual(["10.0.0.1:1"]);
  answer("a");
  await found[0];
  expect(asked).toEqual(["a", "b", "c", "d"]);
});

test("at the end those that wait are dropped: nothing more is looked up", async () => {
  const { lookUps, asked, answer } = slowLookUps();
  const found = ["a", "b", "c", "d"].map((host) => lookUps.addressesOf(`${host}:1`));
  lookUps.close();
  expect(await Promise.all([found[2], found[3], lookUps.addressesOf("e:1")])).toEqual([[], [], []]);
  for (const host of ["a", "b"]) answer(host);
  await Promise.all(found);
  expect(asked).toEqual(["a", "b"]);
});
