import { describe, expect, test } from "@jest/globals";
import type { Effect, SentRecord } from "../../src/core/messages.js";
import type { Protocol } from "../../src/core/protocol.js";
import type { ProtocolTiming } from "../../src/core/timing.js";
import {
  agreeing,
  answerAll,
  eventsIn,
  exchangesIn,
  exchangeWith,
  held,
  ME,
  passPeacefully,
  probesIn,
  quietKnowing,
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

const OTHERS = addresses(8);
const CLOSED = "m003:1";

/** The connection to that member has just closed. */
function closed(timing: Partial<ProtocolTiming> = {}, address = CLOSED): Protocol {
  const protocol = quietKnowing(OTHERS, timing);
  expect(protocol.handle({ type: "closed", address }, REST)).toEqual([]);
  return protocol;
}

/** The exchanges with that member until then; all other calls are answered. */
function checksUntil(protocol: Protocol, end: number, address = CLOSED): { exchange: Exchange; now: number }[] {
  const checks: { exchange: Exchange; now: number }[] = [];
  while (protocol.nextWakeAt <= end) {
    const now = protocol.nextWakeAt;
    const effects = wake(protocol);
    for (const exchange of exchangesIn(effects)) if (exchange.to === address) checks.push({ exchange, now });
    const rest = effects.filter((effect) => effect.type !== "exchange" || effect.to !== address);
    answerAll(protocol, rest, now);
  }
  return checks;
}

/** The check that a closed connection leads to. */
function checking(timing: Partial<ProtocolTiming> = {}): { protocol: Protocol; check: Exchange; now: number } {
  const protocol = closed(timing);
  const [check] = checksUntil(protocol, REST + 240);
  if (check === undefined) throw new Error("nobody checks");
  return { protocol, check: check.exchange, now: check.now };
}

/** CLOSED is suspect, and these accuse it. */
const accused = (...accusers: string[]): SentRecord => ({
  ...sent({ address: CLOSED, status: "suspect" }),
  accusers: accusers.map((address) => ({ address, broken: false })),
});

const refusing = (protocol: Protocol, { id }: Exchange, now: number): readonly Effect[] =>
  protocol.handle({ type: "unreachable", id, reason: "refused", refused: true }, now);

describe("a connection that was closed", () => {
  test("leads to one check of the member, at once where few others can check it", () => {
    const checks = checksUntil(closed(), REST + 240);
    expect(checks).toHaveLength(1);
    expect(checks[0]?.exchange.request.recipient).toBe(CLOSED);
  });

  test("leads to nothing more when the member answers", () => {
    const { protocol, check, now } = checking();
    const reply = agreeing(protocol, CLOSED);
    expect(protocol.handle({ type: "replied", id: check.id, reply }, now + 1)).toEqual([]);
    expect(held(protocol, CLOSED)).toBe("alive 1.0");
    expect(protocol.nextWakeAt).toBeGreaterThan(REST + 200);
  });

  test("needs no check when the member has spoken since", () => {
    const protocol = closed();
    protocol.answer(requestFrom(CLOSED), REST);
    expect(checksUntil(protocol, REST + 80)).toEqual([]);
  });

  test("needs no check when enough others accuse the member already", () => {
    const protocol = closed();
    protocol.answer(requestFrom("m000:1", [accused("m000:1", "m001:1", "m002:1", "m004:1")]), REST);
    expect(checksUntil(protocol, REST + 80)).toEqual([]);
  });

  test.each<[string, Partial<ProtocolTiming>, string]>([
    ["of a stranger", {}, "stranger:1"],
    ["where no helper may be asked", { indirectProbes: 0 }, CLOSED],
  ])("%s is no hint", (_, timing, address) => {
    expect(checksUntil(closed(timing, address), REST + 200, address)).toEqual([]);
  });

  test("is no hint to one that is about to leave", () => {
    const protocol = restedKnowing(OTHERS);
    protocol.handle({ type: "leave" }, REST);
    expect(protocol.handle({ type: "closed", address: CLOSED }, REST + 1)).toEqual([]);
    expect(protocol.nextWakeAt).toBe(Infinity);
  });

  test("is checked by ten at once among many, and by ten more each time that these cannot have been enough", () => {
    const many = addresses(39);
    const accused = many[7] ?? "";
    const delays = [ME, ...many]
      .filter((address) => address !== accused)
      .map((address) => {
        const others = [ME, ...many].filter((each) => each !== address);
        const protocol = restedKnowing(others, { address, timing: { newsFanout: 0 } });
        // Until then it has spoken with all of them.
        passPeacefully(protocol, 6 * REST);
        protocol.handle({ type: "closed", address: accused }, 6 * REST);
        const [check] = checksUntil(protocol, 6 * REST + 999, accused);
        return check === undefined ? Infinity : check.now - 6 * REST;
      });
    const atOnce = delays.filter((delayMs) => delayMs === 0);
    const moments = [...new Set(delays)].sort((a, b) => a - b);
    expect(atOnce.length).toBeGreaterThanOrEqual(9);
    expect(atOnce.length).toBeLessThanOrEqual(10);
    expect(moments).toEqual([0, 120, 240, 360]);
  });

  test("leads to one more check when the first ends with its connection, and to no third", () => {
    const { protocol, check, now } = checking();
    const cutShort = (exchange: Exchange, at: number): readonly Effect[] =>
      protocol.handle({ type: "unreachable", id: exchange.id, reason: "reset", refused: false }, at);
    const again = exchangeWith(CLOSED, cutShort(check, now + 1));
    expect(held(protocol, CLOSED)).toBe("alive 1.0");
    expect(exchangesIn(cutShort(again, now + 2)).filter(({ to }) => to === CLOSED)).toEqual([]);
    expect(held(protocol, CLOSED)).toBe("suspect 1.0");
  });
});

describe("a member whose connection was closed and that refuses then", () => {
  test("is suspected at once, as one whose connection broke, and for the moment that is told to nobody", () => {
    const { protocol, check, now } = checking();
    const effects = refusing(protocol, check, now + 1);
    expect(eventsIn(effects)).toEqual([`suspected ${CLOSED}`]);
    expect([exchangesIn(effects), probesIn(effects)]).toEqual([[], []]);
  });

  test("is told to the head of the ring, who counts, where news is told", () => {
    const { protocol, check, now } = checking(WITH_NEWS);
    const [report, ...more] = exchangesIn(refusing(protocol, check, now + 1));
    expect(more).toEqual([]);
    expect(report?.request.range).toEqual({ from: report?.to, to: report?.to });
    expect(report?.request.records[1]).toMatchObject({
      address: CLOSED,
      accusers: [{ address: "me:1", broken: true }],
    });
  });

  test("is told to all, as any other that is suspected, where it was another life whose connection closed", () => {
    const protocol = closed(WITH_NEWS);
    protocol.answer(requestFrom("m000:1", [sent({ address: CLOSED, generation: 2 })]), REST);
    const [{ exchange, now } = { exchange: undefined, now: 0 }] = checksUntil(protocol, REST + 240);
    if (exchange === undefined) throw new Error("nobody checks");
    const effects = [...refusing(protocol, exchange, now + 1), ...wakeUntil(protocol, now + 60)];
    const told = exchangesIn(effects).filter(({ request }) =>
      request.records.some(({ address, status }) => address === CLOSED && status === "suspect"),
    );
    expect(told.length).toBeGreaterThan(1);
  });

  test("is told of its suspicion, and others are asked to try it, when too few have confirmed it a while later", () => {
    const { protocol, check, now } = checking();
    refusing(protocol, check, now + 1);
    const effects = wakeUntil(protocol, now + 700).filter(
      (effect) => effect.type !== "probe" || effect.request.target === CLOSED,
    );
    expect(probesIn(effects).map(({ request }) => request.target)).toEqual([CLOSED, CLOSED, CLOSED]);
    const [call] = exchangesIn(effects).filter(({ to }) => to === CLOSED);
    const told = call?.request.records.find(({ address }) => address === CLOSED);
    expect(told?.accusers).toEqual([{ address: "me:1", broken: true }]);
  });

  test("fails at once when enough others confirm it", () => {
    const { protocol, check, now } = checking();
    refusing(protocol, check, now + 1);
    const answer = (...accusers: string[]): string[] => {
      protocol.answer(requestFrom("m000:1", [accused(...accusers)]), now + 2);
      return protocol.nextWakeAt > now + 2 ? [] : eventsIn(protocol.handle({ type: "wake" }, now + 2));
    };
    expect(answer("m000:1", "m001:1")).toEqual([]);
    expect(answer("m002:1")).toEqual([`failed ${CLOSED}`]);
  });

  test("fails at once too when the others were first", () => {
    const { protocol, check, now } = checking();
    protocol.answer(requestFrom("m000:1", [accused("m000:1", "m001:1", "m002:1")]), now + 1);
    expect(held(protocol, CLOSED)).toBe("suspect 1.0");
    refusing(protocol, check, now + 2);
    expect(eventsIn(protocol.handle({ type: "wake" }, now + 2))).toEqual([`failed ${CLOSED}`]);
  });

  test("has the time of any suspect as long as nobody confirms it", () => {
    const { protocol, check, now } = checking();
    refusing(protocol, check, now + 1);
    const events = eventsIn(wakeUntil(protocol, now + 4000));
    expect(events.filter((event) => event.startsWith("failed"))).toEqual([]);
    expect(eventsIn(wake(protocol))).toContain(`failed ${CLOSED}`);
  });

  test("and lives all the same may deny it", () => {
    const { protocol, check, now } = checking();
    refusing(protocol, check, now + 1);
    const reply = replyIn(protocol.answer(requestFrom(CLOSED), now + 2));
    expect(reply.records).toContainEqual(expect.objectContaining({ address: CLOSED, status: "suspect" }));
    protocol.answer(requestFrom(CLOSED, [sent({ address: CLOSED, incarnation: 1 })]), now + 3);
    expect(held(protocol, CLOSED)).toBe("alive 1.1");
  });
});

describe("a member whose connection was closed and that is silent then", () => {
  test("is suspected without asking others first: it is more than silence", () => {
    const { protocol, check, now } = checking();
    const late = now + check.timeoutMs;
    const effects = protocol.handle({ type: "unreachable", id: check.id, reason: "silent" }, late);
    expect(eventsIn(effects)).toEqual([`suspected ${CLOSED}`]);
  });

  test("is as any other when it has answered in between: its silence is of another moment", () => {
    const { protocol, check, now } = checking();
    const reply = agreeing(protocol, CLOSED);
    protocol.handle({ type: "replied", id: check.id, reply }, now);
    const [later] = checksUntil(protocol, REST + 20_000);
    if (later === undefined) throw new Error("never asked again");
    const late = later.now + later.exchange.timeoutMs;
    const effects = protocol.handle({ type: "unreachable", id: later.exchange.id, reason: "silent" }, late);
    expect(eventsIn(effects)).toEqual([]);
  });
});

test("a member that refuses without a connection having been closed is suspected at once too", () => {
  const protocol = quietKnowing(OTHERS);
  let effects: readonly Effect[] = [];
  for (let round = 0; round < 50 && effects.length === 0; round++) {
    const now = protocol.nextWakeAt;
    const done = wake(protocol);
    const [asked] = exchangesIn(done);
    answerAll(protocol, probesIn(done), now);
    if (asked?.to === CLOSED) effects = refusing(protocol, asked, now + 1);
    else answerAll(protocol, exchangesIn(done), now);
  }
  expect(eventsIn(effects)).toEqual([`suspected ${CLOSED}`]);
});
