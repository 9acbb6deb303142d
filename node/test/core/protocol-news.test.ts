import { describe, expect, test } from "@jest/globals";
import type { Address } from "../../src/core/address.js";
import type { SentRecord } from "../../src/core/messages.js";
import type { Range } from "../../src/core/range.js";
import type { Protocol } from "../../src/core/protocol.js";
import {
  agreeing,
  eventsIn,
  exchangesIn,
  exchangeWith,
  held,
  ME,
  passPeacefully,
  probesIn,
  protocolOf,
  quietKnowing,
  replyFrom,
  replyIn,
  requestFrom,
  REST,
  restedKnowing,
  wake,
  wakeUntil,
  WITH_NEWS,
  type Exchange,
} from "../support/protocol.js";
import { addresses, sent } from "../support/records.js";

const OTHERS = addresses(30);
const GATHER_MS = 5;

/** The calls that tell the news that came at that moment, once it has been gathered. */
function toldAfter(protocol: Protocol, now = REST): Exchange[] {
  expect(protocol.nextWakeAt).toBe(now + GATHER_MS);
  return exchangesIn(wake(protocol));
}

/** The members that are to hear of the news by these calls. */
function hearers(told: readonly Exchange[], members: readonly Address[]): Address[] {
  return told.flatMap(({ request }) => {
    const { from, to } = request.range ?? { from: "", to: "" };
    return members.filter((member) => member >= from && member <= to);
  });
}

const told = (exchange: Exchange): string[] => exchange.request.records.map(({ address }) => address);

/** A peer that has just set its metadata, and the calls in which it tells so. */
function updated(others = OTHERS): { protocol: Protocol; calls: Exchange[] } {
  const protocol = restedKnowing(others);
  protocol.handle({ type: "update-meta", meta: { name: "new" } }, REST);
  return { protocol, calls: toldAfter(protocol) };
}

const NEWS = sent({ address: "m020:1", incarnation: 1, meta: { name: "new" } });
const RANGE: Range = { from: "m003:1", to: "m011:1" };

/** Another peer tells some news, for a range. */
function hear(protocol: Protocol, { records = [NEWS], range = RANGE, now = REST, from = "m025:1" } = {}): void {
  replyIn(protocol.answer({ ...requestFrom(from, records), range }, now));
}

/** The members that are told what was heard at that moment, in order. */
function toldOn(protocol: Protocol, now = REST): Address[] {
  return exchangesIn(wakeUntil(protocol, now + GATHER_MS)).map(({ to }) => to);
}

describe("an update", () => {
  test("is told after gatherMs to as many as the fanout, who share all others among them, each just once", () => {
    const { calls } = updated();
    expect(calls).toHaveLength(4);
    expect(hearers(calls, OTHERS)).toEqual(OTHERS);
    for (const call of calls) expect(hearers([call], OTHERS)).toContain(call.to);
  });

  test("is told to the head of each part: the one of the lowest bucket", () => {
    // The parts are m000 to m006, m007 to m014, m015 to m022, and m023 to me.
    expect(updated().calls.map(({ to }) => to)).toEqual(["m005:1", "m013:1", "m019:1", "m026:1"]);
  });

  test("is told with the records that are new and nothing else", () => {
    for (const { request } of updated().calls) {
      expect(request.records).toEqual([
        expect.objectContaining({ address: ME, incarnation: 1, meta: { name: "new" } }),
      ]);
      expect(request.buckets).toEqual([]);
    }
  });

  test("is told to each of a few by itself", () => {
    const { calls } = updated(["a:1", "b:1"]);
    expect(calls.map(({ to, request }) => [to, request.range])).toEqual([
      ["a:1", { from: "a:1", to: "a:1" }],
      ["b:1", { from: "b:1", to: "b:1" }],
    ]);
  });

  test("goes together with what comes while it is gathered", () => {
    const protocol = restedKnowing(OTHERS);
    protocol.handle({ type: "update-meta", meta: { name: "new" } }, REST);
    protocol.answer({ ...requestFrom("m020:1", [NEWS]) }, REST + 3);
    const calls = toldAfter(protocol);
    expect(calls).toHaveLength(4);
    for (const call of calls) expect(told(call)).toEqual([ME, "m020:1"]);
  });

  test("is left to the periodic exchange where newsFanout is 0", () => {
    const protocol = quietKnowing(OTHERS);
    protocol.handle({ type: "update-meta", meta: { name: "new" } }, REST);
    const before = exchangesIn(wakeUntil(protocol, REST + 1000));
    expect(before).toHaveLength(1);
    expect(before[0]?.request.records[0]).toMatchObject({ meta: { name: "new" } });
  });

  test("of another that this one tells in its turn is passed on to all but itself", () => {
    const protocol = restedKnowing(OTHERS);
    protocol.answer(requestFrom("m020:1", [NEWS]), REST);
    const calls = toldAfter(protocol);
    const heard = calls.flatMap(({ request }) => [request.range?.from ?? "", request.range?.to ?? ""]);
    expect(heard[0]).toBe("m000:1");
    expect(heard.at(-1)).toBe(ME);
    expect([...heard, ...calls.map(({ to }) => to)]).not.toContain("m020:1");
    for (const call of calls) expect(told(call)).toEqual([ME, "m020:1"]);
  });
});

describe("whoever is told news for a range", () => {
  test("tells that range and nobody else", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol);
    const calls = toldAfter(protocol);
    expect(calls).toHaveLength(4);
    expect(hearers(calls, OTHERS)).toEqual(OTHERS.slice(3, 12));
  });

  test("a second time, or for a part of it, does nothing more", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol);
    toldAfter(protocol);
    const before = protocol.nextWakeAt;
    hear(protocol, { from: "m026:1", now: REST + 10 });
    hear(protocol, { from: "m026:1", range: { from: "m004:1", to: "m006:1" }, now: REST + 11 });
    expect(protocol.nextWakeAt).toBe(before);
  });

  test("for a greater one after a smaller tells all of that", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol, { range: { from: ME, to: ME } });
    expect(toldOn(protocol)).toEqual([]);
    hear(protocol, { range: { from: "m023:1", to: ME }, now: REST + 10 });
    expect(toldOn(protocol, REST + 10)).not.toEqual([]);
  });

  test("that knew it for long tells that range all the same: to others of it it may be news", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol, { range: { from: ME, to: ME } });
    passPeacefully(protocol, REST + 3000);
    hear(protocol, { now: REST + 3000 });
    expect(toldOn(protocol, REST + 3000)).toContain("m005:1");
  });

  test("that learnt it just now in comparing views, which it passes on to nobody, tells that range", () => {
    const protocol = restedKnowing(OTHERS);
    const busy = ["m001:1", "m002:1", "m003:1"].map((address) => sent({ address, incarnation: 1 }));
    hear(protocol, { records: busy, range: { from: ME, to: ME } });
    protocol.answer({ ...requestFrom("m025:1", [sent({ address: "m025:1" }), NEWS]), buckets: [0] }, REST);
    hear(protocol);
    const news = toldAfter(protocol).filter((call) => told(call).includes("m020:1"));
    expect(hearers(news, OTHERS)).toEqual(OTHERS.slice(3, 12));
  });

  test("divides its own part itself where it is the head of that", () => {
    // This peer has the lowest bucket of all these.
    const protocol = restedKnowing(["m000:1", "m001:1", "m004:1", "m007:1", "m012:1"]);
    protocol.handle({ type: "update-meta", meta: { name: "new" } }, REST);
    hear(protocol, {
      from: "m000:1",
      records: [sent({ address: "m000:1", incarnation: 1 })],
      range: { from: "m001:1", to: ME },
    });
    expect(new Set(toldOn(protocol))).toEqual(new Set(["m001:1", "m004:1", "m007:1", "m012:1", "m000:1"]));
  });

  test("leaves its own part to the head of that, and does as it says when that asks for less", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol, { range: { from: "m000:1", to: ME } });
    expect(toldOn(protocol)).toContain("m026:1"); // for all from m023 to me
    hear(protocol, { from: "m026:1", range: { from: "m028:1", to: ME }, now: REST + 10 });
    expect(toldOn(protocol, REST + 10)).toEqual(["m028:1", "m029:1"]);
  });

  test("takes along what it knew already when some of it was new: nobody else tells that range", () => {
    const protocol = restedKnowing(OTHERS);
    const records = [sent({ address: "m025:1" }), sent({ address: "m010:1" }), NEWS];
    hear(protocol, { records });
    for (const call of toldAfter(protocol)) expect(told(call).sort()).toEqual(["m010:1", "m020:1", ME]);
  });

  test("which has only itself in it tells nobody", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol, { range: { from: ME, to: ME } });
    expect(toldAfter(protocol)).toEqual([]);
    expect(held(protocol, "m020:1")).toBe("alive 1.1");
  });

  test("and is about to leave refuses, so that another is told", () => {
    const protocol = restedKnowing(OTHERS);
    protocol.handle({ type: "leave" }, REST);
    const answer = protocol.answer({ ...requestFrom("m025:1", [NEWS]), range: RANGE }, REST);
    expect(answer).toEqual({ refusal: "me:1 is leaving and passes nothing on", effects: [] });
    expect(protocol.nextWakeAt).toBe(Infinity);
  });

  test("is not told what else the other lacks, which differs for that news alone", () => {
    const request = { ...requestFrom("m025:1", [NEWS]), range: RANGE };
    const reply = replyIn(restedKnowing(OTHERS).answer(request, REST));
    expect(reply).toMatchObject({ records: [], bucketHashes: [] });
  });

  test("is told what is later than the news all the same", () => {
    const protocol = restedKnowing(OTHERS);
    const later = sent({ address: "m020:1", incarnation: 2 });
    protocol.answer(requestFrom("m020:1", [later]), REST);
    const reply = replyIn(protocol.answer({ ...requestFrom("m025:1", [NEWS]), range: RANGE }, REST + 1));
    expect(reply.records).toEqual([later]);
  });
});

describe("a call of news", () => {
  const unreachable = (protocol: Protocol, { id }: Exchange, now: number): Exchange[] =>
    exchangesIn(protocol.handle({ type: "unreachable", id, reason: "silent" }, now));

  /** The members of the branch of the first call that are called one after another, as long as nobody answers. */
  function row(others: Address[]): Address[] {
    const { protocol, calls } = updated(others);
    const asked: Address[] = [];
    let due = calls.slice(0, 1);
    for (let now = REST + 10; due.length > 0 && asked.length < 100; now++) {
      asked.push(...due.map(({ to }) => to));
      due = due.flatMap((call) => unreachable(protocol, call, now));
    }
    return asked;
  }

  test("that is not answered goes to another of the same branch, at once", () => {
    const { protocol, calls } = updated();
    const [first] = calls;
    if (first === undefined) throw new Error("nobody was told");
    const [again, ...more] = unreachable(protocol, first, REST + 100);
    expect(more).toEqual([]);
    expect(again?.to).not.toBe(first.to);
    expect(again?.request.range).toEqual(first.request.range);
    expect(told(again ?? first)).toEqual([ME]);
  });

  test("that is not answered is held against nobody", () => {
    const { protocol, calls } = updated();
    const effects = calls.flatMap(({ id }) =>
      protocol.handle({ type: "unreachable", id, reason: "silent" }, REST + 205),
    );
    expect(eventsIn(effects)).toEqual([]);
    expect(probesIn(effects)).toEqual([]);
  });

  test("waits while eight are unanswered, and goes as soon as one of them is answered", () => {
    const { protocol, calls } = updated();
    hear(protocol, { now: REST + 10 });
    expect(toldOn(protocol, REST + 10)).toHaveLength(4);
    protocol.handle({ type: "update-meta", meta: { name: "newer" } }, REST + 20);
    expect(toldOn(protocol, REST + 100)).toEqual([]);
    const [{ id, to } = { id: 0, to: "" }] = calls;
    protocol.handle({ type: "replied", id, reply: agreeing(protocol, to) }, REST + 101);
    expect(toldOn(protocol, REST + 101)).toEqual(["m005:1", "m013:1", "m019:1", "m026:1"]);
  });

  test("that is late when no other was answered either is made again only when one is", () => {
    const { protocol, calls } = updated();
    const [first = calls[1], ...others] = calls;
    if (first === undefined) throw new Error("nobody was told");
    const late = (now: number): Exchange[] => exchangesIn(protocol.handle({ type: "overdue", id: first.id }, now));
    expect(late(REST + 205)).toEqual([]);
    for (const { id, to } of others)
      protocol.handle({ type: "replied", id, reply: agreeing(protocol, to) }, REST + 300);
    const again = exchangesIn(wakeUntil(protocol, REST + 450));
    expect(again.map(({ request }) => request.range)).toEqual([first.request.range]);
    expect(again[0]?.to).not.toBe(first.to);
  });

  test("that nobody answers is given up after six different ones", () => {
    const asked = row(OTHERS);
    expect(asked).toHaveLength(6);
    expect(new Set(asked).size).toBe(6);
  });

  test("to one who is alone in its branch is made again, up to six times", () => {
    expect(row(["a:1", "b:1"])).toEqual(Array(6).fill("a:1"));
  });

  test("that is answered is all there is to do", () => {
    const { protocol, calls } = updated();
    const before = protocol.nextWakeAt;
    for (const { id, to } of calls) {
      const reply = { ...replyFrom(to), viewHash: protocol.viewHash };
      expect(protocol.handle({ type: "replied", id, reply }, REST + 10)).toEqual([]);
    }
    expect(protocol.nextWakeAt).toBe(before);
  });
});

describe("a newcomer", () => {
  const seedOf = (protocol: Protocol): Exchange => {
    protocol.handle({ type: "add-seed", seed: "m000:1" }, 0);
    wake(protocol);
    const addresses = ["m000:1"];
    return exchangeWith("m000:1", protocol.handle({ type: "resolved", seed: "m000:1", addresses }, 0));
  };

  test("passes on nothing of what it learns at its first conversation: all others know it", () => {
    const protocol = protocolOf({ timing: WITH_NEWS });
    const { id } = seedOf(protocol);
    const records = OTHERS.map((address) => sent({ address }));
    const effects = protocol.handle({ type: "replied", id, reply: replyFrom("m000:1", records) }, 1);
    expect(eventsIn(effects)).toHaveLength(30);
    const calls = exchangesIn(wakeUntil(protocol, 500));
    expect(calls.length).toBeGreaterThan(0);
    for (const { request } of calls) expect(request).toMatchObject({ range: undefined, records: [{ address: ME }] });
  });

  test("is passed on to all others by whoever it joins through", () => {
    const protocol = restedKnowing(OTHERS);
    const newcomer = protocolOf({ address: "new:1", timing: WITH_NEWS });
    const { request } = seedOf(newcomer);
    expect(eventsIn(protocol.answer({ ...request, recipient: "" }, REST).effects)).toEqual(["joined new:1"]);
    const calls = toldAfter(protocol);
    expect(hearers(calls, OTHERS)).toEqual(OTHERS);
    for (const call of calls) expect(told(call)).toEqual([ME, "new:1"]);
  });
});

describe("a suspicion", () => {
  const accused = (...accusers: Address[]): SentRecord => ({
    ...sent({ address: "m020:1", status: "suspect" }),
    accusers: accusers.map((address) => ({ address, broken: true })),
  });

  test("that is told again with another accuser is not passed on again: the head counts them", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol, { records: [accused("m001:1")] });
    expect(toldOn(protocol)).toHaveLength(4);
    hear(protocol, { records: [accused("m002:1")], from: "m026:1", now: REST + 10 });
    expect(toldOn(protocol, REST + 10)).toEqual([]);
  });

  test("that as many confirm as make a difference is told to all as a failure, with those who accused it", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol, { records: [accused("m001:1", "m002:1", "m003:1", "m004:1")], range: { from: ME, to: ME } });
    const effects = wakeUntil(protocol, REST + GATHER_MS);
    expect(eventsIn(effects)).toEqual(["failed m020:1"]);
    const calls = exchangesIn(effects);
    expect(calls).toHaveLength(4);
    for (const { request } of calls)
      expect(request.records[1]).toMatchObject({
        status: "failed",
        accusers: accused("m001:1", "m002:1", "m003:1", "m004:1").accusers,
      });
  });
});

describe("a failure that is told", () => {
  const failed = (...accusers: Address[]): SentRecord => ({
    ...sent({ address: "m020:1", status: "failed" }),
    accusers: accusers.map((address, place) => ({ address, broken: place === 0 })),
  });

  test("with as many accusers as make a difference, one of whom saw the connection break, is believed", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol, { records: [failed("m001:1", "m002:1", "m003:1", "m004:1")] });
    expect(held(protocol, "m020:1")).toBe("failed 1.0");
    const [call] = toldAfter(protocol);
    expect(call?.request.records[1]?.accusers).toHaveLength(4);
  });

  test("with fewer, or of whom none saw a connection break, makes it suspect: it is to be heard first", () => {
    const silent = failed("m001:1", "m002:1", "m003:1", "m004:1").accusers?.map((each) => ({ ...each, broken: false }));
    for (const record of [failed("m001:1", "m002:1", "m003:1"), { ...failed(), accusers: silent ?? [] }]) {
      const protocol = restedKnowing(OTHERS);
      hear(protocol, { records: [record] });
      expect(held(protocol, "m020:1")).toBe("suspect 1.0");
    }
  });

  test("with accusers of whom one is not on the list is short of one, however many it names", () => {
    const accusers = ["m001:1", "m002:1", "m003:1", "unlisted:1", "unheard-of:1"];
    for (const record of [failed(...accusers), { ...failed(...accusers), status: "suspect" as const }]) {
      const protocol = restedKnowing(OTHERS);
      hear(protocol, { records: [record] });
      expect(eventsIn(wakeUntil(protocol, REST + GATHER_MS))).not.toContain("failed m020:1");
      expect(held(protocol, "m020:1")).toBe("suspect 1.0");
    }
  });

  test("is told with its accusers only as long as it is news", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol, { records: [failed("m001:1", "m002:1", "m003:1", "m004:1")], range: { from: ME, to: ME } });
    passPeacefully(protocol, REST + 2500);
    hear(protocol, { records: [failed(), sent({ address: "m010:1", incarnation: 1 })], now: REST + 2500 });
    const calls = exchangesIn(wakeUntil(protocol, REST + 2500 + GATHER_MS)).filter(
      ({ request }) => request.range !== undefined,
    );
    expect(calls.length).toBeGreaterThan(0);
    for (const { request } of calls)
      expect(request.records.find(({ address }) => address === "m020:1")?.accusers).toBeUndefined();
  });
});
