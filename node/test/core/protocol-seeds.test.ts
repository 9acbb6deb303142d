import { describe, expect, test } from "@jest/globals";
import type { Effect } from "../../src/core/messages.js";
import type { Protocol } from "../../src/core/protocol.js";
import {
  eventsIn,
  exchangesIn,
  exchangeWith,
  list,
  ME,
  protocolKnowing,
  protocolOf,
  replyFrom,
  requestFrom,
  wake,
  warningsIn,
} from "../support/protocol.js";
import { sent } from "../support/records.js";

const SEED = "seed:1";

function resolves(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => (effect.type === "resolve" ? [effect.seed] : []));
}

/** A protocol that has that seed and has begun. */
function seeded(seed = SEED, others: string[] = []): Protocol {
  const protocol = protocolKnowing(others);
  protocol.handle({ type: "add-seed", seed }, 0);
  wake(protocol);
  return protocol;
}

function resolved(protocol: Protocol, addresses: string[], now = 1, seed = SEED): readonly Effect[] {
  return protocol.handle({ type: "resolved", seed, addresses }, now);
}

describe("a seed", () => {
  test("is looked up, dialled without a claim to know who is there, and a member once it has answered", () => {
    const protocol = protocolOf();
    protocol.handle({ type: "add-seed", seed: SEED }, 0);
    expect(resolves(wake(protocol))).toEqual([SEED]);
    const { id, request } = exchangeWith(SEED, resolved(protocol, [SEED]));
    expect(request.recipient).toBe("");
    expect(list(protocol)).toEqual([ME]);
    expect(eventsIn(protocol.handle({ type: "replied", id, reply: replyFrom(SEED) }, 2))).toEqual(["joined seed:1"]);
    expect(list(protocol)).toEqual([ME, SEED]);
  });

  test("given while the peer runs is tried at once", () => {
    const protocol = protocolOf();
    wake(protocol);
    expect(resolves(protocol.handle({ type: "add-seed", seed: SEED }, 1))).toEqual([SEED]);
  });

  test("given twice changes nothing", () => {
    const protocol = seeded();
    expect(protocol.handle({ type: "add-seed", seed: SEED }, 1)).toEqual([]);
  });

  test("that is the own address changes nothing", () => {
    const protocol = protocolOf();
    wake(protocol);
    expect(protocol.handle({ type: "add-seed", seed: ME }, 1)).toEqual([]);
    expect([1, 2, 3].flatMap(() => wake(protocol))).toEqual([]);
  });

  test("that is dead is never listed, and is tried again for ever", () => {
    const protocol = seeded();
    for (let round = 0; round < 50; round++) {
      const now = protocol.nextWakeAt;
      if (round > 0) expect(new Set(resolves(wake(protocol)))).toEqual(new Set([SEED]));
      const { id } = exchangeWith(SEED, resolved(protocol, [SEED], now));
      const effects = protocol.handle({ type: "unreachable", id, reason: "refused" }, now + 1);
      expect(effects.filter(({ type }) => type !== "warn")).toEqual([]);
      expect(list(protocol)).toEqual([ME]);
    }
  });

  test("that is dead takes one turn among the others, at most one more, and blocks none of them", () => {
    const protocol = protocolKnowing(["b:1", "c:1"]);
    protocol.handle({ type: "add-seed", seed: SEED }, 0);
    const turns: string[] = [];
    for (let round = 0; round < 9; round++) {
      const now = protocol.nextWakeAt;
      const effects = wake(protocol);
      const dialled = resolves(effects).flatMap(() => exchangesIn(resolved(protocol, [SEED], now)));
      for (const { id, to } of [...exchangesIn(effects), ...dialled]) {
        turns.push(to);
        if (to === SEED) protocol.handle({ type: "unreachable", id, reason: "refused" }, now);
        else protocol.handle({ type: "replied", id, reply: replyFrom(to) }, now);
      }
    }
    const times = (each: string): number => turns.filter((to) => to === each).length;
    expect([times("b:1"), times("c:1")].every((count) => count >= 3 && count <= 4)).toBe(true);
    expect(times(SEED)).toBeGreaterThanOrEqual(3);
    expect(times(SEED)).toBeLessThanOrEqual(3 + 3); // with those that are due by Retries
  });

  test("that keeps silent is not dialled a second time meanwhile", () => {
    const protocol = seeded();
    expect(exchangesIn(resolved(protocol, [SEED]))).toHaveLength(1);
    expect(exchangesIn(resolved(protocol, [SEED], 2))).toEqual([]);
  });

  test("whose name is not known costs a turn and nothing else: a member gets it", () => {
    const protocol = seeded(SEED, ["b:1"]);
    expect(exchangesIn(resolved(protocol, [])).map(({ to }) => to)).toEqual(["b:1"]);
    expect(list(protocol)).toEqual(["b:1", ME]);
  });

  test("that is a member already gets no turn of its own", () => {
    const protocol = seeded(SEED, [SEED, "b:1"]);
    expect([1, 2, 3, 4].flatMap(() => resolves(wake(protocol)))).toEqual([]);
  });

  test("that failed is tried again", () => {
    const protocol = protocolKnowing([SEED], { timing: { suspicionMultiplier: 0 } });
    protocol.handle({ type: "add-seed", seed: SEED }, 0);
    const { id } = exchangeWith(SEED, wake(protocol));
    protocol.handle({ type: "unreachable", id, reason: "refused" }, 1);
    expect(list(protocol)).toEqual([ME]);
    expect(resolves([1, 2, 3].flatMap(() => wake(protocol)))).toContain(SEED);
  });

  test("beyond maxSeeds is not kept, with a warning that names it and the limit", () => {
    const protocol = protocolOf({ limits: { maxSeeds: 1 } });
    protocol.handle({ type: "add-seed", seed: SEED }, 0);
    const effects = protocol.handle({ type: "add-seed", seed: "more:1" }, 0);
    expect(warningsIn(effects)).toEqual([expect.stringMatching(/more:1.*maxSeeds is 1/)]);
    expect(resolves(wake(protocol))).toEqual([SEED]);
  });
});

describe("a seed that is a name", () => {
  const addresses = ["10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1"];

  test("has its addresses tried one after another, each time looked up anew", () => {
    const protocol = seeded();
    const dialled: string[] = [];
    // A turn of the seed's comes between turns of those already known behind it.
    for (let round = 0; dialled.length < addresses.length && round < 10; round++) {
      const now = protocol.nextWakeAt;
      const effects = round === 0 ? [] : wake(protocol);
      const isSeedsTurn = round === 0 || resolves(effects).includes(SEED);
      for (const { id, to } of exchangesIn(isSeedsTurn ? resolved(protocol, addresses, now) : effects)) {
        if (isSeedsTurn) dialled.push(to);
        protocol.handle({ type: "replied", id, reply: replyFrom(to) }, now);
      }
    }
    expect(dialled.sort()).toEqual(addresses);
    expect(list(protocol)).toEqual([...addresses, ME]);
  });

  test("among whose addresses is the own one is tried at the others only", () => {
    const protocol = seeded();
    expect(exchangesIn(resolved(protocol, [ME, "10.0.0.2:1"])).map(({ to }) => to)).toEqual(["10.0.0.2:1"]);
    expect(exchangesIn(resolved(seeded(), [ME]))).toEqual([]);
  });

  test("leads to a peer under the address that this gives itself, and to no second member", () => {
    const protocol = seeded();
    const { id } = exchangeWith("10.0.0.1:1", resolved(protocol, ["10.0.0.1:1"]));
    protocol.handle({ type: "replied", id, reply: replyFrom("real:1") }, 2);
    expect(list(protocol)).toEqual([ME, "real:1"]);
    const again = resolved(protocol, ["10.0.0.1:1"], 3);
    expect(exchangesIn(again).map(({ to }) => to)).not.toContain("10.0.0.1:1");
  });

  test("is tried again at an alias of a member, ever more seldom: a load balancer leads to another next time", () => {
    const protocol = seeded();
    const again = (now: number): string[] => exchangesIn(resolved(protocol, ["vip:1"], now)).map(({ to }) => to);
    for (const [now, waits] of [
      [1, 200],
      [351, 400],
    ] as const) {
      const { id } = exchangeWith("vip:1", resolved(protocol, ["vip:1"], now));
      protocol.handle({ type: "replied", id, reply: replyFrom("real:1") }, now);
      expect(again(now + waits / 2 - 1)).not.toContain("vip:1");
    }
    const { id } = exchangeWith("vip:1", resolved(protocol, ["vip:1"], 1001));
    protocol.handle({ type: "replied", id, reply: replyFrom("other:1") }, 1002);
    expect(list(protocol)).toEqual([ME, "other:1", "real:1"]);
  });

  test("is tried again at an alias within twelve periods for ever, where few could find who else is behind it", () => {
    const protocol = seeded();
    for (let now = 1; now < 20 * 1200; now += 1200) {
      const { id } = exchangeWith("vip:1", resolved(protocol, ["vip:1"], now));
      protocol.handle({ type: "replied", id, reply: replyFrom("real:1") }, now);
    }
  });

  test("that leads to ourselves by another address is recognised and left alone for a while", () => {
    const protocol = seeded();
    const { id, request } = exchangeWith("10.0.0.9:1", resolved(protocol, ["10.0.0.9:1"]));
    const echo = replyFrom(ME, request.records);
    expect(protocol.handle({ type: "replied", id, reply: echo }, 2)).toEqual([]);
    expect(list(protocol)).toEqual([ME]);
    expect(exchangesIn(resolved(protocol, ["10.0.0.9:1"], 3))).toEqual([]);
  });

  test("is tried again at an alias whose peer is gone", () => {
    const protocol = seeded();
    const { id } = exchangeWith("10.0.0.1:1", resolved(protocol, ["10.0.0.1:1"]));
    protocol.handle({ type: "replied", id, reply: replyFrom("real:1") }, 2);
    protocol.answer(requestFrom("real:1", [sent({ address: "real:1", status: "left" })]), 3);
    expect(list(protocol)).toEqual([ME]);
    expect(exchangesIn(resolved(protocol, ["10.0.0.1:1"], 4)).map(({ to }) => to)).toEqual(["10.0.0.1:1"]);
  });
});

test("a look-up that comes back for a seed nobody gave changes nothing", () => {
  expect(resolved(protocolOf(), ["10.0.0.1:1"])).toEqual([]);
});
