import { expect, test } from "@jest/globals";
import { resolveSeed } from "../../src/grpc/resolve.js";

test("a name stands for all its addresses, each with the seed's port and each once", async () => {
  const found = await resolveSeed("localhost:7946");
  expect(found.length).toBeGreaterThan(0);
  expect(new Set(found).size).toBe(found.length);
  for (const address of found) expect(["127.0.0.1:7946", "[::1]:7946"]).toContain(address);
});

test.each(["127.0.0.1:7946", "[::1]:7946"])("the address %s stands for itself", async (address) => {
  expect(await resolveSeed(address)).toEqual([address]);
});

test("a name that is not known stands for nobody, and that is no error", async () => {
  expect(await resolveSeed("nobody.invalid:7946")).toEqual([]);
});
