import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Protocol } from "../../src/core/protocol.js";
import { isLive } from "../../src/core/record.js";
import type { ProtocolLimits } from "../../src/core/timing.js";
import { bucketOf, BUCKETS } from "../../src/core/record.js";
import {
  agreeing,
  converse,
  exchangesIn,
  exchangeWith,
  held,
  list,
  protocolOf,
  replyIn,
  requestFrom,
  wake,
  type Exchange,
  type Talk,
} from "../support/protocol.js";
import { addresses, anyRecordOf, sent } from "../support/records.js";

/** The moment from which on nothing has changed for long. */
const LATER = 5000;

/** The exchange by which one dials the other as its seed, now. */
function dialling(from: Protocol, to: Protocol, now: number): Exchange {
  from.handle({ type: "add-seed", seed: to.address }, now);
  wake(from);
  const resolved = { type: "resolved", seed: to.address, addresses: [to.address] } as const;
  return exchangeWith(to.address, from.handle(resolved, now));
}

/** Two peers that know each other, the same others besides, and nothing else. */
function twoKnowing(others: readonly string[], limits: Partial<ProtocolLimits> = {}): { a: Protocol; b: Protocol } {
  const [a, b] = ["a:1", "b:1"].map((address) => protocolOf({ address, limits })) as [Protocol, Protocol];
  converse(a, b, dialling(a, b, 0), 0);
  for (const address of others) for (const each of [a, b]) teach(each, address);
  expect(a.viewHash).toBe(b.viewHash);
  return { a, b };
}

/** Has the protocol hear of one more member. */
function teach(protocol: Protocol, address: string): void {
  protocol.answer({ ...requestFrom(address), recipient: "" }, 0);
}

/** The next exchange that a asks b for, and what follows from it. */
function talk(a: Protocol, b: Protocol, from = LATER): Talk[] {
  for (let round = 0; round < 1000; round++) {
    const now = Math.max(from, a.nextWakeAt);
    const exchanges = exchangesIn(a.handle({ type: "wake" }, now));
    const exchange = exchanges.find(({ to }) => to === b.address);
    for (const { id, to } of exchanges.filter((each) => each !== exchange))
      a.handle({ type: "replied", id, reply: agreeing(a, to) }, now);
    if (exchange !== undefined) return converse(a, b, exchange, now);
  }
  throw new Error(`${b.address} is never asked`);
}

const told = (records: Talk["request"]["records"]): string[] => records.map(({ address }) => address);
const of = (bucket: number, members: readonly string[]): string[] =>
  members.filter((each) => bucketOf(each) === bucket);

describe("two who hold the same", () => {
  test("say so by the hash of all they hold, and tell each other nothing more", () => {
    const { a, b } = twoKnowing(addresses(50));
    const [only, ...more] = talk(a, b);
    expect(more).toEqual([]);
    expect(told(only?.request.records ?? [])).toEqual(["a:1"]);
    expect(only?.request.viewHash).toBe(b.viewHash);
    expect(only?.reply).toEqual({ sender: "b:1", records: [], viewHash: a.viewHash, bucketHashes: [] });
  });
});

describe("two whose views differ", () => {
  test("compare the hashes of their buckets, and tell each other what is in those that differ alone", () => {
    const members = addresses(300);
    const { a, b } = twoKnowing(members);
    teach(a, "x:1");
    const [first, second, ...more] = talk(a, b);
    expect(first?.reply.bucketHashes).toHaveLength(BUCKETS);
    expect(told(first?.reply.records ?? [])).toEqual(["b:1"]);
    expect(second?.request.buckets).toEqual([bucketOf("x:1")]);
    expect(told(second?.request.records ?? [])).toEqual(["a:1", ...of(bucketOf("x:1"), [...members, "x:1"])]);
    expect(told(second?.reply.records ?? [])).toEqual([]);
    expect(more).toEqual([]);
    expect(list(b)).toContain("x:1");
    expect(a.viewHash).toBe(b.viewHash);
  });

  test("put together what each knows alone, whichever of them asks", () => {
    const { a, b } = twoKnowing(addresses(300));
    for (const address of ["x:1", "y:1", "z:1"]) teach(a, address);
    for (const address of ["u:1", "v:1", "w:1"]) teach(b, address);
    talk(a, b);
    expect(list(a)).toEqual(expect.arrayContaining(["u:1", "v:1", "w:1", "x:1", "y:1", "z:1"]));
    expect(list(b)).toEqual(list(a));
  });

  test("tell each other in these buckets also who is gone, with the time since", () => {
    const { a, b } = twoKnowing(["x:1", "y:1"]);
    a.answer(requestFrom("a:1", [sent({ address: "x:1", status: "left", goneForMs: 7 })]), 0);
    for (const each of [a, b])
      each.answer(
        { ...requestFrom("x:1", [sent({ address: "x:1", status: "left", goneForMs: 7 })]), recipient: "" },
        0,
      );
    expect(held(a, "x:1")).toBe("left 1.0");
    // The hashes of both are equal, so they tell each other nothing of x:1; a newcomer in its bucket brings it up.
    const newcomer = addresses(500).find((address) => bucketOf(address) === bucketOf("x:1")) ?? "";
    teach(a, newcomer);
    const [, second] = talk(a, b);
    const gone = second?.request.records.find(({ address }) => address === "x:1");
    expect(gone).toMatchObject({ status: "left" });
    expect(gone?.goneForMs).toBeGreaterThanOrEqual(LATER);
  });

  test("are content with a part, and with one step, while news is about", () => {
    const { a, b } = twoKnowing(addresses(10));
    for (const address of addresses(300).slice(10)) teach(b, address);
    // The last three changes are less than a period ago.
    for (const late of ["late:1", "late:2", "late:3"]) a.answer({ ...requestFrom(late), recipient: "" }, LATER);
    const talks = talk(a, b, LATER + 1);
    expect(talks).toHaveLength(2);
    expect(talks[1]?.request.buckets).toHaveLength(16);
  });
});

describe("a newcomer", () => {
  test("asks for everything at once and is told everything", () => {
    const { b } = twoKnowing(addresses(300));
    const newcomer = protocolOf({ address: "new:1" });
    const talks = converse(newcomer, b, dialling(newcomer, b, 0), 0);
    expect(talks[0]?.request.buckets).toHaveLength(BUCKETS);
    expect(talks).toHaveLength(1);
    expect(list(newcomer)).toEqual(list(b));
    expect(newcomer.viewHash).toBe(b.viewHash);
  });

  test("is told everything in one conversation, in as many messages as it takes", () => {
    const { b } = twoKnowing(addresses(300), { maxRecordsPerMessage: 50 });
    const newcomer = protocolOf({ address: "new:1", limits: { maxRecordsPerMessage: 50 } });
    const talks = converse(newcomer, b, dialling(newcomer, b, 0), 0);
    expect(list(newcomer)).toEqual(list(b));
    expect(talks.length).toBeGreaterThan(5);
    expect(talks.length).toBeLessThan(20);
  });

  test("asks for no bucket again that was equal once, though others come all the time", () => {
    const { b } = twoKnowing(addresses(300), { maxRecordsPerMessage: 50 });
    const newcomer = protocolOf({ address: "new:1", limits: { maxRecordsPerMessage: 50 } });
    const others = Array.from({ length: 100 }, (_, number) => `other${number}:1`);
    const due = [dialling(newcomer, b, 0)];
    let messages = 0;
    for (let next = due.shift(); next !== undefined; next = due.shift()) {
      teach(b, others[messages++] ?? "");
      const reply = replyIn(b.answer(next.request, 0));
      due.push(...exchangesIn(newcomer.handle({ type: "replied", id: next.id, reply }, 0)));
    }
    expect(messages).toBeGreaterThan(5);
    expect(messages).toBeLessThan(20);
  });
});

test("an answer has no more than maxRecordsPerMessage, however much of what it was told is out of date", () => {
  const limits = { maxRecordsPerMessage: 20 };
  const protocol = protocolOf({ limits });
  const members = addresses(100);
  for (const address of members)
    protocol.answer({ ...requestFrom(address, [sent({ address, incarnation: 1 })]), recipient: "" }, 0);
  const outdated = members.slice(1, 20).map((address) => sent({ address }));
  const buckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);
  const reply = replyIn(protocol.answer({ ...requestFrom("m000:1", outdated), buckets }, LATER));
  expect(reply.records).toHaveLength(20);
  expect(told(reply.records)[0]).toBe(protocol.address);
  expect([protocol.address, ...members]).toEqual(expect.arrayContaining(told(reply.records)));
});

test("no message has more than maxRecordsPerMessage, and in the end two hold the same, whatever they held", () => {
  const most = 20;
  // Suspects are left out, since time alone would change them.
  const anyCertain = anyRecordOf(addresses(150)).filter(({ status }) => status === "alive" || status === "left");
  const anyView = fc.array(anyCertain, { maxLength: 250, size: "max" });
  fc.assert(
    fc.property(anyView, anyView, (some, others) => {
      const { a, b } = twoKnowing([], { maxRecordsPerMessage: most });
      a.answer({ ...requestFrom("b:1", some), recipient: "" }, 0);
      b.answer({ ...requestFrom("a:1", others), recipient: "" }, 0);
      const talks: Talk[] = [];
      for (let times = 1; a.viewHash !== b.viewHash && times <= 60; times++) talks.push(...talk(a, b, LATER * times));
      for (const { request, reply } of talks) {
        expect(request.records.length).toBeLessThanOrEqual(most);
        expect(reply.records.length).toBeLessThanOrEqual(most);
      }
      const live = (each: Protocol): unknown =>
        each
          .members()
          .filter(isLive)
          .map(({ address }) => address)
          .sort();
      expect(live(a)).toEqual(live(b));
    }),
    { numRuns: 20 },
  );
});
