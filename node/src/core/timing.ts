/** Milliseconds, of a monotonic clock where it is a moment. */
export type Millis = number;

/**
 * The times and numbers that set the protocol's pace. Every value can be set; each says its bounds, how to choose it, and
 * where its default is from.
 */
export interface ProtocolTiming {
  /**
   * The period of the regular exchange. Shorter learns faster and costs more. 10 to 3 600 000; default 1000 (memberlist
   * LAN: one probe a second).
   */
  readonly pingPeriodMs: Millis;
  /**
   * A call is given up after this time. A member that has not answered by then, or in the shorter time that answers
   * take lately, counts as silent. A few of the slowest round trips. 10 to 60 000; default: five ping periods, but 2500 to
   * 5000 (measured: so long an answer takes while 50 peers start on 2 cores).
   */
  readonly exchangeTimeoutMs: Millis;
  /**
   * The shortest time for which an answer is waited for, however fast round trips are: longer than a busy process or a lost
   * TCP segment holds one up. 1 to 60 000, and at most `exchangeTimeoutMs`; default 200 (TCP's shortest retransmission), or
   * less with `exchangeTimeoutMs`.
   */
  readonly minTimeoutMs: Millis;
  /**
   * A suspect has multiplier * max(1, log10 N) ping periods to answer before it is removed, and 7/16 of the multiplier
   * once three more confirm. Longer suspicion is slower to remove and less often wrong; 0 removes at the first suspicion.
   * 0 to 100; default 4 (memberlist LAN).
   */
  readonly suspicionMultiplier: number;
  /**
   * How many timeouts of an answer a suspect has at least once three more confirm, where that is shorter than the
   * multiplier gives it. Where members were slow to deny lately it is longer. 3 notices silence a second sooner, and costs a
   * member its place that is frozen for 0.9 s. 0 leaves it to the multiplier. 0 to 100; default 0
   * (patience is the safer choice).
   */
  readonly suspicionTimeouts: number;
  /**
   * How many helpers are asked to try a member that did not answer. More forgive more bad links; 0 asks nobody, and heeds no
   * closed connection either. 0 to 10; default 3 (SWIM; memberlist LAN).
   */
  readonly indirectProbes: number;
  /**
   * How many members a peer with news calls; each tells a part of the others, so 2 at least. More is fewer hops and more
   * work at once; 0 leaves changes to the periodic exchange. 0, or 2 to 16; default 4 (measured).
   */
  readonly newsFanout: number;
  /**
   * How long news is gathered before it is told. Longer is later and fewer calls. 0 to 1000; default 5 (measured: small
   * beside a round trip under load).
   */
  readonly gatherMs: Millis;
  /**
   * How long a failed or left member is remembered, so that old rumours cannot bring it back: longer than any partition that
   * they should stay harmless for. 1000 to a week, and at least ten ping periods; default 3 600 000 (a guess: longer than
   * partitions that one would ride out).
   */
  readonly tombstoneTtlMs: Millis;
}

/** The plain rule: one failed call removes, and no helper is asked. */
export const PLAIN_RULE: Pick<ProtocolTiming, "suspicionMultiplier" | "indirectProbes"> = {
  suspicionMultiplier: 0,
  indirectProbes: 0,
};

/** Limits of what the protocol holds and sends. */
export interface ProtocolLimits {
  /**
   * Live members. Beyond that newcomers are refused, with a warning. Default 10 000 (guess: ten times what was tried).
   */
  readonly maxMembers: number;
  /** Failed and left members remembered; the oldest is forgotten first. Default 2000 (guess). */
  readonly maxTombstones: number;
  /** Records in one message. Default 1000: at most 1.4 MB, well below gRPC's 4 MB. */
  readonly maxRecordsPerMessage: number;
  /** Addresses to try. Default 64 (guess). */
  readonly maxSeeds: number;
}

export const DEFAULT_LIMITS: ProtocolLimits = {
  maxMembers: 10_000,
  maxTombstones: 2000,
  maxRecordsPerMessage: 1000,
  maxSeeds: 64,
};

/** A name for the patience of a cluster. */
export type Preset = "lan" | "quick" | "wan" | "local";

/** What each preset sets otherwise than the defaults. All were measured in the simulator (PROTOCOL.md). */
export const PRESETS: Readonly<Record<Preset, Partial<ProtocolTiming>>> = {
  /** For a local network: a member that is frozen for 2 s keeps its place. */
  lan: {},
  /** Silence is noticed a second sooner, and a freeze of 0.9 s costs a member its place. */
  quick: { suspicionTimeouts: 3 },
  /** For links with a tenth of a second of latency, and more jitter than a local network has. */
  wan: { pingPeriodMs: 2000, minTimeoutMs: 1000, suspicionMultiplier: 5, gatherMs: 20 },
  /** For tests on one machine: ten times as fast, for ten times the cost. */
  local: { pingPeriodMs: 100, minTimeoutMs: 100, tombstoneTtlMs: 60_000 },
};

/** Whether that is the name of a preset. */
export function isPreset(name: unknown): name is Preset {
  return typeof name === "string" && Object.hasOwn(PRESETS, name);
}

/**
 * The timing with every value that was not given as the preset has it, or else at its default. Whether the values are
 * within bounds is checked where a peer is made of them.
 */
export function resolveTiming(
  options: { readonly [K in keyof ProtocolTiming]?: ProtocolTiming[K] | undefined } & {
    readonly preset?: Preset | undefined;
  } = {},
): ProtocolTiming {
  const isGiven = ([, value]: [string, unknown]): boolean => value !== undefined;
  const given: Partial<ProtocolTiming> = {
    ...PRESETS[options.preset ?? "lan"],
    ...Object.fromEntries(Object.entries(options).filter(isGiven)),
  };
  const pingPeriodMs = given.pingPeriodMs ?? 1000;
  return {
    pingPeriodMs,
    exchangeTimeoutMs: given.exchangeTimeoutMs ?? Math.min(5000, Math.max(2500, 5 * pingPeriodMs)),
    minTimeoutMs: given.minTimeoutMs ?? Math.min(200, given.exchangeTimeoutMs ?? 200),
    suspicionMultiplier: given.suspicionMultiplier ?? 4,
    suspicionTimeouts: given.suspicionTimeouts ?? 0,
    indirectProbes: given.indirectProbes ?? 3,
    newsFanout: given.newsFanout ?? 4,
    gatherMs: given.gatherMs ?? 5,
    tombstoneTtlMs: given.tombstoneTtlMs ?? 3_600_000,
  };
}

/** The preset that has exactly these times; undefined where none has. */
export function presetOf(timing: ProtocolTiming): Preset | undefined {
  const names = Object.keys(timing) as (keyof ProtocolTiming)[];
  return (Object.keys(PRESETS) as Preset[]).find((preset) => {
    const times = resolveTiming({ preset });
    return names.every((name) => times[name] === timing[name]);
  });
}

/** Says all that is wrong with a timing, in words; a broken relation names both values. Empty when it is sound. */
export function timingProblems(timing: ProtocolTiming): string[] {
  const problems: string[] = [];
  const within = (name: keyof ProtocolTiming, low: number, high: number, kind = "number"): void => {
    const value: unknown = timing[name];
    const isSound = typeof value === "number" && value >= low && value <= high;
    if (isSound && (kind === "number" || Number.isInteger(value))) return;
    problems.push(`${name} is ${String(value)}; it must be a ${kind} from ${low} to ${high}`);
  };
  within("pingPeriodMs", 10, 3_600_000);
  within("exchangeTimeoutMs", 10, 60_000);
  within("minTimeoutMs", 1, 60_000);
  within("suspicionMultiplier", 0, 100);
  within("suspicionTimeouts", 0, 100);
  within("indirectProbes", 0, 10, "whole number");
  within("newsFanout", 0, 16, "whole number");
  // A part that is the whole would be divided for ever.
  if (timing.newsFanout === 1)
    problems.push("newsFanout is 1; it must be 0, for no news, or a whole number from 2 to 16");
  within("gatherMs", 0, 1000);
  within("tombstoneTtlMs", 1000, 7 * 24 * 3_600_000);
  if (problems.length === 0 && timing.minTimeoutMs > timing.exchangeTimeoutMs) {
    problems.push(
      `minTimeoutMs (${timing.minTimeoutMs}) must be at most exchangeTimeoutMs (${timing.exchangeTimeoutMs})`,
    );
  }
  if (problems.length === 0 && timing.tombstoneTtlMs < 10 * timing.pingPeriodMs) {
    problems.push(
      `tombstoneTtlMs (${timing.tombstoneTtlMs}) must be at least ten times pingPeriodMs (${timing.pingPeriodMs}): ` +
        "a dead member must be remembered for longer than news of it takes to reach everybody",
    );
  }
  return problems;
}

/**
 * A fully confirmed suspicion lasts the multiplier times this, in periods, however many members there are. By default
 * that is 1.75 periods, just enough for a member that is frozen for 2 s: 0.4 s pass before it is accused.
 */
const CONFIRMED_SHARE = 7 / 16;

/**
 * How long a suspect among `peers` members has to refute, in ms, when so many of the confirmations `wanted` have come
 * (Lifeguard, section IV.B). With all of them it has no more than `confirmedMs`.
 */
export function suspicionTimeoutMs(
  timing: ProtocolTiming,
  peers: number,
  { confirmations = 0, wanted = 0, confirmedMs = Infinity } = {},
): Millis {
  const unitMs = timing.suspicionMultiplier * timing.pingPeriodMs;
  const longestMs = unitMs * Math.max(1, Math.log10(peers));
  const shortestMs = Math.min(confirmedMs, unitMs * CONFIRMED_SHARE);
  const confirmed = wanted === 0 ? 0 : Math.min(1, Math.log(confirmations + 1) / Math.log(wanted + 1));
  return longestMs - (longestMs - shortestMs) * confirmed;
}

/**
 * The longest wait, in periods, until a peer raises its generation again above that of another process with its address.
 * Guess: seldom enough that the others see no storm, and often enough that a peer of which others tell lies is back soon
 * after these end.
 */
export const RECLAIM_PERIODS = 64;

/**
 * Periods within which one periodic exchange each, longest-silent partner first, has told all `peers`. On average 0.9
 * ln N (measured, PROTOCOL.md); twice that and three more leaves room for chance and for exchanges that fail.
 */
function spreadPeriods(peers: number): number {
  return 3 + Math.ceil(2 * Math.log(Math.max(2, peers)));
}

/** Times, in ms, within which a cluster has settled. Tests and scenarios wait on these and on nothing else. */
export interface Budgets {
  /** A newcomer is known to all, and knows all. */
  joinMs: Millis;
  /** A change of metadata is known to all. */
  updateMs: Millis;
  /** A crashed peer is off everybody's list. */
  crashMs: Millis;
  /** A peer that is there and answers nothing is off everybody's list. */
  silenceMs: Millis;
  /** A goodbye is known to all. */
  leaveMs: Millis;
  /** After a partition has ended, or a frozen peer runs again, everybody lists everybody. */
  healMs: Millis;
  /** Whatever went wrong before: once nothing goes wrong any more, everybody lists exactly those who run. */
  settleMs: Millis;
  /** Once another process that claimed a peer's address has ended, everybody holds what the peer itself says. */
  reclaimMs: Millis;
}

/** The budgets of a cluster of so many peers with this timing, each in ms. */
export function budgets(timing: ProtocolTiming, peers: number): Budgets {
  const spreadMs = spreadPeriods(peers) * timing.pingPeriodMs;
  // Each survivor chooses the dead one about once in N-1 periods, so all of them together about once a period: five
  // periods pass without any choosing it with a chance of e^-5. Its suspicion restarts nowhere, it runs out where it
  // began.
  const detectionMs = 5 * timing.pingPeriodMs + 2 * timing.exchangeTimeoutMs + suspicionTimeoutMs(timing, peers);
  const healMs = 8 * timing.pingPeriodMs + 2 * timing.exchangeTimeoutMs + spreadMs;
  const updateMs = spreadMs + timing.exchangeTimeoutMs;
  return {
    joinMs: spreadMs + timing.pingPeriodMs + timing.exchangeTimeoutMs,
    updateMs,
    crashMs: detectionMs + spreadMs,
    silenceMs: detectionMs + spreadMs,
    leaveMs: spreadMs + timing.exchangeTimeoutMs,
    // Failed members are retried about once a period by the whole cluster; eight periods miss with a chance of e^-8.
    healMs,
    settleMs: detectionMs + spreadMs + healMs,
    reclaimMs: RECLAIM_PERIODS * timing.pingPeriodMs + updateMs,
  };
}
