import { describe, expect, test } from "@jest/globals";
import type { Address } from "../../src/core/address.js";
import type { SentRecord } from "../../src/core/messages.js";
import type { Range } from "../../src/core/news.js";
import type { Protocol } from "../../src/core/protocol.js";
import {
  eventsIn,
  exchangesIn,
  exchangeWith,
  held,
  ME,
  probesIn,
  protocolOf,
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

/** What is told when the news that came at that moment has been gathered. */
function toldAfter(protocol: Protocol, now = REST): Exchange[] {
  expect(protocol.nextWakeAt).toBe(now + GATHER_MS);
  return exchangesIn(wake(protocol));
}

/** Those of the members who are to hear of it by these calls. */
function hearers(told: readonly Exchange[], members: readonly Address[]): Address[] {
  return told.flatMap(({ request }) => {
    const { from, to } = request.range ?? { from: "", to: "" };
    return members.filter((member) => member >= from && member <= to);
  });
}

const told = (exchange: Exchange): string[] => exchange.request.records.map(({ address }) => address);

/** One that has just set its metadata, and the calls in which it tells so. */
function updated(others = OTHERS): { protocol: Protocol; calls: Exchange[] } {
  const protocol = restedKnowing(others);
  protocol.handle({ type: "update-meta", meta: { name: "new" } }, REST);
  return { protocol, calls: toldAfter(protocol) };
}

const NEWS = sent({ address: "m020:1", incarnation: 1, meta: { name: "new" } });
const RANGE: Range = { from: "m003:1", to: "m011:1" };

/** Another tells it that news, for a range. */
function hear(protocol: Protocol, { records = [NEWS], range = RANGE, now = REST, from = "m025:1" } = {}): boolean {
  const request = { ...requestFrom(from, records), range };
  return replyIn(protocol.answer(request, now)).known;
}

describe("an update", () => {
  test("is told after gatherMs to as many as the fanout, who share all others among them, each just once", () => {
    const { calls } = updated();
    expect(calls).toHaveLength(4);
    expect(hearers(calls, OTHERS)).toEqual(OTHERS);
    for (const call of calls) expect(hearers([call], OTHERS)).toContain(call.to);
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
    const protocol = restedKnowing(OTHERS, { timing: { newsFanout: 0 } });
    protocol.handle({ type: "update-meta", meta: { name: "new" } }, REST);
    const before = exchangesIn(wakeUntil(protocol, REST + 1000));
    expect(before).toHaveLength(1);
    expect(before[0]?.request.records[0]).toMatchObject({ meta: { name: "new" } });
  });

  test("of another that it tells us in its turn is passed on to all but itself", () => {
    const protocol = restedKnowing(OTHERS);
    protocol.answer(requestFrom("m020:1", [NEWS]), REST);
    const calls = toldAfter(protocol);
    const heard = calls.flatMap(({ request }) => [request.range?.from ?? "", request.range?.to ?? ""]);
    expect(heard[0]).toBe("m000:1");
    expect(heard.at(-1)).toBe("m029:1");
    expect([...heard, ...calls.map(({ to }) => to)]).not.toContain("m020:1");
    for (const call of calls) expect(told(call)).toEqual([ME, "m020:1"]);
  });
});

describe("whoever is told news for a range", () => {
  test("says that it was new, and tells that range and nobody else", () => {
    const protocol = restedKnowing(OTHERS);
    expect(hear(protocol)).toBe(false);
    const calls = toldAfter(protocol);
    expect(calls).toHaveLength(4);
    expect(hearers(calls, OTHERS)).toEqual(OTHERS.slice(3, 12));
  });

  test("and knew it already says so and passes nothing on", () => {
    const protocol = restedKnowing(OTHERS);
    hear(protocol);
    toldAfter(protocol);
    const before = protocol.nextWakeAt;
    expect(hear(protocol, { from: "m026:1", now: REST + 10 })).toBe(true);
    expect(protocol.nextWakeAt).toBe(before);
  });

  test("takes along what it knew already when some of it was new: nobody else tells that range", () => {
    const protocol = restedKnowing(OTHERS);
    const records = [sent({ address: "m025:1" }), sent({ address: "m010:1" }), NEWS];
    hear(protocol, { records });
    for (const call of toldAfter(protocol)) expect(told(call).sort()).toEqual(["m010:1", "m020:1", ME]);
  });

  test("which has only itself in it tells nobody", () => {
    const protocol = restedKnowing(OTHERS);
    expect(hear(protocol, { range: { from: ME, to: ME } })).toBe(false);
    expect(toldAfter(protocol)).toEqual([]);
    expect(held(protocol, "m020:1")).toBe("alive 1.1");
  });

  test("and is about to leave passes nothing on, which is as good as having known it", () => {
    const protocol = restedKnowing(OTHERS);
    protocol.handle({ type: "leave" }, REST);
    expect(hear(protocol)).toBe(true);
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
  const knewIt = (protocol: Protocol, { id, to }: Exchange, now: number): Exchange[] =>
    exchangesIn(protocol.handle({ type: "replied", id, reply: { ...replyFrom(to), known: true } }, now));

  /** Whom the first call's branch is told to, as long as that is the outcome. */
  function row(others: Address[], outcome: typeof unreachable): Address[] {
    const { protocol, calls } = updated(others);
    const asked: Address[] = [];
    let due = calls.slice(0, 1);
    for (let now = REST + 10; due.length > 0; now++) {
      asked.push(...due.map(({ to }) => to));
      due = due.flatMap((call) => outcome(protocol, call, now));
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

  test("that nobody answers is given up after six different ones", () => {
    const asked = row(OTHERS, unreachable);
    expect(asked).toHaveLength(6);
    expect(new Set(asked).size).toBe(6);
  });

  test("to one who is alone in its branch is made again, up to six times", () => {
    expect(row(["a:1", "b:1"], unreachable)).toEqual(Array(6).fill("a:1"));
  });

  test("to one who knew it already goes to another, until it is no news to five", () => {
    const asked = row(addresses(80), knewIt);
    expect(asked).toHaveLength(5);
    expect(new Set(asked).size).toBe(5);
  });

  test("to one who is alone in its branch and knew it already is not made again", () => {
    expect(row(["a:1", "b:1"], knewIt)).toEqual(["a:1"]);
  });

  test("to one who did not know it is all there is to do", () => {
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

describe("a failure that is confirmed by as many as make a difference", () => {
  /** Everybody knows as much of it as this one does. */
  function concluded(chance: number): Exchange[] {
    const protocol = restedKnowing(addresses(60), { chance });
    suspect(protocol);
    const effects = wakeUntil(protocol, REST + 4000);
    expect(eventsIn(effects)).toContain("failed m020:1");
    return exchangesIn(effects).filter(({ request }) =>
      request.records.some(({ address, status }) => address === "m020:1" && status === "failed"),
    );
  }

  function suspect(protocol: Protocol): void {
    const accusers = addresses(4).map((address) => ({ address, broken: false }));
    const accused: SentRecord = { ...sent({ address: "m020:1", status: "suspect" }), accusers };
    hear(protocol, { records: [accused], range: { from: ME, to: ME } });
  }

  test("is told by a few of those who conclude it, and not by all", () => {
    const telling = Array.from({ length: 100 }, (_, chance) => concluded(chance)).filter(({ length }) => length > 0);
    // Six of 61 tell it.
    expect(telling.length).toBeGreaterThan(2);
    expect(telling.length).toBeLessThan(25);
  });

  test("is new still to one who kept it to itself, so that it is passed on", () => {
    const chance = Array.from({ length: 50 }, (_, each) => each).find((each) => concluded(each).length === 0);
    const protocol = restedKnowing(addresses(60), { chance: chance ?? 0 });
    suspect(protocol);
    while (!held(protocol, "m020:1").startsWith("failed")) wake(protocol);
    const now = protocol.nextWakeAt - 1;
    const failed = sent({ address: "m020:1", status: "failed" });
    const records = [failed];
    expect([1, 2].map(() => hear(protocol, { records, now }))).toEqual([false, true]);
  });
});
