import { describe, expect, test } from "@jest/globals";
import type { Effect } from "../../src/core/messages.js";
import type { Protocol } from "../../src/core/protocol.js";
import type { ProtocolTiming } from "../../src/core/timing.js";
import {
  answerAll,
  exchangesIn,
  passPeacefully,
  protocolKnowing,
  replyFrom,
  requestFrom,
  REST,
  restedKnowing,
  wake,
  WITH_NEWS,
  type Exchange,
} from "../support/protocol.js";
import { addresses, sent } from "../support/records.js";

const OTHERS = addresses(8);

/** Has the protocol learn of so many members at that moment, of which it tells nobody. */
function teach(protocol: Protocol, count: number, now: number): void {
  const come = Array.from({ length: count }, (_, at) => sent({ address: `n${String(at + now)}:1` }));
  const nobody = { from: "", to: "" };
  protocol.answer({ ...requestFrom("m000:1", come), range: nobody }, now);
}

/** Answers calls. */
type Answering = (protocol: Protocol, effects: readonly Effect[], now: number) => void;

/** Answers exchanges as peers that hold another view, and tell nothing of it, and all other calls. */
const differing: Answering = (protocol, effects, now) => {
  const isSettling = ({ request }: Exchange): boolean => request.range === undefined && request.buckets.length === 0;
  const settling = exchangesIn(effects).filter(isSettling);
  answerAll(
    protocol,
    effects.filter((effect) => !settling.some((each) => each === effect)),
    now,
  );
  for (const { id, to } of settling) {
    const reply = { ...replyFrom(to), viewHash: 1, bucketHashes: Array<number>(64).fill(1) };
    answerAll(protocol, protocol.handle({ type: "replied", id, reply }, now), now);
  }
};

/** When exchanges begin until that moment; all calls are answered. */
function exchangesUntil(protocol: Protocol, end: number, answer: Answering = answerAll): number[] {
  const begun: number[] = [];
  while (protocol.nextWakeAt <= end) {
    const now = protocol.nextWakeAt;
    const effects = wake(protocol);
    begun.push(...exchangesIn(effects).map(() => now));
    answer(protocol, effects, now);
  }
  return begun;
}

/** When exchanges begin in the half second after so many members were learnt of, with those that come at rest left out. */
function afterBurst(count: number, timing: Partial<ProtocolTiming> = {}, answer: Answering = answerAll): number[] {
  const [protocol, quiet] = [timing, timing].map((each) => restedKnowing(OTHERS, { timing: each })) as [
    Protocol,
    Protocol,
  ];
  teach(protocol, count, REST);
  const atRest = exchangesUntil(quiet, REST + 500);
  return exchangesUntil(protocol, REST + 500, answer)
    .filter((moment) => !atRest.includes(moment))
    .map((moment) => moment - REST);
}

/** When a protocol settles in the second from that moment on, in which eight members come each eighth of it. */
function settlingsOf(protocol: Protocol, from: number): number[] {
  const begun: number[] = [];
  for (let now = from; now < from + 1000; now += 125) {
    teach(protocol, 8, now);
    begun.push(...exchangesUntil(protocol, now + 120));
  }
  return begun.map((moment) => moment - from).filter((moment) => moment % 125 === 100);
}

describe("after many changes at once a peer", () => {
  test("compares its view with another's when nothing has changed for 100 ms", () => {
    expect(afterBurst(8)).toEqual([100]);
  });

  test("does so three times a period at most, however often there are changes", () => {
    expect(settlingsOf(restedKnowing(OTHERS, { timing: WITH_NEWS }), REST)).toEqual([100, 225, 350]);
  });

  test("does so once a period where it has just begun itself", () => {
    const protocol = protocolKnowing(OTHERS, { timing: { ...WITH_NEWS, pingPeriodMs: 1000 } });
    passPeacefully(protocol, 2000);
    expect(settlingsOf(protocol, 2000)).toEqual([100]);
  });

  test("compares it with one more where the other held another view", () => {
    expect(afterBurst(8, {}, differing)).toEqual([100, 200, 300]);
  });

  test.each<[string, number, Partial<ProtocolTiming>]>([
    ["fewer than eight", 7, {}],
    ["many where no news is told", 8, { newsFanout: 0 }],
  ])("does not after %s", (_what, count, timing) => {
    expect(afterBurst(count, timing)).toEqual([]);
  });
});
