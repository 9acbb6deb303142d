import { expect, test } from "@jest/globals";
import { isIP } from "node:net";
import { findOwnAddress } from "../src/advertise.js";
import { addressProblem, splitAddress } from "../src/core/address.js";

test("is the address of the interface that routes to the first seed", async () => {
  expect(await findOwnAddress(["127.0.0.1:1"], 7946)).toBe("127.0.0.1:7946");
});

test("passes over seeds whose name is not known", async () => {
  expect(await findOwnAddress(["nobody.invalid:1", "127.0.0.1:1"], 7946)).toBe("127.0.0.1:7946");
});

test("without seeds is an address that the machine's own name stands for", async () => {
  const own = await findOwnAddress([], 7946);
  expect(addressProblem(own)).toBeUndefined();
  expect(splitAddress(own).port).toBe(7946);
  expect(isIP(splitAddress(own).host)).not.toBe(0);
});

test.each<[string[], RegExp]>([
  [["nobody.invalid:1", "none.invalid:2"], /no seed .*\(nobody\.invalid:1, none\.invalid:2\)/],
  [[], /there is no seed/],
])("with the seeds %j and an own name that nobody knows says so, and what to do", async (seeds, tried) => {
  const finding = findOwnAddress(seeds, 7946, "nowhere.invalid");
  await expect(finding).rejects.toMatchObject({ name: "GossipError", code: "no-address" });
  await expect(finding).rejects.toThrow(tried);
  await expect(finding).rejects.toThrow(
    /"nowhere\.invalid".*\((ENOTFOUND|EAI_AGAIN)\)\. Set GOSSIP_ADDRESS to host:port/,
  );
});

test("is not looked for from what is no seed, or for what is no port", async () => {
  await expect(findOwnAddress(["nowhere"], 7946)).rejects.toMatchObject({ code: "invalid-address" });
  await expect(findOwnAddress([], 70_000)).rejects.toMatchObject({ code: "invalid-address" });
});
