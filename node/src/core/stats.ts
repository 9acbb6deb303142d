import type { MemberEventKind } from "./messages.js";
import type { Status } from "./record.js";
import type { Millis } from "./timing.js";

/** What has happened since a protocol began. Each number only rises. */
export interface Counts {
  /** Changes of the view, by the kind of their event. */
  readonly transitions: Readonly<Record<MemberEventKind, number>>;
  /** Suspicions by what became of them. */
  readonly suspicions: SuspicionCounts;
  /** Records that others sent. */
  readonly records: RecordCounts;
}

/** Suspicions in which this peer had a part, as an accuser or as the accused. */
export interface SuspicionCounts {
  /** Members that this peer accused since they did not answer it, be it as the first or as a further accuser. */
  readonly made: number;
  /** Of these, the ones that denied in the same life: they were there. */
  readonly wrong: number;
  /** Versions of the own record that others called suspect or failed. */
  readonly suffered: number;
  /** Accusations that this peer answered with a higher incarnation. */
  readonly refuted: number;
}

/** The records that came from others, without the own records of their senders, which are in every message. */
export interface RecordCounts {
  /** Records that changed the view; here the senders' own are among them. */
  readonly news: number;
  /** Records that said nothing new. */
  readonly duplicates: number;
}

/** A protocol as it stands, and its counts. */
export interface ProtocolStats extends Counts {
  /** How many records the view holds of each status; the own one is among the alive. */
  readonly members: Readonly<Record<Status, number>>;
  /** Equal for peers that hold the same records; a whole number below 2^48. */
  readonly viewHash: number;
  /** The own life: the wall clock in ms at its start, or higher where an earlier life was. */
  readonly generation: number;
  /** The version of the own record within its life. */
  readonly incarnation: number;
  /** Lifeguard's local health score: 0 in full health, 8 at worst. */
  readonly localHealth: number;
  /** The smoothed round trip of RFC 6298; undefined before the first answer. */
  readonly roundTripMs: Millis | undefined;
  /** Members of whom there is news that is not told yet. */
  readonly newsWaiting: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends number ? number : Writable<T[K]> };

/** Counts that their holder raises. */
export type RunningCounts = Writable<Counts>;

export function noCounts(): RunningCounts {
  return {
    transitions: { joined: 0, updated: 0, suspected: 0, recovered: 0, failed: 0, left: 0 },
    suspicions: { made: 0, wrong: 0, suffered: 0, refuted: 0 },
    records: { news: 0, duplicates: 0 },
  };
}

/** The stats of a peer whose protocol has not begun. */
export function noStats(): ProtocolStats & { readonly members: Writable<ProtocolStats["members"]> } {
  return {
    ...noCounts(),
    members: { alive: 0, suspect: 0, failed: 0, left: 0 },
    viewHash: 0,
    generation: 0,
    incarnation: 0,
    localHealth: 0,
    roundTripMs: undefined,
    newsWaiting: 0,
  };
}
