import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  isSameMeta,
  META_LIMITS,
  metaProblem,
  metaText,
  normalMeta,
  TAKEN_META_LIMITS,
  type PeerMeta,
} from "../../src/core/meta.js";
import { anyCharacter, anyMeta } from "../support/records.js";

const tags = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, ""]));

describe("the limits", () => {
  test("are those that the .proto file names", () => {
    expect(META_LIMITS).toEqual({ nameBytes: 128, tags: 32, tagKeyBytes: 64, totalBytes: 1024 });
    expect(TAKEN_META_LIMITS).toEqual({ nameBytes: 256, tags: 64, tagKeyBytes: 128, totalBytes: 2048 });
  });

  test.each<[string, PeerMeta, RegExp]>([
    ["a name", { name: "n".repeat(129) }, /name has 129 bytes; the limit is 128/],
    ["the number of tags", { tags: tags(33) }, /tags has 33 entries; the limit is 32/],
    ["a tag's key", { tags: { ["k".repeat(65)]: "" } }, /has 65 bytes; it needs 1 to 64/],
    ["an empty key", { tags: { "": "v" } }, /has 0 bytes; it needs 1 to 64/],
    ["all of it together", { name: "n".repeat(24), tags: { k: "v".repeat(1000) } }, /1025 bytes together.*1024/],
  ])("are gone over by %s, and the limit is named", (_, meta, problem) => {
    expect(metaProblem(meta)).toMatch(problem);
  });

  test.each<[string, PeerMeta]>([
    ["a name", { name: "n".repeat(128) }],
    ["the number of tags", { tags: tags(32) }],
    ["a tag's key", { tags: { ["k".repeat(64)]: "" } }],
    ["all of it together", { name: "n".repeat(23), tags: { k: "v".repeat(1000) } }],
    ["nothing at all", {}],
  ])("may be reached by %s", (_, meta) => {
    expect(metaProblem(meta)).toBeUndefined();
  });

  test("count bytes and not characters, for text of any script", () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, minLength: 20, maxLength: 80 }), (name) => {
        expect(metaProblem({ name }) === undefined).toBe(Buffer.byteLength(name) <= META_LIMITS.nameBytes);
      }),
    );
    expect(metaProblem({ name: "é".repeat(65) })).toMatch(/130 bytes/);
    expect(metaProblem({ name: "😀".repeat(32) })).toBeUndefined();
  });

  test("do not let a huge key into the message", () => {
    expect(metaProblem({ tags: { ["k".repeat(1_000_000)]: "" } })?.length).toBeLessThan(300);
  });
});

describe("what is not metadata is named:", () => {
  test.each<[string, unknown, RegExp]>([
    ["a name that is no string", { name: 7 }, /name is a string, not number/],
    ["tags that are an array", { tags: ["a"] }, /tags is an object of strings/],
    ["tags that are text", { tags: "a" }, /tags is an object of strings/],
    ["a tag that is no string", { tags: { port: 80 } }, /"port" is a string, not number/],
    ["a field that does not exist", { nmae: "x" }, /no "nmae"; put it into the tags/],
    ["text that is no Unicode, since no peer could repeat it", { name: "\ud800" }, /name/],
    ["a key that is no Unicode", { tags: { "\udc00": "v" } }, /tag/],
    ["a value that is no Unicode", { tags: { k: "\ud800" } }, /tag/],
    ["null", null, /metadata/],
    ["a string", "name", /metadata/],
  ])("%s", (_, meta, problem) => {
    expect(metaProblem(meta as PeerMeta)).toMatch(problem);
  });
});

describe("the normal form", () => {
  test("leaves out what is empty", () => {
    expect(normalMeta({ name: "", tags: {} })).toEqual({});
    expect(normalMeta({ name: "n", tags: {} })).toEqual({ name: "n" });
    expect(normalMeta({ name: "", tags: { k: "" } })).toEqual({ tags: { k: "" } });
  });

  test("is one text for equal metadata, in whatever order the tags were given", () => {
    const inTwoOrders = anyMeta.chain(({ name, tags: given }) => {
      const entries = Object.entries(given ?? {});
      const shuffled = fc.shuffledSubarray(entries, { minLength: entries.length });
      return fc.tuple(fc.constant({ name: name ?? "", tags: given ?? {} }), shuffled);
    });
    fc.assert(
      fc.property(inTwoOrders, ([meta, shuffled]) => {
        const again = { name: meta.name, tags: Object.fromEntries(shuffled) };
        expect(metaText(normalMeta(again))).toBe(metaText(normalMeta(meta)));
      }),
    );
  });

  test("has another text for other metadata", () => {
    fc.assert(
      fc.property(anyMeta, anyMeta, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(metaText(one) === metaText(other)).toBe(same);
        expect(isSameMeta(one, other)).toBe(same);
      }),
    );
  });

  test("is told from the same without one of its fields, whichever that is", () => {
    fc.assert(
      fc.property(anyMeta, (meta) => {
        for (const field of Object.keys(meta)) {
          const without = normalMeta(Object.fromEntries(Object.entries(meta).filter(([key]) => key !== field)));
          expect([field, isSameMeta(meta, without), metaText(meta) === metaText(without)]).toEqual([
            field,
            false,
            false,
          ]);
        }
      }),
    );
  });

  test("is a frozen copy: what was handed in may change afterwards, it may not", () => {
    const given = { name: "n", tags: { k: "v" } };
    const normal = normalMeta(given);
    given.name = "changed";
    given.tags.k = "changed";
    expect(normal).toEqual({ name: "n", tags: { k: "v" } });
    expect(Object.isFrozen(normal)).toBe(true);
    expect(Object.isFrozen(normal.tags)).toBe(true);
  });
});
