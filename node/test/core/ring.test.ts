import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Ring } from "../../src/core/ring.js";

const anyAddress = fc.constantFrom("a:1", "b:1", "c:1", "d:1", "e:1", "f:1", "g:1");

test("holds the members in the order of addresses, however they come and go and whenever it is looked at", () => {
  const anyStep = fc.record({ address: anyAddress, isLookedAt: fc.boolean() });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const ring = new Ring();
      const held = new Set<string>();
      for (const { address, isLookedAt } of steps) {
        if (held.has(address)) ring.delete(address);
        else ring.add(address);
        if (!held.delete(address)) held.add(address);
        expect(ring.size).toBe(held.size);
        if (isLookedAt) expect(ring.members).toEqual([...held].sort());
      }
      expect(ring.members).toEqual([...held].sort());
    }),
  );
});

test("counts and lists the members of a range, its ends included", () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyAddress), anyAddress, anyAddress, (members, from, to) => {
      const ring = new Ring();
      for (const member of members) ring.add(member);
      const within = members.filter((member) => member >= from && member <= to).sort();
      expect(ring.within({ from, to })).toEqual(within);
      expect(ring.countWithin({ from, to })).toBe(within.length);
    }),
  );
});
