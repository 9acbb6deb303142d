import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { SentRecord } from "../../src/core/messages.js";
import { bucketOf, BUCKETS, isLive, type MemberRecord } from "../../src/core/record.js";
import { DEFAULT_LIMITS, type ProtocolLimits } from "../../src/core/timing.js";
import { View } from "../../src/core/view.js";
import { addresses, anyRecord, anyRecordOf, record, sent } from "../support/records.js";

const TTL = 1000;
const NOW = 5000;
const allBuckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

function viewOf(records: readonly SentRecord[], limits: Partial<ProtocolLimits> = {}): View {
  const view = new View({ ...DEFAULT_LIMITS, ...limits }, TTL);
  for (const { goneForMs, ...each } of records) view.merge(each, goneForMs ?? 0, NOW);
  return view;
}

/** All that a view holds, without ages, in one order. */
const recordsOf = (view: View): MemberRecord[] => view.records().sort((a, b) => (a.address < b.address ? -1 : 1));

/** All that a view holds, ages included, in one order. */
function contents(view: View, now = NOW): readonly SentRecord[] {
  return view.bucketsToSend(allBuckets, now).sort((a, b) => (a.address < b.address ? -1 : 1));
}

describe("merging", () => {
  const anyRecords = fc.array(anyRecord, { maxLength: 12 });

  test("is commutative: in whatever order records come, tombstones too, the view is the same", () => {
    const shuffled = anyRecords.chain((records) =>
      fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
    );
    fc.assert(
      fc.property(shuffled, ([records, otherwise]) => {
        expect(recordsOf(viewOf(otherwise))).toEqual(recordsOf(viewOf(records)));
      }),
    );
  });

  test("is associative: two that first put together what each was told end as one who was told all", () => {
    fc.assert(
      fc.property(anyRecords, anyRecords, anyRecords, (a, b, c) => {
        const leftFirst = viewOf([...contents(viewOf([...a, ...b])), ...c]);
        const rightFirst = viewOf([...a, ...contents(viewOf([...b, ...c]))]);
        expect(recordsOf(leftFirst)).toEqual(recordsOf(rightFirst));
        expect(recordsOf(leftFirst)).toEqual(recordsOf(viewOf([...a, ...b, ...c])));
      }),
    );
  });

  test("is idempotent: hearing everything again changes nothing and is reported as no change", () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const view = viewOf(records);
        const before = contents(view);
        for (const { goneForMs, ...each } of records) {
          expect(view.merge(each, goneForMs ?? 0, NOW)).toEqual({ outcome: "ignored" });
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
    for (const { goneForMs, ...each } of contents(first, NOW + 500)) heardLater.merge(each, goneForMs ?? 0, NOW + 500);
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

  test("are at most maxTombstones, the one remembered longest forgotten first", () => {
    const view = viewOf(
      [
        sent({ address: "first:1", status: "left" }),
        sent({ address: "second:1", status: "failed" }),
        sent({ address: "alive:1" }),
        sent({ address: "third:1", status: "failed" }),
      ],
      { maxTombstones: 2 },
    );
    expect(contents(view).map(({ address }) => address)).toEqual(["alive:1", "second:1", "third:1"]);
  });
});

describe("the tombstone of a member that was listed", () => {
  /** Of this peer's own list, and gone since now. */
  function listedBefore(limits: Partial<ProtocolLimits> = {}): View {
    return viewOf([sent({ address: "a:1" }), sent({ address: "a:1", status: "failed" })], limits);
  }

  test("is kept for half its time at least, however old others say that it is", () => {
    const view = listedBefore();
    view.merge(record({ status: "failed" }), TTL - 1, NOW);
    view.expire(NOW + TTL / 2 - 1);
    expect(view.get("a:1")?.status).toBe("failed");
    view.expire(NOW + TTL / 2);
    expect(view.get("a:1")).toBeUndefined();
  });

  test("is so too where the first to tell says that the member went long ago", () => {
    const view = viewOf([sent({ address: "a:1" }), sent({ address: "a:1", status: "left", goneForMs: TTL - 1 })]);
    view.expire(NOW + TTL / 2 - 1);
    expect(view.get("a:1")?.status).toBe("left");
  });

  test("outlives any number of those that others told of", () => {
    const view = listedBefore({ maxTombstones: 10 });
    for (const address of addresses(100)) view.merge(record({ address, status: "failed" }), 0, NOW);
    expect(view.get("a:1")?.status).toBe("failed");
    expect(view.size).toBe(10);
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

/** Records of more peers than there are buckets. */
const anyOfMany = fc.array(anyRecordOf(addresses(100)), { maxLength: 200, size: "max" });

describe("the hash of a view", () => {
  test("is equal when the records are, those of the gone too, in whatever order they came, and only then", () => {
    fc.assert(
      fc.property(fc.array(anyRecord), fc.array(anyRecord), (some, others) => {
        const [a, b] = [viewOf(some), viewOf(others)];
        expect(a.hash === b.hash).toBe(JSON.stringify(recordsOf(a)) === JSON.stringify(recordsOf(b)));
        expect(viewOf([...some].reverse()).hash).toBe(a.hash);
        expect(a.hash).toBeLessThan(2 ** 48);
      }),
    );
  });

  test("is 0 when nobody is held, and again when the last is forgotten", () => {
    expect(viewOf([]).hash).toBe(0);
    const view = viewOf([sent({ status: "failed" })]);
    expect(view.hash).not.toBe(0);
    view.expire(NOW + TTL);
    expect(view.hash).toBe(0);
  });

  test("does not cancel out for many records that differ in a digit only", () => {
    const seen = new Set<number>();
    for (const incarnation of Array.from({ length: 100 }, (_, at) => at)) {
      seen.add(viewOf(addresses(50).map((address) => sent({ address, incarnation }))).hash);
    }
    expect(seen.size).toBe(100);
  });
});

describe("the buckets", () => {
  test("have equal hashes when they hold the same records, and only then", () => {
    fc.assert(
      fc.property(anyOfMany, anyOfMany, (some, others) => {
        const [a, b] = [viewOf(some), viewOf(others)];
        const of = (view: View, bucket: number): MemberRecord[] =>
          recordsOf(view).filter(({ address }) => bucketOf(address) === bucket);
        for (const bucket of allBuckets) {
          const isSame = JSON.stringify(of(a, bucket)) === JSON.stringify(of(b, bucket));
          expect(a.bucketHashes[bucket] === b.bucketHashes[bucket]).toBe(isSame);
        }
      }),
    );
  });

  test("share all that is held among them, the dead too, each with as many as it says", () => {
    fc.assert(
      fc.property(anyOfMany, (records) => {
        const view = viewOf(records);
        const each = allBuckets.map((bucket) => view.bucketsToSend([bucket], NOW));
        expect(each.map(({ length }) => length)).toEqual(allBuckets.map((bucket) => view.sizeOfBucket(bucket)));
        each.forEach((told, bucket) => {
          expect(told.every(({ address }) => bucketOf(address) === bucket)).toBe(true);
        });
        expect(
          each
            .flat()
            .map(({ address }) => address)
            .sort(),
        ).toEqual(
          view
            .records()
            .map(({ address }) => address)
            .sort(),
        );
      }),
    );
  });

  test("are those that all peers reckon with: FNV-1a, folded", () => {
    expect(["127.0.0.1:7946", "a:1", "[::1]:80"].map(bucketOf)).toEqual([1, 20, 44]);
  });

  test("get about the same number of addresses each, also where these differ in a digit only", () => {
    const ips = Array.from({ length: 6400 }, (_, at) => `10.0.${at >> 8}.${at & 255}:7946`);
    const view = viewOf(ips.map((address) => sent({ address })));
    const sizes = allBuckets.map((bucket) => view.sizeOfBucket(bucket));
    expect(Math.min(...sizes)).toBeGreaterThan(50);
    expect(Math.max(...sizes)).toBeLessThan(150);
  });
});

describe("the ring", () => {
  test("has the live members in the order of addresses, whatever comes and goes", () => {
    fc.assert(
      fc.property(anyOfMany, (records) => {
        const view = viewOf([]);
        for (const { goneForMs, ...each } of records) {
          view.merge(each, goneForMs ?? 0, NOW);
          expect(view.ring).toEqual(
            recordsOf(view)
              .filter(isLive)
              .map(({ address }) => address),
          );
          expect(view.liveCount).toBe(view.ring.length);
        }
        view.expire(NOW + TTL);
        expect(view.ring).toEqual(
          view
            .records()
            .map(({ address }) => address)
            .sort(),
        );
      }),
    );
  });

  test("has in a range those from one address to the other, both included, whether or not they are there", () => {
    const anyAddress = fc.constantFrom("", "zzz:1", ...addresses(110));
    fc.assert(
      fc.property(anyOfMany, anyAddress, anyAddress, (records, from, to) => {
        const view = viewOf(records);
        const wanted = view.ring.filter((address) => address >= from && address <= to);
        expect(view.within({ from, to })).toEqual(wanted);
        expect(view.countWithin({ from, to })).toBe(wanted.length);
      }),
    );
  });
});

test("a live record is held, and told on, as the very object that was taken in; nobody can change it", () => {
  const view = viewOf([]);
  const theirs = record();
  view.merge(theirs, 0, NOW);
  expect(view.get("a:1")).toBe(theirs);
  expect(view.toSend("a:1", NOW)).toBe(theirs);
  expect(Object.isFrozen(theirs)).toBe(true);
});

test("those who failed may be found again, those who left may not", () => {
  const view = viewOf([
    sent({ address: "a:1", status: "failed" }),
    sent({ address: "b:1", status: "left" }),
    sent({ address: "c:1", status: "suspect" }),
  ]);
  expect(view.failedAddresses()).toEqual(["a:1"]);
});
