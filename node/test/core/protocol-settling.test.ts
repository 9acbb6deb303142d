import { describe, expect, test } from "@jest/globals";
import type { Protocol } from "../../src/core/protocol.js";
import type { ProtocolTiming } from "../../src/core/timing.js";
import { answerAll, exchangesIn, requestFrom, REST, restedKnowing, wake, WITH_NEWS } from "../support/protocol.js";
import { addresses, sent } from "../support/records.js";

const OTHERS = addresses(8);

/** Has the protocol learn of so many members at that moment, of which it tells nobody. */
function teach(protocol: Protocol, count: number, now: number): void {
  const come = Array.from({ length: count }, (_, at) => sent({ address: `n${String(at + now)}:1` }));
  const nobody = { from: "", to: "" };
  protocol.answer({ ...requestFrom("m000:1", come), range: nobody }, now);
}

/** When exchanges begin until that moment; all calls are answered. */
function exchangesUntil(protocol: Protocol, end: number): number[] {
  const begun: number[] = [];
  while (protocol.nextWakeAt <= end) {
    const now = protocol.nextWakeAt;
    const effects = wake(protocol);
    begun.push(...exchangesIn(effects).map(() => now));
    answerAll(protocol, effects, now);
  }
  return begun;
}

/** When exchanges begin in the half second after so many members were learnt of, with those that come at rest left out. */
function afterBurst(count: number, timing: Partial<ProtocolTiming> = {}): number[] {
  const [protocol, quiet] = [timing, timing].map((each) => restedKnowing(OTHERS, { timing: each })) as [
    Protocol,
    Protocol,
  ];
  teach(protocol, count, REST);
  const atRest = exchangesUntil(quiet, REST + 500);
  return exchangesUntil(protocol, REST + 500)
    .filter((moment) => !atRest.includes(moment))
    .map((moment) => moment - REST);
}

describe("after many changes at once a peer", () => {
  test("compares its view with another's when nothing has changed for 100 ms", () => {
    expect(afterBurst(8)).toEqual([100]);
  });

  test("does so once a period at most, however often there are changes", () => {
    const protocol = restedKnowing(OTHERS, { timing: WITH_NEWS });
    const begun: number[] = [];
    for (let now = REST; now < REST + 1000; now += 125) {
      teach(protocol, 8, now);
      begun.push(...exchangesUntil(protocol, now + 120));
    }
    const settling = begun.map((moment) => moment - REST).filter((moment) => moment % 125 === 100);
    expect(settling).toEqual([100]);
  });

  test.each<[string, number, Partial<ProtocolTiming>]>([
    ["fewer than eight", 7, {}],
    ["many where no news is told", 8, { newsFanout: 0 }],
  ])("does not after %s", (_what, count, timing) => {
    expect(afterBurst(count, timing)).toEqual([]);
  });
});
