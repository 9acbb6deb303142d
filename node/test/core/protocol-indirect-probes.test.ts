import { describe, expect, test } from "@jest/globals";
import type { Effect, SentRecord } from "../../src/core/messages.js";
import type { Protocol } from "../../src/core/protocol.js";
import {
  accusersOf,
  askingOf,
  eventsIn,
  exchangesIn,
  exchangeWith,
  held,
  ME,
  probesIn,
  quietKnowing,
  replyFrom,
  reportsIn,
  requestFrom,
  REST,
  type Probe,
} from "../support/protocol.js";
import { addresses, sent } from "../support/records.js";

const OTHERS = addresses(8);
const SILENT = "m003:1";
const LONE = "m005:1";

/** A member left this peer without an answer, and helpers have been asked to try it. */
interface Attempt {
  readonly protocol: Protocol;
  readonly now: number;
  readonly effects: readonly Effect[];
  readonly probes: readonly Probe[];
}

/** SILENT has just left this peer, which knows OTHERS, without an answer. */
function verifying(timing = {}): Attempt {
  const protocol = quietKnowing(OTHERS, timing);
  const { now: askedAt, exchange } = askingOf(protocol, SILENT);
  const now = askedAt + exchange.timeoutMs;
  const effects = protocol.handle({ type: "unreachable", id: exchange.id, reason: "silent" }, now);
  return { protocol, now, effects, probes: probesIn(effects) };
}

/** The helpers answer, one after another; returns all effects. */
function found({ protocol, probes, now }: Attempt, outcomes: readonly (boolean | "unreachable")[]): Effect[] {
  return outcomes.flatMap((outcome, at) => {
    const id = probes[at]?.id ?? NaN;
    if (outcome === "unreachable") return protocol.handle({ type: "unreachable", id, reason: "silent" }, now + 10);
    return protocol.handle({ type: "probed", id, result: outcome ? "reached" : "not reached" }, now + 10);
  });
}

function accusedBy(accuser: string, address: string): SentRecord {
  return { ...sent({ address, status: "suspect" }), accusers: [{ address: accuser, broken: false }] };
}

describe("a member that does not answer", () => {
  test("is tried by three others before anybody suspects it, and once more by this peer", () => {
    const { effects, probes, now } = verifying();
    expect(now).toBeGreaterThan(REST);
    expect(eventsIn(effects)).toEqual([]);
    expect(new Set(probes.map(({ to }) => to)).size).toBe(3);
    for (const { to, request } of probes) {
      expect([SILENT, ME]).not.toContain(to);
      expect(request).toEqual({ cluster: "test", recipient: to, sender: ME, target: SILENT });
    }
    expect(exchangesIn(effects).map(({ to }) => to)).toEqual([SILENT]);
  });

  test("is given the helpers' time: they try it for as long as this peer would, and the way to them takes its own", () => {
    const { effects, probes } = verifying();
    const { timeoutMs } = exchangeWith(SILENT, effects);
    for (const probe of probes) expect(probe.timeoutMs).toBe(3 * timeoutMs);
  });

  test.each<[string, (boolean | "unreachable")[]]>([
    ["none of them reached it", [false, false, false]],
    ["none of them reached it or answered", [false, "unreachable", false]],
  ])("is suspected when %s, and told so", (_, outcomes) => {
    const attempt = verifying();
    expect(eventsIn(found(attempt, outcomes.slice(0, 2)))).toEqual([]);
    const last = { ...attempt, probes: attempt.probes.slice(2) };
    const effects = found(last, outcomes.slice(2));
    expect(eventsIn(effects)).toEqual([`suspected ${SILENT}`]);
    expect(exchangeWith(SILENT, effects).request.records).toContainEqual(
      expect.objectContaining({ address: SILENT, status: "suspect", accusers: [{ address: ME, broken: false }] }),
    );
  });

  test.each([0, 1, 2])("is not suspected when one of them reached it, be it as number %d", (place) => {
    const outcomes = [false, false, false].map((_, at) => at === place);
    const attempt = verifying();
    expect(found(attempt, outcomes)).toEqual([]);
    expect(held(attempt.protocol, SILENT)).toBe("alive 1.0");
  });

  test("is not suspected when it has spoken up meanwhile", () => {
    const attempt = verifying();
    attempt.protocol.answer(requestFrom(SILENT), attempt.now + 5);
    expect(found(attempt, [false, false, false])).toEqual([]);
    expect(held(attempt.protocol, SILENT)).toBe("alive 1.0");
  });

  test("is not suspected anew when the second try is over before the others have said", () => {
    const attempt = verifying();
    const { protocol, effects, now } = attempt;
    const { id, timeoutMs } = exchangeWith(SILENT, effects);
    expect(protocol.handle({ type: "unreachable", id, reason: "silent" }, now + timeoutMs)).toEqual([]);
  });

  test("is suspected at once where nobody may be asked", () => {
    expect(verifying({ indirectProbes: 0 })).toMatchObject({ probes: [], effects: expect.anything() });
    expect(eventsIn(verifying({ indirectProbes: 0 }).effects)).toEqual([`suspected ${SILENT}`]);
  });

  test("is suspected at once when others suspect it already, which the missing answer confirms", () => {
    const protocol = quietKnowing(OTHERS);
    const { now, exchange } = askingOf(protocol, SILENT);
    const accused = accusedBy(LONE, SILENT);
    protocol.answer(requestFrom(LONE, [accused]), now + 1);
    const effects = protocol.handle(
      { type: "unreachable", id: exchange.id, reason: "silent" },
      now + exchange.timeoutMs,
    );
    expect([probesIn(effects), eventsIn(effects)]).toEqual([[], []]);
    expect(accusersOf(protocol, SILENT, now + exchange.timeoutMs)).toEqual([LONE, ME]);
  });

  test("is asked about twice while this peer is called silent itself, since the fault may be its own", () => {
    const protocol = quietKnowing(OTHERS);
    const { now, exchange } = askingOf(protocol, SILENT);
    const late = now + exchange.timeoutMs;
    const first = protocol.handle({ type: "unreachable", id: exchange.id, reason: "silent" }, late);
    // This peer is accused itself, and has to deny that.
    protocol.answer(requestFrom("m000:1", [{ ...protocol.self, status: "suspect" }]), late);
    const again = found({ protocol, now: late, effects: first, probes: probesIn(first) }, [false, false, false]);
    expect(eventsIn(again)).toEqual([]);
    expect(probesIn(again).map(({ request }) => request.target)).toEqual([SILENT, SILENT, SILENT]);
    const last = found({ protocol, now: late + 10, effects: again, probes: probesIn(again) }, [false, false, false]);
    expect(eventsIn(last)).toEqual([`suspected ${SILENT}`]);
  });
});

describe("whoever is asked to try another", () => {
  const TOKEN = 7;
  const asked = (protocol: Protocol, target: string, token = TOKEN, now = REST): readonly Effect[] => {
    const effects = protocol.probe({ cluster: "test", recipient: ME, sender: "m000:1", target }, token, now);
    if ("refusal" in effects) throw new Error(effects.refusal);
    return effects;
  };
  const quiet = (): Protocol => quietKnowing(OTHERS);

  test("tries it and says that it answered", () => {
    const protocol = quiet();
    const effects = asked(protocol, SILENT);
    expect(reportsIn(effects)).toEqual([]);
    const { id } = exchangeWith(SILENT, effects);
    expect(reportsIn(protocol.handle({ type: "replied", id, reply: replyFrom(SILENT) }, REST + 5))).toEqual([
      [TOKEN, "reached"],
    ]);
  });

  test("tries it and says that it did not answer, and itself suspects nobody for that", () => {
    const protocol = quiet();
    const { id } = exchangeWith(SILENT, asked(protocol, SILENT));
    const effects = protocol.handle({ type: "unreachable", id, reason: "silent" }, REST + 200);
    expect(effects).toEqual([{ type: "report", token: TOKEN, result: "not reached" }]);
    expect(held(protocol, SILENT)).toBe("alive 1.0");
  });

  test("and did not reach it confirms the suspicion when that arrives", () => {
    const protocol = quiet();
    const { id } = exchangeWith(SILENT, asked(protocol, SILENT));
    protocol.handle({ type: "unreachable", id, reason: "silent" }, REST + 200);
    const accused = accusedBy("m000:1", SILENT);
    protocol.answer(requestFrom("m000:1", [accused]), REST + 300);
    expect(accusersOf(protocol, SILENT, REST + 300)).toEqual(["m000:1", ME]);
  });

  test("and did not reach it long ago, or has heard of it since, confirms nothing", () => {
    for (const isHeardOf of [true, false]) {
      const protocol = quiet();
      const { id } = exchangeWith(SILENT, asked(protocol, SILENT));
      protocol.handle({ type: "unreachable", id, reason: "silent" }, REST + 200);
      if (isHeardOf) protocol.answer(requestFrom(SILENT), REST + 250);
      const now = isHeardOf ? REST + 300 : REST + 200 + 2001;
      const accused = accusedBy("m000:1", SILENT);
      protocol.answer(requestFrom("m000:1", [accused]), now);
      expect(accusersOf(protocol, SILENT, now)).toEqual(["m000:1"]);
    }
  });

  test("and did not reach a newcomer, which has never spoken to it, confirms nothing: that one may only be slow to begin", () => {
    const newcomer = "m009:1";
    const protocol = quiet();
    protocol.answer(requestFrom("m000:1", [sent({ address: newcomer })]), REST);
    const { id } = exchangeWith(newcomer, asked(protocol, newcomer));
    protocol.handle({ type: "unreachable", id, reason: "silent" }, REST + 1000);
    const accused = accusedBy("m000:1", newcomer);
    protocol.answer(requestFrom("m000:1", [accused]), REST + 1100);
    expect(accusersOf(protocol, newcomer, REST + 1100)).toEqual(["m000:1"]);
  });

  test("tries nobody who is no member, and says that it has not tried", () => {
    expect(asked(quiet(), "stranger:1")).toEqual([{ type: "report", token: TOKEN, result: "not tried" }]);
  });

  test("is reached itself", () => {
    expect(asked(quiet(), ME)).toEqual([{ type: "report", token: TOKEN, result: "reached" }]);
  });

  test("and is about to leave tries nobody, and says so", () => {
    const protocol = quiet();
    const { id } = exchangeWith(SILENT, asked(protocol, SILENT));
    protocol.handle({ type: "leave" }, REST + 1);
    for (const target of ["m004:1", ME]) {
      expect(asked(protocol, target, 8, REST + 2)).toEqual([{ type: "report", token: 8, result: "not tried" }]);
    }
    // A call that was under way is answered still.
    expect(protocol.handle({ type: "unreachable", id, reason: "silent" }, REST + 200)).toEqual([
      { type: "report", token: TOKEN, result: "not reached" },
    ]);
  });

  test.each([
    ["another cluster", { cluster: "other" }, /"test".*"other"/],
    ["somebody else", { recipient: "was-here:1" }, /me:1.*was-here:1/],
  ])("but is meant for %s refuses and tries nobody", (_, change, refusal) => {
    const request = { cluster: "test", recipient: ME, sender: "m000:1", target: SILENT, ...change };
    expect(quiet().probe(request, TOKEN, REST)).toEqual({ refusal: expect.stringMatching(refusal) });
  });

  test("tries at most 64 at a time and says of more that it has not tried", () => {
    const protocol = quiet();
    const open = Array.from({ length: 64 }, (_, token) => exchangeWith(SILENT, asked(protocol, SILENT, token)));
    expect(asked(protocol, "m004:1", 64)).toEqual([{ type: "report", token: 64, result: "not tried" }]);
    protocol.handle({ type: "replied", id: open[0]?.id ?? 0, reply: replyFrom(SILENT) }, REST + 1);
    exchangeWith("m004:1", asked(protocol, "m004:1", 65, REST + 2));
    expect(asked(protocol, "m004:1", 66, REST + 2)).toEqual([{ type: "report", token: 66, result: "not tried" }]);
  });
});
