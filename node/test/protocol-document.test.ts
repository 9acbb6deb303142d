import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { normalMeta } from "../src/core/meta.js";
import { bucketOf, recordHash, type Status } from "../src/core/record.js";

test("the hashes and buckets that PROTOCOL.md gives as examples are ours", () => {
  const document = readFileSync(new URL("../../proto/PROTOCOL.md", import.meta.url), "utf8");
  const rows = [...document.matchAll(/^\| `(\S+) (\d+) (\d+) (\w+) (\[.*\])` *\| *(\d+) \| *(\d+) \|$/gm)];
  const hashes = rows.map(([, address = "", generation, incarnation, status, text = ""]) => {
    const [name, tags] = JSON.parse(text) as [string, [string, string][]];
    const { low, high } = recordHash({
      address,
      generation: Number(generation),
      incarnation: Number(incarnation),
      status: status as Status,
      meta: normalMeta({ name, tags: Object.fromEntries(tags) }),
    });
    return [high * 2 ** 32 + low, bucketOf(address)];
  });
  expect(hashes).toHaveLength(2);
  expect(hashes).toEqual(rows.map(([, , , , , , hash, bucket]) => [Number(hash), Number(bucket)]));
});
