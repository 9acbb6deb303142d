import { describe, expect, test } from "@jest/globals";
import type { Protocol } from "../../src/core/protocol.js";
import type { ProtocolTiming } from "../../src/core/timing.js";
import {
  eventsIn,
  exchangesIn,
  exchangeWith,
  held,
  quietKnowing,
  replyFrom,
  requestFrom,
  REST,
  wake,
  wakeUntil,
  type Exchange,
} from "../support/protocol.js";
import { addresses, sent } from "../support/records.js";

const OTHERS = addresses(8);
const CALLED = "m003:1";
const failed = sent({ address: CALLED, status: "failed" });

/** A peer from the other side of a partition calls a member failed of which nothing bad was heard here. */
function hearing(timing: Partial<ProtocolTiming> = {}): { protocol: Protocol; events: string[]; calls: Exchange[] } {
  const protocol = quietKnowing(OTHERS, timing);
  const { effects } = protocol.answer(requestFrom("m000:1", [failed]), REST);
  return { protocol, events: eventsIn(effects), calls: exchangesIn(effects) };
}

describe("a member that is called failed and held alive here", () => {
  test("is suspected only, and asked at once, so that it can deny it", () => {
    const { events, calls } = hearing();
    expect(events).toEqual([`suspected ${CALLED}`]);
    expect(calls.map(({ to }) => to)).toEqual([CALLED]);
    expect(calls[0]?.request.records).toContainEqual(expect.objectContaining({ address: CALLED, status: "suspect" }));
  });

  test("is well again with its denial", () => {
    const { protocol, calls } = hearing();
    const denial = replyFrom(CALLED, [sent({ address: CALLED, incarnation: 1 })]);
    const { id } = exchangeWith(CALLED, calls);
    expect(eventsIn(protocol.handle({ type: "replied", id, reply: denial }, REST + 5))).toEqual([
      `recovered ${CALLED}`,
    ]);
  });

  test("is not lost by being called so again, by whomever", () => {
    const { protocol } = hearing();
    for (const from of OTHERS.filter((each) => each !== CALLED)) {
      expect(eventsIn(protocol.answer(requestFrom(from, [failed]), REST + 1).effects)).toEqual([]);
    }
    expect(held(protocol, CALLED)).toBe("suspect 1.0");
  });

  test("is hearsay still when another calls it suspect who accuses it neither", () => {
    const protocol = quietKnowing(OTHERS);
    protocol.answer(requestFrom("m001:1", [sent({ address: CALLED, status: "suspect" })]), REST);
    expect(eventsIn(protocol.answer(requestFrom("m000:1", [failed]), REST + 1).effects)).toEqual([]);
    expect(held(protocol, CALLED)).toBe("suspect 1.0");
  });

  test("is hearsay still when it was called suspect by an accuser who is on no list here", () => {
    const protocol = quietKnowing(OTHERS);
    const accusers = [{ address: "gone:1", broken: false }];
    protocol.answer(requestFrom("m001:1", [sent({ address: CALLED, status: "suspect", accusers })]), REST);
    expect(eventsIn(protocol.answer(requestFrom("m001:1", [failed]), REST + 1).effects)).toEqual([]);
    expect(held(protocol, CALLED)).toBe("suspect 1.0");
  });

  test("fails after 7/16 of the multiplier's periods when it does not deny it", () => {
    const { protocol } = hearing();
    expect(eventsIn(wakeUntil(protocol, REST + 1749))).toEqual([]);
    expect(eventsIn(wakeUntil(protocol, REST + 1750))).toEqual([`failed ${CALLED}`]);
  });

  test("is told of as suspect to those who are to hear the news", () => {
    const { protocol } = hearing({ newsFanout: 4 });
    const calls = exchangesIn(wake(protocol));
    expect(calls).toHaveLength(4);
    for (const { request } of calls)
      expect(request.records).toContainEqual(expect.objectContaining({ address: CALLED, status: "suspect" }));
  });

  test("fails at once under the plain rule, which knows no suspicion", () => {
    expect(hearing({ suspicionMultiplier: 0 }).events).toEqual([`failed ${CALLED}`]);
  });
});

describe("a member that is called failed and was accused before", () => {
  test("fails at once: who says so knows more", () => {
    const protocol = quietKnowing(OTHERS);
    const suspect = {
      ...sent({ address: CALLED, status: "suspect" }),
      accusers: [{ address: "m001:1", broken: false }],
    };
    protocol.answer(requestFrom("m001:1", [suspect]), REST);
    expect(eventsIn(protocol.answer(requestFrom("m000:1", [failed]), REST + 1).effects)).toEqual([`failed ${CALLED}`]);
  });

  test("fails at once also when the accusation came after the hearsay", () => {
    const { protocol } = hearing();
    const suspect = {
      ...sent({ address: CALLED, status: "suspect" }),
      accusers: [{ address: "m001:1", broken: false }],
    };
    protocol.answer(requestFrom("m001:1", [suspect]), REST + 1);
    expect(eventsIn(protocol.answer(requestFrom("m000:1", [failed]), REST + 2).effects)).toEqual([`failed ${CALLED}`]);
  });
});

test("a member that left is not asked whether it did: only it can have said so", () => {
  const protocol = quietKnowing(OTHERS);
  const left = sent({ address: CALLED, status: "left" });
  const { effects } = protocol.answer(requestFrom("m000:1", [left]), REST);
  expect([eventsIn(effects), exchangesIn(effects)]).toEqual([[`left ${CALLED}`], []]);
});
