import type { CommandLine, Values } from "../fault/kind.js";
import type { Breakable } from "../fault/breakable.js";
import type { CommandKind, Fault, LinkKind, WayKind } from "../fault/fault.js";
import { rowOf } from "../fault/kinds.js";
import { onLinks } from "../fault/links.js";
import { waysBetween, waysFromTo } from "../fault/ways.js";
import { peers as named } from "../lib/text.js";
import { ScenarioProblem } from "../scenario/problem.js";
import { readSides } from "../scenario/sides.js";
import { choose, type Draws } from "./selection.js";
import { sidesText } from "./status.js";

/** The most peers that a project may have: a Linux bridge has 1023 ports. */
export const MOST_PEERS = 1000;

/** A request from the command line or the page: fully decided and checked before any peer is touched. */
export interface Command {
  /** The command in words, as "kill peers 2, 3". */
  readonly what: string;
  /** The peers concerned and the values, for JSON output. */
  readonly details: object;
  /**
   * Carries the command out. Resolves, when all of it is done, to further lines for the user, or undefined if there are
   * none.
   */
  readonly perform: () => Promise<string | undefined>;
}

/**
 * Carries a command out, while all others are kept from changing these peers. Resolves as its `perform`; rejects with
 * InUse, and nothing done, when another is at it.
 */
export async function carryOut(peers: Breakable, { what, perform }: Command): Promise<string | undefined> {
  const lock = await peers.lock?.(what);
  try {
    return await perform();
  } finally {
    await lock?.[Symbol.asyncDispose]();
  }
}

/** The peers at both ends of links, as texts. */
export interface Ends {
  readonly from: string;
  readonly to: string;
}

// Each function below only decides, and touches no peer until `perform` is called. A wrong request throws a
// ScenarioProblem. Peers are named by texts, see `choose`, and drawn from `draws`, by default from the clock.

/** Applies a fault of this kind, with these values, to each of the peers. */
export function toPeers(
  project: Breakable,
  kind: CommandKind,
  peers: string,
  values: Values = {},
  draws?: Draws,
): Command {
  const numbers = choose(peers, project.peers, draws);
  const { read, what, json } = commandLineOf(kind);
  const own = wordedAsProblem(() => read?.(values) ?? {});
  const faults = numbers.map((peer) => ({ kind, peer, ...own }) as Fault<CommandKind>);
  const [first = { kind, ...own } as Fault] = faults;
  return {
    what: what(first, named(numbers)),
    details: { peers: numbers, ...(json?.(first) ?? own) },
    perform: () => project.apply(faults).then(() => undefined),
  };
}

/** Applies a fault of this kind, with these values, to every link from the peers `from` to the peers `to`, or "the rest". */
export function alongLinks(
  project: Breakable,
  kind: LinkKind,
  ends: Ends,
  values: Values = {},
  draws?: Draws,
): Command {
  const senders = choose(ends.from, project.peers, draws);
  const receivers = choose(ends.to, project.peers, draws, senders);
  const { read, what, json } = commandLineOf(kind);
  const own = wordedAsProblem(() => read?.(values) ?? {});
  const fault = { kind, ...own } as Fault<LinkKind>;
  const faults = onLinks(fault, senders, receivers);
  if (faults.length === 0) throw new ScenarioProblem(`${named(senders)} has no link to itself`);
  const [from, to] = [named(senders), named(receivers)];
  return {
    what: what(fault, rowOf(kind).link === "receiver" ? `${to} from ${from}` : `${from} to ${to}`),
    details: { from: senders, to: receivers, ...(json?.(fault) ?? own) },
    perform: () => project.apply(faults).then(() => undefined),
  };
}

/** Applies a fault of this kind to every way from the peers `from` to the peers `to`. `to` may be "the rest". */
export function alongWays(project: Breakable, kind: WayKind, from: string, to: string, draws?: Draws): Command {
  const froms = choose(from, project.peers, draws);
  const tos = choose(to, project.peers, draws, froms);
  const both = froms.find((number) => tos.includes(number));
  if (both !== undefined) throw new ScenarioProblem(`peer ${both} cannot be cut off from itself`);
  const faults = waysFromTo(kind, froms, tos);
  const [first = { kind, from: 0, to: 0 }] = faults;
  return {
    what: commandLineOf(kind).what(first, `from ${named(froms)} to ${named(tos)}`),
    details: { from: froms, to: tos },
    perform: () => project.apply(faults).then(() => undefined),
  };
}

/** Closes all ways between the sides, and opens every other way that was closed. The last side may be "the rest". */
export function partition(project: Breakable, texts: readonly string[], by: WayKind = "cut", draws?: Draws): Command {
  if (texts.length < 2) throw new ScenarioProblem("a partition needs at least two sides");
  const sides = readSides(texts, (text, named) => choose(text, project.peers, draws, named));
  const { betweenSides = by } = commandLineOf(by);
  return {
    what: `${betweenSides} ${sidesText(sides)}`,
    details: { sides },
    perform: () => project.part(waysBetween(by, sides)).then(() => undefined),
  };
}

/** Cuts each of the peers off from every other peer, the other isolated ones included. */
export function isolate(project: Breakable, peers: string, draws?: Draws): Command {
  const isolated = choose(peers, project.peers, draws);
  const rest = project.peers.map(({ number }) => number).filter((number) => !isolated.includes(number));
  const sides = [...isolated.map((each) => [each]), ...(rest.length > 0 ? [rest] : [])];
  return {
    what: `isolate ${named(isolated)}`,
    details: { peers: isolated },
    perform: () => project.apply(waysBetween("cut", sides)).then(() => undefined),
  };
}

/** Heals all peers. `more` runs after that, and resolves to lines that say what it did. */
export function heal(project: Breakable, more: () => Promise<readonly string[]> = () => Promise.resolve([])): Command {
  return {
    what: "heal",
    details: {},
    perform: async () => {
      const { resumed, swept } = await project.heal();
      const undone = await more();
      const down = project.peers.filter(({ state }) => state === "down").map(({ number }) => number);
      return [
        resumed.length > 0 ? `resumed ${named(resumed)}` : "",
        ...undone,
        swept > 0 ? `removed ${swept} containers and networks of test runs that had ended` : "",
        down.length > 0 ? `down, until started: ${named(down)}` : "",
      ]
        .filter((line) => line !== "")
        .join("\n");
    },
  };
}

export function scale(project: Breakable, count: number): Command {
  if (count > MOST_PEERS) throw new ScenarioProblem(`there can be at most ${MOST_PEERS} peers`);
  return {
    what: `scale from ${project.peers.length} to ${count} peers`,
    details: { count },
    perform: () => project.scale(count).then(() => undefined),
  };
}

export function commandLineOf(kind: CommandKind): CommandLine<Fault> {
  const { command } = rowOf(kind);
  if (typeof command === "string") throw new Error(`${kind} has no command: ${command}`);
  return command;
}

function wordedAsProblem<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ScenarioProblem((error as Error).message);
  }
}
