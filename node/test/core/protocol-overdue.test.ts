import { describe, expect, test } from "@jest/globals";
import type { Protocol } from "../../src/core/protocol.js";
import {
  agreeing,
  answerAll,
  askingOf,
  eventsIn,
  exchangesIn,
  exchangeWith,
  probesIn,
  protocolKnowing,
  quietKnowing,
  replyFrom,
  reportsIn,
  requestFrom,
  REST,
  restedKnowing,
  wake,
  wakeFor,
  wakeUntil,
  WITH_NEWS,
  type Exchange,
  type Probe,
} from "../support/protocol.js";
import { addresses, sent } from "../support/records.js";

const ALL = { from: "a:1", to: "new:1" };

/** An exchange with b:1, who is one of three others, and the moment at which it is overdue. */
function asking(): { protocol: Protocol; exchange: Exchange; overdueAt: number } {
  const protocol = protocolKnowing(["b:1", "c:1", "d:1"]);
  return wakeFor(protocol, (effects, now) => {
    const calls = exchangesIn(effects);
    for (const { id, to } of calls.filter((each) => each.to !== "b:1"))
      protocol.handle({ type: "replied", id, reply: replyFrom(to) }, now);
    const exchange = calls.find(({ to }) => to === "b:1");
    return exchange && { protocol, exchange, overdueAt: now + exchange.timeoutMs };
  });
}

describe("an answer that is overdue", () => {
  test("is still waited for, up to the exchange timeout", () => {
    const { exchange } = asking();
    expect(exchange.timeoutMs).toBeLessThan(exchange.deadlineMs);
    expect(exchange.deadlineMs).toBe(2500);
  });

  test("is waited for a period where the member has never spoken to us: it may just have begun", () => {
    const protocol = restedKnowing(["a:1", "b:1"]);
    protocol.answer(
      { ...requestFrom("a:1", [sent({ address: "a:1" }), sent({ address: "new:1" })]), range: ALL },
      REST,
    );
    const asked = askingOf(protocol, "new:1");
    expect(asked.exchange.timeoutMs).toBe(1000);
    protocol.handle({ type: "replied", id: asked.exchange.id, reply: replyFrom("new:1") }, asked.now);
    expect(askingOf(protocol, "new:1").exchange.timeoutMs).toBe(200);
  });

  test("has others asked at once, and the silent one once more", () => {
    const { protocol, exchange, overdueAt } = asking();
    const effects = protocol.handle({ type: "overdue", id: exchange.id }, overdueAt);
    expect(probesIn(effects).map(({ to, request }) => [to, request.target])).toEqual(
      expect.arrayContaining([
        ["c:1", "b:1"],
        ["d:1", "b:1"],
      ]),
    );
    expect(exchangeWith("b:1", effects).id).not.toBe(exchange.id);
    expect(eventsIn(effects)).toEqual([]);
  });

  test("clears whoever owed it when it comes before anybody accuses", () => {
    const { protocol, exchange, overdueAt } = asking();
    const probes = probesIn(protocol.handle({ type: "overdue", id: exchange.id }, overdueAt));
    protocol.handle({ type: "replied", id: exchange.id, reply: replyFrom("b:1") }, overdueAt + 1);
    const after = probes.flatMap(({ id }) =>
      protocol.handle({ type: "probed", id, result: "not reached" }, overdueAt + 2),
    );
    expect(eventsIn(after)).toEqual([]);
    expect(protocol.lists("b:1")).toBe(true);
  });

  test("says how long answers take, so that the next is waited for longer", () => {
    const { protocol, exchange, overdueAt } = asking();
    protocol.handle({ type: "overdue", id: exchange.id }, overdueAt);
    protocol.handle({ type: "replied", id: exchange.id, reply: replyFrom("b:1") }, overdueAt + 1000);
    protocol.answer(requestFrom("b:1"), overdueAt + 1000);
    const next = wakeFor(protocol, (effects) => exchangesIn(effects)[0]);
    expect(next.timeoutMs).toBeGreaterThan(exchange.timeoutMs);
  });

  test("is held against nobody a second time when it never comes", () => {
    const { protocol, exchange, overdueAt } = asking();
    protocol.handle({ type: "overdue", id: exchange.id }, overdueAt);
    const effects = protocol.handle({ type: "unreachable", id: exchange.id, reason: "deadline" }, overdueAt + 500);
    expect(effects).toEqual([]);
  });

  test("of somebody whom another asked about is reported as none, once", () => {
    const protocol = protocolKnowing(["b:1", "c:1"]);
    const request = { cluster: "test", recipient: "me:1", sender: "c:1", target: "b:1" };
    const effects = protocol.probe(request, 7, 0);
    if ("refusal" in effects) throw new Error(effects.refusal);
    const { id, timeoutMs } = exchangeWith("b:1", effects);
    expect(reportsIn(protocol.handle({ type: "overdue", id }, timeoutMs))).toEqual([[7, "not reached"]]);
    expect(reportsIn(protocol.handle({ type: "replied", id, reply: replyFrom("b:1") }, timeoutMs + 1))).toEqual([]);
  });

  test("is not asked for again and again: whoever owes too many is told no news", () => {
    const protocol = protocolKnowing(["b:1"], { timing: { ...WITH_NEWS, gatherMs: 0, pingPeriodMs: 100_000 } });
    let told = 0;
    let now = 0;
    for (let change = 0; change < 100; change++) {
      const effects = [...protocol.handle({ type: "update-meta", meta: { name: `${change}` } }, now)];
      now = Math.max(now + 1, protocol.nextWakeAt);
      effects.push(...protocol.handle({ type: "wake" }, now));
      for (let calls = exchangesIn(effects); calls.length > 0 && told < 1000; told += calls.length)
        calls = calls.flatMap(({ id }) => exchangesIn(protocol.handle({ type: "overdue", id }, now)));
    }
    expect(told).toBeGreaterThan(20);
    expect(protocol.sizes().calls).toBeLessThan(40);
  });

  test("to news has somebody else told, and no second one when it comes late", () => {
    const protocol = protocolKnowing(["b:1", "c:1", "d:1"], { timing: { ...WITH_NEWS, newsFanout: 2 } });
    protocol.handle({ type: "update-meta", meta: { name: "new" } }, 0);
    const told = wakeFor(protocol, (effects) => {
      const calls = exchangesIn(effects);
      const news = calls.find(({ request }) => request.range !== undefined);
      // Were all calls late alike, that would say nothing of any of them.
      for (const { id, to } of calls.filter((call) => call !== news))
        protocol.handle({ type: "replied", id, reply: agreeing(protocol, to) }, 5);
      return news;
    });
    const instead = exchangesIn(protocol.handle({ type: "overdue", id: told.id }, told.timeoutMs + 5));
    expect(instead.length).toBeGreaterThan(0);
    expect(instead.filter(({ request }) => request.range !== undefined).map(({ to }) => to)).not.toEqual([told.to]);
    const reply = replyFrom(told.to);
    expect(exchangesIn(protocol.handle({ type: "replied", id: told.id, reply }, told.timeoutMs + 6))).toEqual([]);
  });
});

describe("where everybody is late", () => {
  const OTHERS = addresses(10);

  /** The exchange of a round and its ping of the successor, and the moment at which both are overdue. */
  function asked(): { protocol: Protocol; exchange: Exchange; ping: Probe; now: number } {
    const protocol = quietKnowing(OTHERS);
    return wakeFor(protocol, (effects, sentAt) => {
      const [[exchange], [ping]] = [exchangesIn(effects), probesIn(effects)];
      if (exchange !== undefined && ping !== undefined && exchange.to !== ping.to)
        return { protocol, exchange, ping, now: sentAt + exchange.timeoutMs };
      answerAll(protocol, effects, sentAt);
      return undefined;
    });
  }

  test("nobody is tried again or accused", () => {
    const { protocol, exchange, ping, now } = asked();
    const effects = [exchange, ping].flatMap(({ id }) => protocol.handle({ type: "overdue", id }, now));
    expect(effects).toEqual([]);
    expect(wakeUntil(protocol, now + ping.timeoutMs)).toEqual([]);
  });

  test("and one answers at last the others are late, but were not to blame for that", () => {
    const { protocol, exchange, ping, now } = asked();
    for (const { id } of [exchange, ping]) protocol.handle({ type: "overdue", id }, now);
    protocol.handle({ type: "replied", id: exchange.id, reply: agreeing(protocol, exchange.to) }, now + 1);
    const effects = wakeUntil(protocol, now + ping.timeoutMs);
    expect(probesIn(effects).filter(({ request }) => request.target === ping.to)).toEqual([]);
    expect(eventsIn(protocol.handle({ type: "unreachable", id: ping.id, reason: "silent" }, now + 500))).toEqual([]);
  });

  test("but one, who alone was asked, that one is late", () => {
    const { protocol, exchange, ping, now } = asked();
    protocol.handle({ type: "replied", id: exchange.id, reply: agreeing(protocol, exchange.to) }, now - 1);
    const effects = protocol.handle({ type: "overdue", id: ping.id }, now);
    expect(probesIn(effects).map(({ request }) => request.target)).toEqual([ping.to, ping.to, ping.to]);
  });

  test("news waits once more, and is then told to others all the same: the calls may be lost", () => {
    const protocol = restedKnowing(OTHERS);
    protocol.handle({ type: "update-meta", meta: { name: "new" } }, REST);
    const [sentAt, told] = wakeFor(protocol, (effects, now) => {
      const news = exchangesIn(effects).filter(({ request }) => request.range !== undefined);
      return news.length > 1 ? ([now, news] as const) : undefined;
    });
    const [{ id, to, timeoutMs }] = told as [Exchange];
    expect(protocol.handle({ type: "overdue", id }, sentAt + timeoutMs)).toEqual([]);
    const again = exchangesIn(wakeUntil(protocol, sentAt + 2 * timeoutMs));
    expect(again).toHaveLength(1);
    expect(again[0]?.to).not.toBe(to);
  });

  test("and nobody has spoken to us for an exchange timeout, it is they who are silent", () => {
    const { protocol, exchange, ping } = asked();
    for (const { id } of [exchange, ping]) protocol.handle({ type: "unreachable", id, reason: "silent" }, REST + 1000);
    const suspectedAt: number[] = [];
    while (protocol.nextWakeAt < REST + 20_000) {
      const now = protocol.nextWakeAt;
      for (let effects = wake(protocol); effects.length > 0;) {
        if (eventsIn(effects).some((event) => event.startsWith("suspected"))) suspectedAt.push(now);
        const calls = [...exchangesIn(effects), ...probesIn(effects)];
        effects = calls.flatMap(({ id }) => protocol.handle({ type: "unreachable", id, reason: "silent" }, now));
      }
    }
    expect(suspectedAt[0]).toBeLessThan(REST + 7000);
  });
});
