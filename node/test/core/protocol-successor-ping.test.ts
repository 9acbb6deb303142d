import { describe, expect, test } from "@jest/globals";
import type { Effect } from "../../src/core/messages.js";
import type { Protocol } from "../../src/core/protocol.js";
import {
  accusersOf,
  answerAll,
  eventsIn,
  exchangesIn,
  exchangeWith,
  ME,
  probesIn,
  protocolKnowing,
  quietKnowing,
  requestFrom,
  wake,
  wakeFor,
  type Probe,
} from "../support/protocol.js";
import { addresses, sent } from "../support/records.js";

const OTHERS = addresses(8);
const LONE = "m005:1";

describe("once a period each peer pings its successor in the ring", () => {
  /** The members that are pinged in that many rounds. */
  function pinged(protocol: Protocol, rounds: number): string[] {
    return Array.from({ length: rounds }, () => {
      const now = protocol.nextWakeAt;
      const effects = wake(protocol);
      answerAll(protocol, effects, now);
      const probes = probesIn(effects);
      for (const { to, request } of probes) expect(request.target).toBe(to);
      return probes.map(({ to }) => to);
    }).flat();
  }

  test("which is the first to the last, and nobody else", () => {
    const among = (address: string): Set<string> =>
      new Set(pinged(protocolKnowing(["a:1", "c:1", "e:1"], { address }), 20));
    expect(among("b:1")).toEqual(new Set(["c:1"]));
    expect(among("f:1")).toEqual(new Set(["a:1"]));
  });

  test("unless it is asking it anyway", () => {
    expect(pinged(protocolKnowing(["b:1"]), 20)).toEqual([]);
    const rounds = pinged(protocolKnowing(["a:1", "b:1", "c:1"]), 30);
    expect(rounds.length).toBeLessThanOrEqual(21);
    expect(rounds.length).toBeGreaterThanOrEqual(18);
  });

  test("and nobody where there is nobody else, or where nobody may be asked about others", () => {
    expect(pinged(protocolKnowing([]), 5)).toEqual([]);
    expect(pinged(protocolKnowing(["a:1", "c:1"], { timing: { indirectProbes: 0 } }), 20)).toEqual([]);
  });

  /** A ping of m000:1, which is the successor of this peer, is under way. */
  function pinging(timing = {}): { protocol: Protocol; ping: Probe; now: number } {
    const protocol = quietKnowing(OTHERS, timing);
    return wakeFor(protocol, (effects, now) => {
      const [ping] = probesIn(effects);
      answerAll(protocol, exchangesIn(effects), now);
      return ping && { protocol, ping, now };
    });
  }

  test("and has others try it when it does not answer", () => {
    const { protocol, ping, now } = pinging();
    const late = now + ping.timeoutMs;
    const effects = protocol.handle({ type: "unreachable", id: ping.id, reason: "silent" }, late);
    expect(probesIn(effects).map(({ request }) => request.target)).toEqual(["m000:1", "m000:1", "m000:1"]);
    expect(eventsIn(effects)).toEqual([]);
  });

  test("and takes its answer for a sign of life", () => {
    const { protocol, ping, now } = pinging();
    const asking = exchangeWith("m000:1", onBehalf(protocol, "m000:1", now));
    protocol.handle({ type: "probed", id: ping.id, result: "reached" }, now + 2);
    const effects = protocol.handle({ type: "unreachable", id: asking.id, reason: "silent" }, now + asking.timeoutMs);
    expect(effects).toEqual([{ type: "report", token: 1, result: "not reached" }]);
    const accused = { ...sent({ address: "m000:1", status: "suspect" }), accusers: [{ address: LONE, broken: false }] };
    protocol.answer(requestFrom(LONE, [accused]), now + 300);
    expect(accusersOf(protocol, "m000:1", now + 300)).toEqual([LONE]);
  });

  test("and holds nothing against it that it slept through itself", () => {
    const { protocol, ping } = pinging();
    const woke = protocol.nextWakeAt + 60_000;
    protocol.handle({ type: "wake" }, woke);
    const effects = protocol.handle({ type: "unreachable", id: ping.id, reason: "deadline" }, woke + 1);
    expect(effects).toEqual([]);
  });

  test.each([
    [true, 0],
    [false, 3],
  ])("and holds nothing against it of which it slept through a part (%s)", (isAsleep, probes) => {
    const { protocol, ping, now } = pinging({ newsFanout: 4 });
    protocol.handle({ type: "update-meta", meta: { name: "to be woken for" } }, now + 1);
    protocol.handle({ type: "wake" }, isAsleep ? now + 150 : protocol.nextWakeAt);
    const end = now + ping.timeoutMs;
    const effects = protocol.handle({ type: "unreachable", id: ping.id, reason: "deadline" }, end);
    expect(probesIn(effects)).toHaveLength(probes);
  });
});

function onBehalf(protocol: Protocol, target: string, now: number): readonly Effect[] {
  const effects = protocol.probe({ cluster: "test", recipient: ME, sender: LONE, target }, 1, now);
  return "refusal" in effects ? [] : effects;
}
