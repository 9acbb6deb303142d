import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Buckets } from "../../src/core/buckets.js";
import { bucketOf, type MemberRecord } from "../../src/core/record.js";
import { anyRecord } from "../support/records.js";

const isBefore = (a: MemberRecord, b: MemberRecord): number => (a.address < b.address ? -1 : 1);

test("find the record that was put last of each address, and none once it is deleted", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyRecord, fc.boolean()), { maxLength: 40 }), (steps) => {
      const buckets = new Buckets();
      const held = new Map<string, MemberRecord>();
      for (const [record, isDeleted] of steps) {
        buckets.put(record, held.get(record.address));
        held.set(record.address, record);
        if (isDeleted) buckets.delete(record);
        if (isDeleted) held.delete(record.address);
        expect(buckets.get(record.address)).toBe(held.get(record.address));
      }
      expect(buckets.size).toBe(held.size);
      expect(buckets.all().sort(isBefore)).toEqual([...held.values()].sort(isBefore));
      for (const record of held.values()) expect(buckets.of(bucketOf(record.address))).toContain(record);
    }),
  );
});

test("have the same hashes whenever they hold the same records, and none where they hold no record", () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyRecord, { selector: ({ address }) => address, maxLength: 12 }), (records) => {
      const [one, other] = [new Buckets(), new Buckets()];
      for (const record of records) one.put(record, undefined);
      for (const record of records.toReversed()) other.put(record, undefined);
      expect([one.hash, ...one.hashes]).toEqual([other.hash, ...other.hashes]);
      for (const record of records) one.delete(record);
      expect([one.hash, ...one.hashes]).toEqual(Array(65).fill(0));
    }),
  );
});
