import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { SentRecord } from "../../src/core/messages.js";
import { seededRandom } from "../../src/core/random.js";
import { isLive, type MemberRecord } from "../../src/core/record.js";
import { DEFAULT_LIMITS, type ProtocolLimits } from "../../src/core/timing.js";
import { View } from "../../src/core/view.js";
import { anyRecord, record, sent } from "../support/records.js";

const TTL = 1000;
const NOW = 5000;

function viewOf(records: readonly SentRecord[], limits: Partial<ProtocolLimits> = {}): View {
  const view = new View({ ...DEFAULT_LIMITS, ...limits }, TTL);
  for (const { goneForMs, ...each } of records) view.merge(each, goneForMs, NOW);
  return view;
}

/** All it holds, ages included, in one order. */
function contents(view: View, now = NOW): readonly SentRecord[] {
  return [...view.toTell("nobody:1", seededRandom(1), now)].sort((a, b) => (a.address < b.address ? -1 : 1));
}

describe("merging", () => {
  const anyRecords = fc.array(anyRecord, { maxLength: 12 });

  test("is commutative: in whatever order records come, tombstones and their ages too, the view is the same", () => {
    const shuffled = anyRecords.chain((records) =>
      fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
    );
    fc.assert(
      fc.property(shuffled, ([records, otherwise]) => {
        expect(contents(viewOf(otherwise))).toEqual(contents(viewOf(records)));
      }),
    );
  });

  test("is associative: two that first put together what each was told end as one who was told all", () => {
    fc.assert(
      fc.property(anyRecords, anyRecords, anyRecords, (a, b, c) => {
        const leftFirst = viewOf([...contents(viewOf([...a, ...b])), ...c]);
        const rightFirst = viewOf([...a, ...contents(viewOf([...b, ...c]))]);
        expect(contents(leftFirst)).toEqual(contents(rightFirst));
        expect(contents(leftFirst)).toEqual(contents(viewOf([...a, ...b, ...c])));
      }),
    );
  });

  test("is idempotent: hearing everything again changes nothing and is reported as no change", () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const view = viewOf(records);
        const before = contents(view);
        for (const { goneForMs, ...each } of records) {
          expect(view.merge(each, goneForMs, NOW)).toEqual({ outcome: "ignored" });
        }
        expect(contents(view)).toEqual(before);
      }),
    );
  });

  test("counts the live members as they are", () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const view = viewOf(records);
        const live = contents(view).filter(({ status }) => status === "alive" || status === "suspect");
        expect(view.liveCount).toBe(live.length);
        expect(live.every(({ address }) => view.isLive(address))).toBe(true);
      }),
    );
  });

  test("reports what was held before and what is held after", () => {
    const [before, after] = [record(), record({ incarnation: 1 })];
    const view = viewOf([]);
    expect(view.merge(before, 0, NOW)).toEqual({ outcome: "changed", before: undefined, after: before });
    expect(view.merge(after, 0, NOW)).toEqual({ outcome: "changed", before, after });
    expect(view.merge(before, 0, NOW)).toEqual({ outcome: "ignored" });
    expect(view.get("a:1")).toEqual(after);
  });

  test("never lets an older rumour over a tombstone", () => {
    const view = viewOf([sent({ status: "failed" })]);
    expect(view.merge(record({ status: "alive" }), 0, NOW).outcome).toBe("ignored");
    expect(view.merge(record({ status: "suspect" }), 0, NOW).outcome).toBe("ignored");
    expect(view.isLive("a:1")).toBe(false);
  });
});

describe("tombstones", () => {
  test("are forgotten after their time to live, and live members never", () => {
    const view = viewOf([sent({ address: "a:1", status: "failed" }), sent({ address: "b:1" })]);
    view.expire(NOW + TTL - 1);
    expect(view.get("a:1")).toBeDefined();
    view.expire(NOW + TTL);
    expect(view.get("a:1")).toBeUndefined();
    view.expire(NOW + 100 * TTL);
    expect(view.get("b:1")).toBeDefined();
  });

  test("travel with their age, so that all forget a member at the same time whenever they heard of it", () => {
    const first = viewOf([sent({ status: "left", goneForMs: 100 })]);
    const heardLater = new View(DEFAULT_LIMITS, TTL);
    for (const { goneForMs, ...each } of contents(first, NOW + 500)) heardLater.merge(each, goneForMs, NOW + 500);
    for (const view of [first, heardLater]) {
      view.expire(NOW + 899);
      expect(view.get("a:1")).toBeDefined();
      view.expire(NOW + 900);
      expect(view.get("a:1")).toBeUndefined();
    }
  });

  test("of two ages the older holds", () => {
    const view = viewOf([sent({ status: "failed", goneForMs: 10 }), sent({ status: "failed", goneForMs: 400 })]);
    expect(contents(view)).toEqual([sent({ status: "failed", goneForMs: 400 })]);
    view.merge(record({ status: "failed" }), 20, NOW);
    expect(contents(view)).toEqual([sent({ status: "failed", goneForMs: 400 })]);
  });

  test("that others should have forgotten already are not taken in again", () => {
    expect(viewOf([sent({ status: "failed", goneForMs: TTL })]).get("a:1")).toBeUndefined();
    expect(viewOf([sent({ status: "failed", goneForMs: TTL - 1 })]).get("a:1")).toBeDefined();
  });

  test("are at most maxTombstones, the oldest forgotten first", () => {
    const view = viewOf(
      [
        sent({ address: "old:1", status: "failed", goneForMs: 300 }),
        sent({ address: "oldest:1", status: "left", goneForMs: 400 }),
        sent({ address: "alive:1" }),
        sent({ address: "young:1", status: "failed", goneForMs: 100 }),
      ],
      { maxTombstones: 2 },
    );
    expect(contents(view).map(({ address }) => address)).toEqual(["alive:1", "old:1", "young:1"]);
  });
});

describe("maxMembers", () => {
  const full = (): View => viewOf([sent({ address: "a:1" }), sent({ address: "b:1" })], { maxMembers: 2 });

  test("refuses a newcomer and names the limit and who was refused", () => {
    const view = full();
    const merged = view.merge(record({ address: "c:1" }), 0, NOW);
    expect(merged).toMatchObject({ outcome: "refused", problem: expect.stringMatching(/c:1.*maxMembers is 2/) });
    expect(view.get("c:1")).toBeUndefined();
    expect(view.liveCount).toBe(2);
  });

  test("is no obstacle to news of those who are in, nor to tombstones", () => {
    const view = full();
    expect(view.merge(record({ address: "b:1", incarnation: 1 }), 0, NOW).outcome).toBe("changed");
    expect(view.merge(record({ address: "d:1", status: "failed" }), 0, NOW).outcome).toBe("changed");
  });

  test("has room again when a member is gone", () => {
    const view = full();
    view.merge(record({ address: "b:1", status: "failed" }), 0, NOW);
    expect(view.merge(record({ address: "c:1" }), 0, NOW).outcome).toBe("changed");
    expect(view.merge(record({ address: "b:1", incarnation: 1 }), 0, NOW).outcome).toBe("refused");
  });
});

describe("what to tell", () => {
  const many = Array.from({ length: 100 }, (_, at) => sent({ address: `m${at}:1` }));

  test("is everything as long as that fits into one message", () => {
    const view = viewOf(many, { maxRecordsPerMessage: 100 });
    expect(view.toTell("m3:1", seededRandom(1), NOW)).toHaveLength(100);
  });

  test("is at most maxRecordsPerMessage, without doubles and always with the own record", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer(), (most, seed) => {
        const told = viewOf(many, { maxRecordsPerMessage: most }).toTell("m3:1", seededRandom(seed), NOW);
        expect(told[0]?.address).toBe("m3:1");
        expect(new Set(told.map(({ address }) => address)).size).toBe(most);
        expect(told).toHaveLength(most);
      }),
    );
  });

  test("has the latest changes in it, and gives every other record its turn", () => {
    const view = viewOf(many, { maxRecordsPerMessage: 11 });
    const late = ["m50:1", "m51:1", "m52:1", "m53:1", "m54:1"];
    for (const address of late) view.merge(record({ address, incarnation: 1 }), 0, NOW + 1);
    const random = seededRandom(7);
    const heard = new Set<string>();
    for (let message = 0; message < 200; message++) {
      const told = view.toTell("m3:1", random, NOW + 2).map(({ address }) => address);
      expect(told).toEqual(expect.arrayContaining(late));
      for (const address of told) heard.add(address);
    }
    expect(heard.size).toBe(100);
  });
});

describe("the hash of a view", () => {
  const live = (view: View): string => JSON.stringify(view.records().filter(isLive).sort(byAddress));
  const byAddress = (a: MemberRecord, b: MemberRecord): number => (a.address < b.address ? -1 : 1);

  test("is equal when the live records are, in whatever order they came and whoever is dead, and only then", () => {
    fc.assert(
      fc.property(fc.array(anyRecord), fc.array(anyRecord), (some, others) => {
        const [a, b] = [viewOf(some), viewOf(others)];
        expect(a.hash === b.hash).toBe(live(a) === live(b));
        expect(viewOf([...some].reverse()).hash).toBe(a.hash);
        expect(a.hash).toBeLessThan(2 ** 48);
      }),
    );
  });
});
