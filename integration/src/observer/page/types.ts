/**
 * The types that the page, the service and the tests share; nothing of this reaches the browser. What is a type of
 * gossip-peer as well is declared again, since the page is a project of its own; the service, which imports both, does
 * not compile when they differ.
 */

export type Status = "alive" | "suspect" | "failed" | "left";
export type ChangeKind = "joined" | "updated" | "suspected" | "recovered" | "failed" | "left";

/** What one peer believes of another. */
export interface Member {
  readonly address: string;
  readonly status: Status;
  readonly generation: number;
  readonly incarnation: number;
  readonly meta: { readonly name?: string; readonly tags?: Readonly<Record<string, string>> };
}

/**
 * How the observer stands to a peer. `followed`: the peer tells every change. `silent`: the peer takes connections and
 * does not answer. `unreachable`: the peer takes no connection. `malformed`: the peer says what the protocol does not
 * allow.
 */
export type Link = "followed" | "silent" | "unreachable" | "malformed";

/** Something that the observer saw. `at` is in ms since 1970, by the observer's clock, and never goes back. */
export type Sighting =
  | {
      readonly at: number;
      readonly type: "link";
      readonly peer: string;
      readonly link: Link;
      /** When the link began to be so, in ms since 1970, if that was before it was seen. */
      readonly since?: number;
      readonly why?: string;
      /** The name of the peer's machine for people, such as the name of its container. */
      readonly label?: string;
    }
  | { readonly at: number; readonly type: "view"; readonly peer: string; readonly members: readonly Member[] }
  | {
      readonly at: number;
      readonly type: "change";
      readonly peer: string;
      readonly kind: ChangeKind;
      readonly member: Member;
    }
  | {
      readonly at: number;
      readonly type: "traffic";
      readonly peer: string;
      /** The figures since the last poll; null when the peer does not publish them. */
      readonly traffic: Figures | null;
    }
  | {
      readonly at: number;
      readonly type: "state";
      readonly peer: string;
      /** How it stands with the peer by its own word: "joined", or what keeps it from that. */
      readonly state: string;
      readonly reason: string;
      /** The preset whose times the peer has by its own word, if it says one. */
      readonly preset?: string;
    }
  | { readonly at: number; readonly type: "forgotten"; readonly peer: string }
  | {
      readonly at: number;
      readonly type: "conditions";
      /** The conditions of all peers that the page can break. */
      readonly peers: readonly Condition[];
    }
  | PastCommand;

/**
 * A command that somebody gave on the page, such as to kill two peers: when it was carried out, or why it could not be.
 */
export interface PastCommand {
  /** When the command had ended. */
  readonly at: number;
  readonly type: "command";
  /** The command in words, such as "kill peers 2, 3". */
  readonly what: string;
  /** When the command was begun. */
  readonly since: number;
  readonly problem?: string;
}

/** The condition of a peer that the page can break. */
export interface Condition {
  /** The number of the peer. */
  readonly peer: number;
  /** The address of the peer; undefined while it has none, or none is known. */
  readonly address?: string | undefined;
  readonly state: "running" | "paused" | "down";
  /** The letter of the peer's side, when there are several sides. */
  readonly side?: string | undefined;
  /** The peers of which nothing reaches this one, in words. */
  readonly deafTo?: string | undefined;
  /** The other faults that stand, in words. */
  readonly faults: readonly string[];
}

/** The peers that the page can break, and how the page can do so. */
export interface Controls {
  /** The token by which a request of this page is recognised. */
  readonly token: string;
  readonly buttons: readonly ControlButton[];
  /** For each request that is impossible, the reason. */
  readonly limits: Readonly<Record<string, string>>;
  /** The command under way, in words. */
  readonly busy?: string;
}

/** Something that can be done to the selected peers, or to the ways between them and the rest. */
export interface ControlButton {
  /** The name of the request. */
  readonly do: string;
  readonly label: string;
  /** A description of what the button does. */
  readonly title: string;
  readonly of: "peers" | "sides";
  /** The states of peers in which the request is possible. */
  readonly states: readonly string[];
}

/** The traffic of a peer with the others between two polls. */
export interface Figures {
  /** The time between the polls, in ms. */
  readonly forMs: number;
  /** How many exchanges the peer asked for. */
  readonly exchanges: number;
  /** How many of the peer's calls brought no answer. */
  readonly unanswered: number;
  /** How many bytes of protobuf the peer sent. */
  readonly sent: number;
  readonly received: number;
  /**
   * The times, in ms, within which half, and 99 %, of the answers came; null when there was none, TOO_LONG above the
   * longest bound that is counted by.
   */
  readonly p50: number | null;
  readonly p99: number | null;
  /** How many bytes the peer has sent and received since it started. */
  readonly total: number;
}

/** A recording as it is saved, sent and replayed. */
export interface Saved {
  readonly format: "gossip-recording";
  readonly version: 3;
  /** The sightings in the order of their times. The first of them are the state at the beginning. */
  readonly sightings: readonly Sighting[];
  /** The time up to which the recording reaches, whether or not anything happened last. */
  readonly until: number;
}

/** A peer that is, or was, followed. */
export interface ObservedPeer {
  readonly address: string;
  label: string | undefined;
  link: Link;
  why: string | undefined;
  /** When the link began to be so, in ms since 1970. */
  since: number;
  /** The latest figures; null when the peer does not publish them, undefined as long as nothing is known. */
  traffic: Figures | null | undefined;
  /** How it stands with the peer by its own word, where it has not joined others; undefined where it has, or does not say. */
  trouble: { readonly state: string; readonly reason: string } | undefined;
  /** The preset whose times the peer has by its own word; undefined where it says none. */
  preset: string | undefined;
  /** The beliefs of the peer when it was last heard of, by address; undefined as long as it has said nothing. */
  members: Map<string, Member> | undefined;
  /** How the peer came to each of these beliefs, by address. */
  learnt: Map<string, Learnt>;
}

/** How a peer came to a belief. */
export interface Learnt {
  /** When the peer told the change; without `kind` when the belief was first seen, which may be older. */
  readonly at: number;
  readonly kind?: ChangeKind;
}

/** A change somewhere in the cluster, and how news of it got round. */
export interface NewsItem {
  readonly key: string;
  readonly kind: ChangeKind;
  readonly subject: string;
  readonly member: Member;
  /** When the first peer told the change. */
  readonly at: number;
  /** The peers that told the change, except its subject, and how many ms after the first each did. */
  readonly known: { readonly peer: string; readonly afterMs: number }[];
  /** The followed peers that have not told the change. */
  readonly waiting: Set<string>;
}

/** Peers that list the same members. */
export interface Group {
  readonly key: string;
  readonly peers: readonly string[];
}
