import { describe, expect, test } from "@jest/globals";
import { budgets, PLAIN_RULE, resolveTiming, type ProtocolTiming } from "../../src/core/timing.js";
import type { Protocol } from "../../src/core/protocol.js";
import {
  eventsIn,
  exchangesIn,
  exchangeWith,
  held,
  list,
  ME,
  protocolKnowing,
  replyFrom,
  replyIn,
  requestFrom,
  wake,
  wakeFor,
  wakeUntil,
  warningsIn,
  type Exchange,
} from "../support/protocol.js";
import { sent } from "../support/records.js";

/** With P = 100 ms an exchange times out after 500 ms, a suspect has 400 ms. */
const SUSPICION_MS = 400;

/** A peer that knows one other, so that no helper can be asked, and the exchange that is under way since moment 0. */
function asking(timing: Partial<ProtocolTiming> = {}): { protocol: Protocol; exchange: Exchange } {
  const protocol = protocolKnowing(["b:1"], { timing });
  return { protocol, exchange: exchangeWith("b:1", wake(protocol)) };
}

/** b:1 did not answer in time and is under suspicion since moment 500; the exchange that tells it so is under way. */
function suspecting(): { protocol: Protocol; notice: Exchange } {
  const { protocol, exchange } = asking();
  wakeUntil(protocol, 499);
  const effects = protocol.handle({ type: "unreachable", id: exchange.id, reason: "silent" }, 500);
  return { protocol, notice: exchangeWith("b:1", effects) };
}

/** Rings the alarm each time it is due, up to that moment. */
const eventsUntil = (protocol: Protocol, end: number): string[] => eventsIn(wakeUntil(protocol, end));

describe("a failed exchange", () => {
  test("makes a suspect, which is listed still and is told so at once, and by whom it is accused", () => {
    const { protocol, exchange } = asking();
    const effects = protocol.handle({ type: "unreachable", id: exchange.id, reason: "silent" }, 3);
    expect(eventsIn(effects)).toEqual(["suspected b:1"]);
    expect(exchangeWith("b:1", effects).request.records).toContainEqual({
      ...sent({ address: "b:1", status: "suspect" }),
      accusers: [{ address: ME, broken: false }],
    });
    expect(list(protocol)).toEqual(["b:1", ME]);
  });

  test("accuses nobody who has been heard from since it began", () => {
    const { protocol, exchange } = asking(PLAIN_RULE);
    protocol.answer(requestFrom("b:1"), 100);
    expect(protocol.handle({ type: "unreachable", id: exchange.id, reason: "silent" }, 500)).toEqual([]);
    expect(list(protocol)).toEqual(["b:1", ME]);
  });

  test("that began while the other was gone accuses nobody who is back when it ends", () => {
    const { protocol, exchange } = asking(PLAIN_RULE);
    protocol.handle({ type: "unreachable", id: exchange.id, reason: "refused" }, 3);
    const retry = wakeFor(protocol, (effects) => exchangesIn(effects).find(({ to }) => to === "b:1"));
    const began = protocol.nextWakeAt - 100;
    protocol.answer(requestFrom("c:1", [sent({ address: "b:1", incarnation: 1 })]), began + 200);
    expect(protocol.handle({ type: "unreachable", id: retry.id, reason: "silent" }, began + 500)).toEqual([]);
    expect(list(protocol)).toEqual(["b:1", "c:1", ME]);
  });

  test("removes at once under the plain rule, and says why", () => {
    const { protocol, exchange } = asking(PLAIN_RULE);
    const effects = protocol.handle({ type: "unreachable", id: exchange.id, reason: "refused" }, 3);
    expect(effects).toEqual([
      { type: "announce", event: { kind: "failed", member: expect.anything(), reason: "refused" } },
    ]);
    expect(list(protocol)).toEqual([ME]);
  });

  test("with a seed that is no member accuses nobody", () => {
    const protocol = protocolKnowing([]);
    protocol.handle({ type: "add-seed", seed: "seed:1" }, 0);
    wake(protocol);
    const { id } = exchangeWith(
      "seed:1",
      protocol.handle({ type: "resolved", seed: "seed:1", addresses: ["seed:1"] }, 0),
    );
    const effects = protocol.handle({ type: "unreachable", id, reason: "refused" }, 1);
    expect(effects).toEqual([{ type: "warn", text: expect.stringMatching(/cannot join yet.*seed:1: refused/) }]);
    expect(protocol.members({ includeGone: true })).toHaveLength(1);
  });

  test("with a member that others have meanwhile removed makes no second event", () => {
    const { protocol, exchange } = asking();
    const suspect = sent({ address: "b:1", status: "suspect" });
    const accused = { ...suspect, accusers: [{ address: "c:1", broken: false }] };
    for (const record of [accused, sent({ address: "b:1", status: "failed" })])
      protocol.answer(requestFrom("c:1", [record]), 1);
    expect(list(protocol)).toEqual(["c:1", ME]);
    expect(protocol.handle({ type: "unreachable", id: exchange.id, reason: "refused" }, 2)).toEqual([]);
  });
});

describe("a suspect", () => {
  test("fails when its time has run out, and not before", () => {
    const { protocol } = suspecting();
    expect(eventsUntil(protocol, 500 + SUSPICION_MS - 1)).toEqual([]);
    expect(eventsUntil(protocol, 500 + SUSPICION_MS)).toEqual(["failed b:1"]);
    expect(list(protocol)).toEqual([ME]);
  });

  test("is cleared by its own denial, once", () => {
    const { protocol, notice } = suspecting();
    const denial = replyFrom("b:1", [sent({ address: "b:1", incarnation: 1 })]);
    expect(eventsIn(protocol.handle({ type: "replied", id: notice.id, reply: denial }, 502))).toEqual([
      "recovered b:1",
    ]);
    expect(eventsUntil(protocol, 600).concat(eventsIn(wake(protocol)))).toEqual([]);
    expect(held(protocol, "b:1")).toBe("alive 1.1");
  });

  test("is not cleared by others who have heard nothing of it yet", () => {
    const { protocol } = suspecting();
    const { effects } = protocol.answer(requestFrom("c:1", [sent({ address: "b:1" })]), 501);
    expect(eventsIn(effects)).toEqual(["joined c:1"]);
    expect(held(protocol, "b:1")).toBe("suspect 1.0");
  });

  test("that speaks up without having heard of it gets time to deny it", () => {
    const { protocol } = suspecting();
    const spoke = 500 + SUSPICION_MS - 1;
    wakeUntil(protocol, spoke);
    const reply = replyIn(protocol.answer(requestFrom("b:1"), spoke));
    expect(reply.records).toContainEqual(expect.objectContaining({ address: "b:1", status: "suspect" }));
    expect(eventsUntil(protocol, spoke + 499)).not.toContain("failed b:1");
  });

  test("that others suspect runs out here too", () => {
    const protocol = protocolKnowing(["b:1", "c:1"]);
    const { effects } = protocol.answer(requestFrom("c:1", [sent({ address: "b:1", status: "suspect" })]), 0);
    expect(eventsIn(effects)).toEqual(["suspected b:1"]);
    expect(eventsUntil(protocol, SUSPICION_MS)).toContain("failed b:1");
  });
});

describe("a removed member", () => {
  /** b:1 failed at moment 3; c:1 is there. */
  function removed(): Protocol {
    const { protocol, exchange } = asking(PLAIN_RULE);
    protocol.handle({ type: "unreachable", id: exchange.id, reason: "refused" }, 3);
    protocol.answer(requestFrom("c:1"), 4);
    return protocol;
  }

  test("does not come back by rumour, whoever tells it and however often", () => {
    const protocol = removed();
    const rumours = (["alive", "suspect"] as const).map((status) => sent({ address: "b:1", status }));
    for (let at = 5; at < 50; at++) {
      const answer = protocol.answer(requestFrom("c:1", rumours), at);
      expect(eventsIn(answer.effects)).toEqual([]);
      expect(list(protocol)).toEqual(["c:1", ME]);
      expect(replyIn(answer).records).toContainEqual(expect.objectContaining({ address: "b:1", status: "failed" }));
    }
  });

  const denial = sent({ address: "b:1", incarnation: 1 });

  test("that says it is back is called at once, and listed again when it answers", () => {
    const protocol = removed();
    const { effects } = protocol.answer(requestFrom("b:1", [denial]), 5);
    expect(eventsIn(effects)).toEqual([]);
    const { id } = exchangeWith("b:1", effects);
    const answered = protocol.handle({ type: "replied", id, reply: replyFrom("b:1", [denial]) }, 6);
    expect(eventsIn(answered)).toEqual(["joined b:1"]);
  });

  test("that says it is back and does not answer is called ever more seldom, and others are warned once", () => {
    const protocol = removed();
    const calledAt: number[] = [];
    const warnings: string[] = [];
    for (let now = 5; now < 20_000; now += 10) {
      const { effects } = protocol.answer(requestFrom("b:1", [denial]), now);
      warnings.push(...warningsIn(effects));
      for (const { id, to } of exchangesIn(effects)) {
        if (to === "b:1") calledAt.push(now);
        protocol.handle({ type: "unreachable", id, reason: "refused" }, now);
      }
    }
    const waits = calledAt.slice(1).map((at, before) => (at - (calledAt[before] ?? 0)) / 100);
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 64]);
    expect(warnings).toEqual([expect.stringMatching(/b:1 calls, but does not answer/)]);
    expect(list(protocol)).toEqual(["c:1", ME]);
  });

  test("comes back when another tells that it is back, and when it was restarted", () => {
    const told = removed().answer(requestFrom("c:1", [denial]), 5);
    expect(eventsIn(told.effects)).toEqual(["joined b:1"]);
    const restarted = removed().answer(requestFrom("b:1", [sent({ address: "b:1", generation: 2 })]), 5);
    expect(eventsIn(restarted.effects)).toEqual(["joined b:1"]);
  });

  test("that speaks as if nothing had happened is told, so that it can deny it", () => {
    const answer = removed().answer(requestFrom("b:1"), 5);
    expect(eventsIn(answer.effects)).toEqual([]);
    expect(replyIn(answer).records).toContainEqual(expect.objectContaining({ address: "b:1", status: "failed" }));
  });

  test("is tried again for ever, ever more rarely, so that a healed partition is noticed with no help", () => {
    const protocol = removed();
    const tried: { to: string; at: number }[] = [];
    while (protocol.nextWakeAt < 1000 * 100) {
      const now = protocol.nextWakeAt;
      for (const { id, to } of exchangesIn(wake(protocol))) {
        tried.push({ to, at: now });
        if (to === "b:1") protocol.handle({ type: "unreachable", id, reason: "refused" }, now);
        else protocol.handle({ type: "replied", id, reply: replyFrom(to) }, now);
      }
    }
    const retries = (from: number, to: number): number =>
      tried.filter((each) => each.to === "b:1" && each.at >= from && each.at < to).length;
    expect(retries(0, 3000)).toBeGreaterThanOrEqual(2);
    // In the end once in 4 periods, as few are left, and a few more until chance chooses it.
    expect(retries(10_000, 100_000)).toBeGreaterThan(900 / 10);
    expect(retries(10_000, 100_000)).toBeLessThanOrEqual(900 / 4);
    expect(tried.filter(({ to }) => to === "c:1").length).toBeGreaterThanOrEqual(999); // a retry takes nobody's turn
    expect(list(protocol)).toEqual(["c:1", ME]);
  });

  test("is forgotten after tombstoneTtlMs", () => {
    const protocol = protocolKnowing(["c:1"], { timing: { tombstoneTtlMs: 1000 } });
    protocol.answer(requestFrom("c:1", [sent({ address: "b:1", status: "left" })]), 0);
    wakeUntil(protocol, 999);
    expect(held(protocol, "b:1")).toBe("left 1.0");
    wakeUntil(protocol, 1200);
    expect(held(protocol, "b:1")).toBe("unknown");
  });
});

describe("a peer that was frozen", () => {
  const asleep = 100 * budgets(resolveTiming({ pingPeriodMs: 100 }), 3).silenceMs;

  test("gives its suspects the time that it slept through", () => {
    const { protocol } = suspecting();
    const woke = 500 + SUSPICION_MS + asleep;
    expect(eventsIn(protocol.handle({ type: "wake" }, woke))).toEqual([]);
    expect(list(protocol)).toEqual(["b:1", ME]);
    const { effects } = protocol.answer(requestFrom("b:1", [sent({ address: "b:1", incarnation: 1 })]), woke + 1);
    expect(eventsIn(effects)).toEqual(["recovered b:1"]);
  });

  test.each([
    ["through all of it", asleep, asleep + 1],
    ["through a part of it only", 400, 500],
  ])("accuses nobody of an exchange that it slept %s, when the alarm rings first", (_, woke, outcomeAt) => {
    const { protocol, exchange } = asking(PLAIN_RULE);
    protocol.handle({ type: "wake" }, woke);
    const effects = protocol.handle({ type: "unreachable", id: exchange.id, reason: "deadline" }, outcomeAt);
    expect(eventsIn(effects)).toEqual([]);
    expect(list(protocol)).toEqual(["b:1", ME]);
  });

  test("accuses nobody of an exchange that it slept through, when the outcome comes first", () => {
    const { protocol, exchange } = asking(PLAIN_RULE);
    const effects = protocol.handle({ type: "unreachable", id: exchange.id, reason: "deadline" }, asleep);
    expect(eventsIn(effects)).toEqual([]);
    expect(list(protocol)).toEqual(["b:1", ME]);
  });

  test("does not make up for the rounds it missed", () => {
    const { protocol, exchange } = asking();
    protocol.handle({ type: "replied", id: exchange.id, reply: replyFrom("b:1") }, 1);
    expect(exchangesIn(protocol.handle({ type: "wake" }, asleep))).toHaveLength(1);
    expect(protocol.nextWakeAt).toBeGreaterThan(asleep);
  });

  test("still removes, after it woke, one who is really gone", () => {
    const { protocol } = suspecting();
    const woke = 500 + SUSPICION_MS + asleep;
    const events = eventsIn(protocol.handle({ type: "wake" }, woke));
    expect(events).toEqual([]); // a sign of life may have come while this peer slept
    const heardAt = woke + resolveTiming({ pingPeriodMs: 100 }).exchangeTimeoutMs;
    expect(eventsUntil(protocol, heardAt + SUSPICION_MS)).toEqual(["failed b:1"]);
  });
});

test("an alarm that is a little late is no excuse: the suspect fails", () => {
  const { protocol } = suspecting();
  wakeUntil(protocol, 500 + SUSPICION_MS - 1);
  expect(eventsIn(protocol.handle({ type: "wake" }, 500 + SUSPICION_MS + 20))).toEqual(["failed b:1"]);
});
