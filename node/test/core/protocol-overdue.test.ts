import { describe, expect, test } from "@jest/globals";
import type { Protocol } from "../../src/core/protocol.js";
import {
  eventsIn,
  exchangesIn,
  exchangeWith,
  probesIn,
  protocolKnowing,
  replyFrom,
  reportsIn,
  requestFrom,
  wake,
  WITH_NEWS,
  type Exchange,
} from "../support/protocol.js";

/** An exchange with b:1, who is one of three others, and the moment at which it is overdue. */
function asking(): { protocol: Protocol; exchange: Exchange; overdueAt: number } {
  const protocol = protocolKnowing(["b:1", "c:1", "d:1"]);
  let exchange: Exchange | undefined;
  while (exchange === undefined) {
    const at = protocol.nextWakeAt;
    for (const each of exchangesIn(wake(protocol))) {
      if (each.to === "b:1") exchange = each;
      else protocol.handle({ type: "replied", id: each.id, reply: replyFrom(each.to) }, at);
    }
    if (exchange !== undefined) return { protocol, exchange, overdueAt: at + exchange.timeoutMs };
  }
  throw new Error("never");
}

describe("an answer that is overdue", () => {
  test("is still waited for, up to the exchange timeout", () => {
    const { exchange } = asking();
    expect(exchange.timeoutMs).toBeLessThan(exchange.deadlineMs);
    expect(exchange.deadlineMs).toBe(2500);
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
    const after = probes.flatMap(({ id }) => protocol.handle({ type: "probed", id, reached: false }, overdueAt + 2));
    expect(eventsIn(after)).toEqual([]);
    expect(protocol.lists("b:1")).toBe(true);
  });

  test("says how long answers take, so that the next is waited for longer", () => {
    const { protocol, exchange, overdueAt } = asking();
    protocol.handle({ type: "overdue", id: exchange.id }, overdueAt);
    protocol.handle({ type: "replied", id: exchange.id, reply: replyFrom("b:1") }, overdueAt + 1000);
    protocol.answer(requestFrom("b:1"), overdueAt + 1000);
    let next: Exchange | undefined;
    while (next === undefined) [next] = exchangesIn(wake(protocol));
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
    expect(reportsIn(protocol.handle({ type: "overdue", id }, timeoutMs))).toEqual([[7, false]]);
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
      for (let calls = exchangesIn(effects); calls.length > 0; told += calls.length)
        calls = calls.flatMap(({ id }) => exchangesIn(protocol.handle({ type: "overdue", id }, now)));
    }
    expect(told).toBeGreaterThan(20);
    expect(protocol.sizes().exchanges).toBeLessThan(40);
  });

  test("to news has somebody else told, and no second one when it comes late", () => {
    const protocol = protocolKnowing(["b:1", "c:1", "d:1"], { timing: { ...WITH_NEWS, newsFanout: 1 } });
    protocol.handle({ type: "update-meta", meta: { name: "new" } }, 0);
    let told: Exchange | undefined;
    while (told === undefined) told = exchangesIn(wake(protocol)).find(({ request }) => request.range !== undefined);
    const instead = exchangesIn(protocol.handle({ type: "overdue", id: told.id }, told.timeoutMs + 5));
    expect(instead.length).toBeGreaterThan(0);
    expect(instead.filter(({ request }) => request.range !== undefined).map(({ to }) => to)).not.toEqual([told.to]);
    const reply = { ...replyFrom(told.to), known: true };
    expect(exchangesIn(protocol.handle({ type: "replied", id: told.id, reply }, told.timeoutMs + 6))).toEqual([]);
  });
});
