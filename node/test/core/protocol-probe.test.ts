import { describe, expect, test } from "@jest/globals";
import type { Effect, SentRecord } from "../../src/core/messages.js";
import type { Protocol } from "../../src/core/protocol.js";
import {
  answerAll,
  askingOf,
  eventsIn,
  exchangesIn,
  exchangeWith,
  held,
  ME,
  probesIn,
  protocolKnowing,
  replyFrom,
  reportsIn,
  requestFrom,
  REST,
  restedKnowing,
  wake,
  type Probe,
} from "../support/protocol.js";
import { addresses, sent } from "../support/records.js";

const OTHERS = addresses(8);
const SILENT = "m003:1";
const LONE = "m005:1";

interface Inquiry {
  readonly protocol: Protocol;
  readonly now: number;
  readonly effects: readonly Effect[];
  readonly probes: readonly Probe[];
}

/** Of these, one has just left us without an answer. */
function inquiring(timing = {}): Inquiry {
  const protocol = restedKnowing(OTHERS, { timing: { newsFanout: 0, ...timing } });
  const { now: askedAt, exchange } = askingOf(protocol, SILENT);
  const now = askedAt + exchange.timeoutMs;
  const effects = protocol.handle({ type: "unreachable", id: exchange.id, reason: "silent" }, now);
  return { protocol, now, effects, probes: probesIn(effects) };
}

/** What the probes find out, one after another. */
function found({ protocol, probes, now }: Inquiry, outcomes: readonly (boolean | "unreachable")[]): Effect[] {
  return outcomes.flatMap((outcome, at) => {
    const id = probes[at]?.id ?? NaN;
    if (outcome === "unreachable") return protocol.handle({ type: "unreachable", id, reason: "silent" }, now + 10);
    return protocol.handle({ type: "probed", id, reached: outcome }, now + 10);
  });
}

function accusedBy(accuser: string, address: string): SentRecord {
  return { ...sent({ address, status: "suspect" }), accusers: [{ address: accuser, broken: false }] };
}

describe("a member that does not answer", () => {
  test("is tried by three others before anybody suspects it, and once more by ourselves", () => {
    const { effects, probes, now } = inquiring();
    expect(now).toBeGreaterThan(REST);
    expect(eventsIn(effects)).toEqual([]);
    expect(new Set(probes.map(({ to }) => to)).size).toBe(3);
    for (const { to, request } of probes) {
      expect([SILENT, ME]).not.toContain(to);
      expect(request).toEqual({ cluster: "test", recipient: to, sender: ME, target: SILENT });
    }
    expect(exchangesIn(effects).map(({ to }) => to)).toEqual([SILENT]);
  });

  test("is given the others' time: they try it for as long as we would, and the way to them takes its own", () => {
    const { effects, probes } = inquiring();
    const { timeoutMs } = exchangeWith(SILENT, effects);
    for (const probe of probes) expect(probe.timeoutMs).toBe(3 * timeoutMs);
  });

  test.each<[string, (boolean | "unreachable")[]]>([
    ["none of them reached it", [false, false, false]],
    ["none of them reached it or answered", [false, "unreachable", false]],
  ])("is suspected when %s, and told so", (_, outcomes) => {
    const inquiry = inquiring();
    expect(eventsIn(found(inquiry, outcomes.slice(0, 2)))).toEqual([]);
    const last = { ...inquiry, probes: inquiry.probes.slice(2) };
    const effects = found(last, outcomes.slice(2));
    expect(eventsIn(effects)).toEqual([`suspected ${SILENT}`]);
    expect(exchangeWith(SILENT, effects).request.records).toContainEqual(
      expect.objectContaining({ address: SILENT, status: "suspect", accusers: [{ address: ME, broken: false }] }),
    );
  });

  test.each([0, 1, 2])("is not suspected when one of them reached it, be it as number %d", (place) => {
    const outcomes = [false, false, false].map((_, at) => at === place);
    const inquiry = inquiring();
    expect(found(inquiry, outcomes)).toEqual([]);
    expect(held(inquiry.protocol, SILENT)).toBe("alive 1.0");
  });

  test("is not suspected when it has spoken up meanwhile", () => {
    const inquiry = inquiring();
    inquiry.protocol.answer(requestFrom(SILENT), inquiry.now + 5);
    expect(found(inquiry, [false, false, false])).toEqual([]);
    expect(held(inquiry.protocol, SILENT)).toBe("alive 1.0");
  });

  test("is not suspected anew when the second try is over before the others have said", () => {
    const inquiry = inquiring();
    const { protocol, effects, now } = inquiry;
    const { id, timeoutMs } = exchangeWith(SILENT, effects);
    expect(protocol.handle({ type: "unreachable", id, reason: "silent" }, now + timeoutMs)).toEqual([]);
  });

  test("is suspected at once where nobody may be asked", () => {
    expect(inquiring({ indirectProbes: 0 })).toMatchObject({ probes: [], effects: expect.anything() });
    expect(eventsIn(inquiring({ indirectProbes: 0 }).effects)).toEqual([`suspected ${SILENT}`]);
  });

  test("is suspected at once when others suspect it already, which our evidence confirms", () => {
    const protocol = restedKnowing(OTHERS, { timing: { newsFanout: 0 } });
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

  test("is asked about twice while we are called silent ourselves, since the fault may be ours", () => {
    const protocol = restedKnowing(OTHERS, { timing: { newsFanout: 0 } });
    const { now, exchange } = askingOf(protocol, SILENT);
    const late = now + exchange.timeoutMs;
    const first = protocol.handle({ type: "unreachable", id: exchange.id, reason: "silent" }, late);
    // We are accused ourselves, and have to deny it.
    protocol.answer(requestFrom("m000:1", [{ ...protocol.self, status: "suspect" }]), late);
    const again = found({ protocol, now: late, effects: first, probes: probesIn(first) }, [false, false, false]);
    expect(eventsIn(again)).toEqual([]);
    expect(probesIn(again).map(({ request }) => request.target)).toEqual([SILENT, SILENT, SILENT]);
    const last = found({ protocol, now: late + 10, effects: again, probes: probesIn(again) }, [false, false, false]);
    expect(eventsIn(last)).toEqual([`suspected ${SILENT}`]);
  });
});

/** Who accuses a member, as far as this one knows and tells. */
function accusersOf(protocol: Protocol, address: string, now: number): string[] {
  const answer = protocol.answer({ ...requestFrom(address), recipient: "" }, now);
  const records = "reply" in answer ? answer.reply.records : [];
  const accused = records.find((record) => record.address === address);
  return (accused?.accusers ?? []).map((accuser) => accuser.address).sort();
}

describe("whoever is asked to try another", () => {
  const TOKEN = 7;
  const asked = (protocol: Protocol, target: string, token = TOKEN, now = REST): readonly Effect[] => {
    const effects = protocol.probe({ cluster: "test", recipient: ME, sender: "m000:1", target }, token, now);
    if ("refusal" in effects) throw new Error(effects.refusal);
    return effects;
  };
  const quiet = (): Protocol => restedKnowing(OTHERS, { timing: { newsFanout: 0 } });

  test("tries it and says that it answered", () => {
    const protocol = quiet();
    const effects = asked(protocol, SILENT);
    expect(reportsIn(effects)).toEqual([]);
    const { id } = exchangeWith(SILENT, effects);
    expect(reportsIn(protocol.handle({ type: "replied", id, reply: replyFrom(SILENT) }, REST + 5))).toEqual([
      [TOKEN, true],
    ]);
  });

  test("tries it and says that it did not answer, and itself suspects nobody for that", () => {
    const protocol = quiet();
    const { id } = exchangeWith(SILENT, asked(protocol, SILENT));
    const effects = protocol.handle({ type: "unreachable", id, reason: "silent" }, REST + 200);
    expect(effects).toEqual([{ type: "report", token: TOKEN, reached: false }]);
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

  test("tries also whom it does not know", () => {
    const protocol = quiet();
    const { id } = exchangeWith("stranger:1", asked(protocol, "stranger:1"));
    const effects = protocol.handle({ type: "unreachable", id, reason: "silent" }, REST + 200);
    expect(effects).toEqual([{ type: "report", token: TOKEN, reached: false }]);
  });

  test("is reached itself", () => {
    expect(asked(quiet(), ME)).toEqual([{ type: "report", token: TOKEN, reached: true }]);
  });

  test("and is about to leave reaches nobody, not even itself", () => {
    const protocol = quiet();
    const { id } = exchangeWith(SILENT, asked(protocol, SILENT));
    protocol.handle({ type: "leave" }, REST + 1);
    for (const target of ["m004:1", ME]) {
      expect(asked(protocol, target, 8, REST + 2)).toEqual([{ type: "report", token: 8, reached: false }]);
    }
    // What was under way is answered still.
    expect(protocol.handle({ type: "unreachable", id, reason: "silent" }, REST + 200)).toEqual([
      { type: "report", token: TOKEN, reached: false },
    ]);
  });

  test.each([
    ["another cluster", { cluster: "other" }, /"test".*"other"/],
    ["somebody else", { recipient: "was-here:1" }, /me:1.*was-here:1/],
  ])("but is meant for %s refuses and tries nobody", (_, change, refusal) => {
    const request = { cluster: "test", recipient: ME, sender: "m000:1", target: SILENT, ...change };
    expect(quiet().probe(request, TOKEN, REST)).toEqual({ refusal: expect.stringMatching(refusal) });
  });

  test("tries at most 64 at a time and says of more that it did not reach them", () => {
    const protocol = quiet();
    const open = Array.from({ length: 64 }, (_, token) => exchangeWith(SILENT, asked(protocol, SILENT, token)));
    expect(asked(protocol, "m004:1", 64)).toEqual([{ type: "report", token: 64, reached: false }]);
    protocol.handle({ type: "replied", id: open[0]?.id ?? 0, reply: replyFrom(SILENT) }, REST + 1);
    exchangeWith("m004:1", asked(protocol, "m004:1", 65, REST + 2));
    expect(asked(protocol, "m004:1", 66, REST + 2)).toEqual([{ type: "report", token: 66, reached: false }]);
  });
});

describe("once a period each looks after the next in the order of addresses", () => {
  /** Whom it asks whether it is there itself, in that many rounds. */
  function watched(protocol: Protocol, rounds: number): string[] {
    return Array.from({ length: rounds }, () => {
      const now = protocol.nextWakeAt;
      const effects = wake(protocol);
      answerAll(protocol, effects, now);
      const probes = probesIn(effects);
      for (const { to, request } of probes) expect(request.target).toBe(to);
      return probes.map(({ to }) => to);
    }).flat();
  }

  test("with the last after the first, and nobody else", () => {
    const among = (address: string): Set<string> =>
      new Set(watched(protocolKnowing(["a:1", "c:1", "e:1"], { address }), 20));
    expect(among("b:1")).toEqual(new Set(["c:1"]));
    expect(among("f:1")).toEqual(new Set(["a:1"]));
  });

  test("unless it is asking it anyway", () => {
    expect(watched(protocolKnowing(["b:1"]), 20)).toEqual([]);
    const rounds = watched(protocolKnowing(["a:1", "b:1", "c:1"]), 30);
    expect(rounds.length).toBeLessThanOrEqual(21);
    expect(rounds.length).toBeGreaterThanOrEqual(18);
  });

  test("and nobody where there is nobody else, or where nobody may be asked about others", () => {
    expect(watched(protocolKnowing([]), 5)).toEqual([]);
    expect(watched(protocolKnowing(["a:1", "c:1"], { timing: { indirectProbes: 0 } }), 20)).toEqual([]);
  });

  /** It asks m000:1, the first, whether it is there. */
  function watching(timing = {}): { protocol: Protocol; probe: Probe; now: number } {
    const protocol = restedKnowing(OTHERS, { timing: { newsFanout: 0, ...timing } });
    for (;;) {
      const now = protocol.nextWakeAt;
      const effects = wake(protocol);
      const [probe] = probesIn(effects);
      answerAll(protocol, exchangesIn(effects), now);
      if (probe !== undefined) return { protocol, probe, now };
    }
  }

  test("and has others try it when it does not answer", () => {
    const { protocol, probe, now } = watching();
    const late = now + probe.timeoutMs;
    const effects = protocol.handle({ type: "unreachable", id: probe.id, reason: "silent" }, late);
    expect(probesIn(effects).map(({ request }) => request.target)).toEqual(["m000:1", "m000:1", "m000:1"]);
    expect(eventsIn(effects)).toEqual([]);
  });

  test("and takes its answer for a sign of life", () => {
    const { protocol, probe, now } = watching();
    const asking = exchangeWith("m000:1", probeDoor(protocol, "m000:1", now));
    protocol.handle({ type: "probed", id: probe.id, reached: true }, now + 2);
    const effects = protocol.handle({ type: "unreachable", id: asking.id, reason: "silent" }, now + asking.timeoutMs);
    expect(effects).toEqual([{ type: "report", token: 1, reached: false }]);
    const accused = { ...sent({ address: "m000:1", status: "suspect" }), accusers: [{ address: LONE, broken: false }] };
    protocol.answer(requestFrom(LONE, [accused]), now + 300);
    expect(accusersOf(protocol, "m000:1", now + 300)).toEqual([LONE]);
  });

  test("and holds nothing against it that it slept through itself", () => {
    const { protocol, probe } = watching();
    const woke = protocol.nextWakeAt + 60_000;
    protocol.handle({ type: "wake" }, woke);
    const effects = protocol.handle({ type: "unreachable", id: probe.id, reason: "deadline" }, woke + 1);
    expect(effects).toEqual([]);
  });

  test.each([
    [true, 0],
    [false, 3],
  ])("and holds nothing against it of which it slept through a part (%s)", (isAsleep, probes) => {
    const { protocol, probe, now } = watching({ newsFanout: 4 });
    protocol.handle({ type: "update-meta", meta: { name: "to be woken for" } }, now + 1);
    protocol.handle({ type: "wake" }, isAsleep ? now + 150 : protocol.nextWakeAt);
    const end = now + probe.timeoutMs;
    const effects = protocol.handle({ type: "unreachable", id: probe.id, reason: "deadline" }, end);
    expect(probesIn(effects)).toHaveLength(probes);
  });
});

function probeDoor(protocol: Protocol, target: string, now: number): readonly Effect[] {
  const effects = protocol.probe({ cluster: "test", recipient: ME, sender: LONE, target }, 1, now);
  return "refusal" in effects ? [] : effects;
}
