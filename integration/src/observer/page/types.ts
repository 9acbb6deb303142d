/** What the page, the service and the tests mean by the same words. Types only: nothing of it reaches the browser. */

export type Status = "alive" | "suspect" | "failed" | "left";
export type Kind = "joined" | "updated" | "suspected" | "recovered" | "failed" | "left";

/** What one peer believes of another. */
export interface Member {
  readonly address: string;
  readonly status: Status;
  readonly generation: number;
  readonly incarnation: number;
  readonly meta: { readonly name?: string; readonly tags?: Readonly<Record<string, string>> };
}

/**
 * How the observer stands to a peer. `followed`: it tells every change. `silent`: it takes connections and does not
 * answer. `unreachable`: it takes none. `malformed`: what it says is not what the protocol allows.
 */
export type Link = "followed" | "silent" | "unreachable" | "malformed";

/** One thing the observer saw. `at` is in ms since 1970, by the observer's clock, and never goes back. */
export type Sighting =
  | {
      readonly at: number;
      readonly type: "link";
      readonly peer: string;
      readonly link: Link;
      /** Since when, if that was before it was seen. */
      readonly since?: number;
      readonly why?: string;
      /** What people call its machine, such as the name of its container. */
      readonly label?: string;
    }
  | { readonly at: number; readonly type: "view"; readonly peer: string; readonly members: readonly Member[] }
  | {
      readonly at: number;
      readonly type: "change";
      readonly peer: string;
      readonly kind: Kind;
      readonly member: Member;
    }
  | {
      readonly at: number;
      readonly type: "traffic";
      readonly peer: string;
      /** Null when the peer does not publish it. */
      readonly traffic: Figures | null;
    }
  | { readonly at: number; readonly type: "forgotten"; readonly peer: string }
  | PastDeed;

/** Something that was done to the peers from the page, and what was wrong when it could not be done. */
export interface PastDeed {
  /** When it was over. */
  readonly at: number;
  readonly type: "deed";
  /** As "kill peers 2, 3". */
  readonly what: string;
  /** When it was begun. */
  readonly since: number;
  readonly problem?: string;
}

/** How a peer is that the page can break. */
export interface Condition {
  /** Its number. */
  readonly peer: number;
  /** Undefined as long as it has none, or none is known. */
  readonly address?: string | undefined;
  readonly state: "running" | "paused" | "down";
  /** The letter of its side when there are several. */
  readonly side?: string | undefined;
  /** Of whom nothing reaches it, in words. */
  readonly deafTo?: string | undefined;
  /** What else is wrong with it on purpose, in words. */
  readonly faults: readonly string[];
}

/** What the page is told of the peers that it can break. */
export interface Controls {
  /** What shows that a request is this page's. */
  readonly token: string;
  readonly buttons: readonly ControlButton[];
  /** By what can be asked for: why it is impossible. */
  readonly limits: Readonly<Record<string, string>>;
  /** What is being done. */
  readonly busy?: string;
  readonly peers: readonly Condition[];
}

/** Something that can be done to the selected peers, or to the ways between them and the rest. */
export interface ControlButton {
  /** What is asked for with it. */
  readonly do: string;
  readonly label: string;
  /** What it does, in words. */
  readonly title: string;
  readonly of: "peers" | "sides";
  /** The states of peers in which it is possible. */
  readonly states: readonly string[];
}

/** What the talk with others cost a peer lately. */
export interface Figures {
  /** How long "lately" is, in ms. */
  readonly forMs: number;
  /** Those that it asked for. */
  readonly exchanges: number;
  /** Its calls that brought no answer. */
  readonly unanswered: number;
  /** In bytes of protobuf. */
  readonly sent: number;
  readonly received: number;
  /** Within how many ms half, and 99 %, of its answers came; null when there was none, TOO_LONG beyond what is told. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Bytes sent and received since it started. */
  readonly total: number;
}

/** A recording as it is saved, sent and replayed. */
export interface Saved {
  readonly format: "gossip-recording";
  readonly version: 1;
  /** The first sightings tell how things stood at the beginning; all of them are in the order of their times. */
  readonly sightings: readonly Sighting[];
  /** The time up to which it reaches, whether or not anything happened last. */
  readonly until: number;
}

/** A peer that is, or was, followed. */
export interface ObservedPeer {
  readonly address: string;
  label: string | undefined;
  link: Link;
  why: string | undefined;
  /** Since when it is so. */
  since: number;
  /** What it said last of its traffic; null when it does not publish it, undefined as long as nothing is known. */
  traffic: Figures | null | undefined;
  /** What it believed when it was last heard; undefined as long as it has said nothing. */
  members: Map<string, Member> | undefined;
}

/** One change somewhere in the cluster, and how word of it got round. */
export interface NewsItem {
  readonly key: string;
  readonly kind: Kind;
  readonly subject: string;
  readonly member: Member;
  /** When the first peer told it. */
  readonly at: number;
  /** Who told it, the subject itself apart, and how many ms after the first. */
  readonly known: { readonly peer: string; readonly afterMs: number }[];
  /** Who is followed and has not told it. */
  readonly waiting: Set<string>;
}

/** Peers that list the same members. */
export interface Group {
  readonly key: string;
  readonly peers: readonly string[];
}
