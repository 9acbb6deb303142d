import type { RecordCounts } from "gossip-peer";

/** What the bench does to a cluster, in this order; `--rows` names them. */
export const ROWS = [
  "start",
  "rest",
  "metadata",
  "leave",
  "kill",
  "join",
  "pause",
  "partition",
  "throttled",
  "frozen",
  "loss",
  "churn",
] as const;
export type RowName = (typeof ROWS)[number];

/** What a line of a peer's log can say of another: it is on the list now, it is off it, it has other metadata. */
export type ChangeKind = "listed" | "gone" | "changed";

/** A change of a peer's list, as a line of its log has it. */
export interface Logged {
  readonly kind: ChangeKind;
  /** The IP of the member that changed. */
  readonly subject: string;
}

/** Where a peer is to run. */
export interface Seat {
  readonly number: number;
  readonly ip: string;
  /** The IP of the peer through which this one joins; undefined for that one itself. */
  readonly seed: string | undefined;
}

/** What the container of a peer is made of, besides what is the same for all contenders. */
export interface Build {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The folders of this machine that the container sees, as "/here:/there:ro". */
  readonly mounts?: readonly string[];
}

/**
 * A membership system that is measured: ours, or another. Every peer of it runs in a container, joins through one seed,
 * writes a line to its log whenever its list changes, and says goodbye at SIGTERM.
 */
export interface Contender {
  /** The name as `--against` has it. */
  readonly name: string;
  /** The name and version for readers. */
  readonly title: string;
  /** The rows that it cannot do, each with the reason. */
  readonly cannot: Readonly<Partial<Record<RowName, string>>>;
  /** Why it is measured in plain text also where ours is measured over TLS; undefined for ours. */
  readonly withoutTls?: string;
  /** The port in the container at which a peer takes commands, if any; this machine reaches it at one of its own. */
  readonly controlPort?: number;
  build(seat: Seat): Promise<Build>;
  /** What a line of a peer's log says of another member; undefined where the line is about something else. */
  read(line: string): Logged | undefined;
  /** Gives the peer that takes commands at this port of this machine another name in its metadata. */
  rename?(port: number, name: string): Promise<void>;
  /** What the peer at this IP has received of the records of others; missing where its peers do not count that. */
  received?(ip: string, signal: AbortSignal): Promise<RecordCounts>;
  /** Removes the files that were made for its peers. */
  close?(): void;
}

/**
 * A `read` for logs whose lines have, in the two groups of `pattern`, a word for what happened and the IP of the member
 * that it happened to. `kinds` says what each word means; a line with any other word is about something else.
 */
export function lineReader(pattern: RegExp, kinds: Readonly<Record<string, ChangeKind>>): Contender["read"] {
  return (line) => {
    const [, word = "", subject] = pattern.exec(line) ?? [];
    const kind = kinds[word];
    return kind === undefined || subject === undefined ? undefined : { kind, subject };
  };
}
