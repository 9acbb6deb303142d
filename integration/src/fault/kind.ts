import type { PeerMeta } from "gossip-peer";
import type { FactKind } from "gossip-peer/simulator";
import type { PeerState } from "../view/views.js";

/** Where peers can be: in virtual time, as processes of this machine, in containers. */
export type Place = "simulator" | "processes" | "containers";

/** What peers come to know of each other, the end of a fault included. The budget for each has the same name. */
export type LearnedFact = FactKind | "heal";

/** The colours of bands in a report. */
export type BandColour = "red" | "grey" | "violet" | "orange" | "blue" | "brown" | "teal" | "rose";

/**
 * Everything that the testbed has to know of one kind of fault. `F` is a fault of the kind, `All` a fault of any kind.
 * The journal, the notes, the status, the commands, the page, the report and the random plans read it from here.
 */
export interface KindOf<F, All extends { readonly kind: string }> {
  /**
   * The target of such a fault: the life of a peer; a peer that lives on; one way between two peers; the network of a
   * peer, or of all peers where the fault names none; all networks together.
   */
  readonly of: "life" | "peer" | "way" | "network" | "all networks";
  /** How long the fault lasts: until another fault ends it, as long as `apply` takes, or for no time at all. */
  readonly lasts: "until ended" | "while done" | "moment";
  /** The end of a link in whose network the fault is, where it can be of a single link. Default: it cannot. */
  readonly link?: "sender" | "receiver";
  /** The states of a peer in which the fault can be applied. Default: any. */
  readonly needs?: readonly PeerState[];
  /** The state of the peer afterwards. Default: the same as before. */
  readonly leaves?: PeerState;
  /** The kinds of faults that this one ends, at the same peers. */
  readonly ends?: readonly All["kind"][] | "all of ways and networks";
  /** Whether these values mean "no fault": then the fault ends those of its own kind. Default: no values do. */
  readonly isNothing?: (fault: F) => boolean;
  /**
   * The fault that undoes this one; undefined where nothing can, or need be. `before` is the metadata that the peer had
   * before, where known.
   */
  readonly inverse: (fault: F, before: PeerMeta | undefined) => All | undefined;
  /** Whether the fault does no damage: an experiment leaves it in place, and only `heal --journal` takes it back. */
  readonly isHarmless?: true;
  /** Whether messages get lost by it. They are counted, and a scenario in which none was lost proves nothing. */
  readonly losesMessages?: true;
  /** Whether a peer that is there may be taken for dead while it lasts: too little of what peers send is heard in time. */
  readonly blurs?: true;
  /** How many faults of one step are applied at the same time. Default: as many as an engine keeps up with. */
  readonly atOnce?: number;
  /**
   * The news that the other peers are to learn, and the sign that one has: the peer is gone from its list, is on it, or
   * was updated.
   */
  readonly learned?: { readonly fact: LearnedFact; readonly by: "gone" | "listed" | "told" };
  /** The band in the lanes of the report while the fault lasts. Default: a mark at its moment. */
  readonly band?: { readonly text: string; readonly colour: BandColour };
  /** The text in the table of `status` and on the page. Default: the fault shows in another column, or is over. */
  readonly status?: (fault: F) => string;
  /**
   * The text for all ways of this kind that lead to one peer. Default: the column of the peers that it does not hear.
   */
  readonly statusOfWays?: (from: readonly number[]) => string;
  /** The values that are noted with the firewall's rules, in their order; what may be missing comes last. Default: none. */
  readonly noted?: readonly NumberIn<F>[];
  /** The command of `npm run testbed`, or why there is none. */
  readonly command: CommandLine<F> | string;
  /**
   * The button of the page, for the selected peers, or for the ways between them and the rest. `title` is the command's
   * help by default.
   */
  readonly button?: { readonly label: string; readonly title?: string };
  /** The places where the fault cannot be done, each with the reason. */
  readonly cannot?: Readonly<Partial<Record<Place, string>>>;
  /** The reason why there is no step for it. Default: there is one. */
  readonly noStep?: string;
  /** The entries of this kind from which random plans are drawn, or the reason why there are none. */
  readonly drawn: readonly Draw<All>[] | string;
}

/** The fields of a fault that are numbers. */
type NumberIn<F> = F extends unknown
  ? { [K in keyof F]-?: NonNullable<F[K]> extends number ? K : never }[keyof F]
  : never;

/** The wording and the values of a command. The options that choose peers or ways are the same for all commands. */
export interface CommandLine<F> {
  /** The description in the help, and by default the title of the button. */
  readonly help: string;
  readonly argument?: Value;
  readonly options?: readonly OptionValue[];
  /** Reads the fault's own values. Throws an Error that says what is wrong with them. */
  readonly read?: (values: Values) => Partial<F>;
  /** The sentence for the terminal and the page: "kill peers 2-3". `whom` names the peers, or the ways. */
  readonly what: (fault: F, whom: string) => string;
  /**
   * The verb when all ways between sides are closed: "partition 1-3 | 4-5". Only for kinds of ways. Default: the kind.
   */
  readonly betweenSides?: string;
  /** The values for `--json`. Default: those of the fault. */
  readonly json?: (fault: F) => object;
}

/** A value of a command line. */
export interface Value {
  readonly name: string;
  /** The word in angle brackets in the help. */
  readonly placeholder: string;
  readonly help: string;
  /** Whether `read` understands the text; `right` says what it must be otherwise. Default: any text will do. */
  readonly isRight?: (text: string) => boolean;
  readonly right?: string;
}

export interface OptionValue extends Value {
  /** The value where none is given. */
  readonly initial?: string;
  /** Whether it may be given several times. */
  readonly isList?: boolean;
}

/** Values by their names; those of options that may be given several times are lists. */
export type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

/** An entry of the lot from which the events of random plans are drawn. */
export interface Draw<All> {
  /** How many times the entry is in the lot. */
  readonly weight: number;
  /** The word by which the command line chooses it. Default: the kind. */
  readonly word?: string;
  /** Draws the faults of one moment; or the parts of something that takes its time. */
  readonly draw: (dice: Dice) => readonly All[] | { readonly parts: readonly Part<All>[] };
}

/** Faults that are done together, so long after the first, in ms. With `forMs` they end by themselves. */
export interface Part<All> {
  readonly afterMs: number;
  readonly forMs?: number;
  readonly faults: readonly All[];
}

/** Random values for a drawn fault. The two peers are drawn beforehand, all else when it is asked for. */
export interface Dice {
  /** How many peers there are. */
  readonly peers: number;
  readonly peer: number;
  /** Another than `peer`. */
  readonly other: number;
  /** A whole number from 0 to below the limit. */
  readonly below: (limit: number) => number;
  /** True with this probability. */
  readonly chance: (share: number) => boolean;
  /** From 0 to 0.5, in hundredths. */
  readonly share: () => number;
  /** Some of the peers, and never all. */
  readonly side: () => ReadonlySet<number>;
  /** All peers, in a random order. */
  readonly order: () => readonly number[];
}
