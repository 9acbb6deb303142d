import type { PeerMeta } from "gossip-peer";
import type { PeerState } from "../view/views.js";

/** Where peers can be: in virtual time, as processes of this machine, in containers. */
export type Place = "simulator" | "processes" | "containers";

/** What peers can come to know of each other; each has a budget of the same name. */
export type FactKind = "join" | "update" | "crash" | "silence" | "leave" | "heal";

/** The colours of bands in a report. */
export type BandColour = "red" | "grey" | "violet" | "orange" | "blue" | "brown" | "teal" | "rose";

/**
 * All that the testbed has to know of one kind of fault, where `F` is that kind and `All` any. Whatever lists, journals,
 * draws, notes or offers faults reads it from here.
 */
export interface KindOf<F, All extends { readonly kind: string }> {
  /**
   * What such a fault is done to: the life of a peer; a peer that lives on; one way between two peers; the network of a
   * peer, or of all where the fault names none; all networks together.
   */
  readonly of: "life" | "peer" | "way" | "network" | "all networks";
  /** For how long it is there: until another fault ends it, as long as doing it takes, or for no time at all. */
  readonly lasts: "until ended" | "while done" | "moment";
  /** The states in which a peer can have it. Default: any. */
  readonly needs?: readonly PeerState[];
  /** The state in which it leaves the peer. Default: that in which the peer was. */
  readonly leaves?: PeerState;
  /** The kinds that are over, for whom it concerns, once it is done. */
  readonly ends?: readonly All["kind"][] | "all of ways and networks";
  /** Whether its values say that nothing is wrong any more: it ends what there is of its own kind. Default: they never do. */
  readonly isNothing?: (fault: F) => boolean;
  /**
   * What would undo it, or undefined where nothing can, or need be. `before` is the metadata the peer had, where that is
   * known.
   */
  readonly inverse: (fault: F, before: PeerMeta | undefined) => All | undefined;
  /** Whether it is no damage: an experiment that ends leaves it, and only its journal can give back what was. */
  readonly isHarmless?: true;
  /** Whether it loses messages, which are counted: without any it proved nothing. */
  readonly losesMessages?: true;
  /** How many of one step are done at the same time. Default: as many as an engine keeps up with. */
  readonly atOnce?: number;
  /** What the others are to learn of it: the peer is gone, is on the list, or has told something new. */
  readonly learned?: { readonly fact: FactKind; readonly by: "gone" | "listed" | "told" };
  /** How a lane of the report shows it while it lasts. What has none is a mark at its moment. */
  readonly band?: { readonly text: string; readonly colour: BandColour };
  /** How the table of `status`, and the page, say it. What has no such text shows in other columns, or is over. */
  readonly status?: (fault: F) => string;
  /** The same of all ways of this kind to one peer. Default: a column says whom it does not hear. */
  readonly statusOfWays?: (from: readonly number[]) => string;
  /** Of a fault of a network: its values, in the order in which they are noted with the firewall's rules. Default: it has none. */
  readonly noted?: readonly NumberIn<F>[];
  /** The command of `npm run testbed`, or why there is none. */
  readonly command: CommandLine<F> | string;
  /** The button of the page, for the selected peers, or for the ways between them and the rest; its title is the command's by default. */
  readonly button?: { readonly label: string; readonly title?: string };
  /** Where it cannot be done, and why. */
  readonly cannot?: Readonly<Partial<Record<Place, string>>>;
  /** Why no step of a scenario does it. Default: one does. */
  readonly noStep?: string;
  /** How often random plans have it, with which values and with which other faults of the same moment; or why they do not. */
  readonly drawn: readonly Draw<All>[] | string;
}

/** The fields of a fault that are numbers. */
type NumberIn<F> = F extends unknown ? { [K in keyof F]-?: F[K] extends number ? K : never }[keyof F] : never;

/** How a command of the command line is worded and read. Whom it is done to are options that all commands of the sort share. */
export interface CommandLine<F> {
  /** What it does, for its help and for the title of its button. */
  readonly help: string;
  readonly argument?: Value;
  readonly options?: readonly OptionValue[];
  /** The fault's own values. Throws an Error that says what is wrong with them. */
  readonly read?: (values: Values) => Partial<F>;
  /** What is done, to be said before and after: "kill peers 2-3". `whom` are the peers, or the ways. */
  readonly what: (fault: F, whom: string) => string;
  /** The fault's values for `--json`. Default: as they are in the fault. */
  readonly json?: (fault: F) => object;
}

/** A value of a command line. */
export interface Value {
  readonly name: string;
  /** What is to be put in its place. */
  readonly placeholder: string;
  readonly help: string;
  /** Whether the text can be read, and what it must be. Default: any can. */
  readonly isRight?: (text: string) => boolean;
  readonly right?: string;
}

export interface OptionValue extends Value {
  /** What it is where nothing is given. */
  readonly initial?: string;
  /** Whether it may be given several times. */
  readonly isList?: boolean;
}

/** By name. What may be given several times is a list. */
export type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

/** One entry of the hat from which random plans are drawn. */
export interface Draw<All> {
  /** How many times it is in the hat. */
  readonly weight: number;
  readonly draw: (dice: Dice) => readonly All[];
}

/** What a drawn fault is made of, each drawn when it is asked for but for the two peers. */
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
}
