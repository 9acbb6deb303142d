import { expect, test } from "@jest/globals";
import { normalMeta } from "../../src/core/meta.js";
import { bucketOf, recordHash, type Status } from "../../src/core/record.js";
import { codeIn, rowsOf, textOf } from "../support/documents.js";
import { expectDefault, TIMING } from "../support/timing-table.js";

const document = textOf("proto/PROTOCOL.md");

test("the hashes and buckets that PROTOCOL.md gives as examples are ours", () => {
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

test("the timers and limits that PROTOCOL.md has are all there are, with their defaults", () => {
  const rows = rowsOf(document, "option");
  expect(rows.map(([name = ""]) => codeIn(name).join()).sort()).toEqual(Object.keys(TIMING).sort());
  for (const [cell = "", preset = ""] of rows) {
    const name = codeIn(cell).join();
    expectDefault(name, preset, TIMING[name] ?? NaN);
  }
});
