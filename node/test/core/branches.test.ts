import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Address } from "../../src/core/address.js";
import { branches, nextOf, type Branch } from "../../src/core/branches.js";
import { bucketOf } from "../../src/core/record.js";
import { addresses } from "../support/records.js";

describe("branches", () => {
  test("share the members evenly, in order and none of them twice, at most as many as the fanout", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 16 }), (count, fanout) => {
        const members = addresses(count);
        const split = branches(["news:1"], members, fanout);
        expect(split).toHaveLength(Math.min(count, fanout));
        expect(split.flatMap((branch) => branch.members)).toEqual(members);
        const sizes = split.map((branch) => branch.members.length);
        expect(Math.max(...sizes, 0) - Math.min(...sizes, Infinity)).toBeLessThanOrEqual(1);
        for (const branch of split) {
          const range = { from: branch.members[0], to: branch.members.at(-1) };
          expect(branch).toMatchObject({ items: ["news:1"], range, tried: [] });
        }
      }),
    );
  });
});

describe("the next of a branch", () => {
  const MEMBERS = addresses(10);
  const branch = (members: readonly Address[], tried: readonly Address[] = []): Branch => ({
    items: ["news:1"],
    members,
    range: undefined,
    tried,
  });
  /** As all order them. */
  const ordered = [...MEMBERS].sort((a, b) => bucketOf(a) - bucketOf(b) || (a < b ? -1 : 1));

  test("is its head: the one of the lowest bucket, and of those the first", () => {
    expect(nextOf(branch(MEMBERS))).toBe(ordered[0]);
    fc.assert(
      fc.property(fc.shuffledSubarray(MEMBERS, { minLength: 1 }), (some) => {
        const members = [...some].sort();
        expect(nextOf(branch(members))).toBe(ordered.find((member) => members.includes(member)));
      }),
    );
  });

  test("is each of the others in turn while none answers, six times in all", () => {
    const tried: Address[] = [];
    for (let next = nextOf(branch(MEMBERS)); next !== undefined; next = nextOf(branch(MEMBERS, tried)))
      tried.push(next);
    expect(tried).toEqual(ordered.slice(0, 6));
  });

  test("is one who was told before when all were, for a single call may be lost", () => {
    expect(nextOf(branch(["a:1"], ["a:1"]))).toBe("a:1");
    expect(nextOf(branch(["a:1"], Array<Address>(6).fill("a:1")))).toBeUndefined();
  });

  test("is one who is slow only after all others", () => {
    const isSlow = (member: Address): boolean => member === ordered[0];
    expect(nextOf(branch(MEMBERS), undefined, isSlow)).toBe(ordered[1]);
    const [slow = "", quick = ""] = ordered;
    expect(nextOf(branch([slow, quick], [quick]), undefined, isSlow)).toBe(slow);
  });

  test("is nobody who is to be left out, and nobody at all where that is everybody", () => {
    expect(nextOf(branch(MEMBERS), (member) => member !== ordered[0])).toBe(ordered[1]);
    expect(nextOf(branch(["a:1"]), () => false)).toBeUndefined();
    expect(nextOf(branch([]))).toBeUndefined();
  });
});
