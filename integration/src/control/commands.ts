import type { CommandLine, Values } from "../fault/kind.js";
import type { Breakable } from "../fault/breakable.js";
import type { CommandKind, Fault, WayKind } from "../fault/fault.js";
import { rowOf } from "../fault/kinds.js";
import { peers as named } from "../lib/text.js";
import { ScenarioProblem } from "../scenario/problem.js";
import { choose } from "./selection.js";
import { sidesText } from "./status.js";

/** A Linux bridge has 1023 ports. */
export const MOST_PEERS = 1000;

/**
 * A thing to do to peers that somebody asked for, on the command line or on the page: decided before anything is
 * touched.
 */
export interface Command {
  /** As "kill peers 2, 3". */
  readonly what: string;
  /** For machines: who and how. */
  readonly details: object;
  /** Resolves, when it is done, to what there is to say beyond that. */
  readonly perform: () => Promise<string | undefined>;
}

// These functions decide and touch nothing. They throw a ScenarioProblem for what makes no sense. `choose` reads the
// texts for peers.

/** A fault of that kind to each of the peers, with these values. */
export function toPeers(project: Breakable, kind: CommandKind, peers: string, values: Values = {}): Command {
  const numbers = choose(peers, project.peers);
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

/** A fault of that kind of every way from the first peers to the second, which may be "the rest". */
export function alongWays(project: Breakable, kind: WayKind, from: string, to: string): Command {
  const froms = choose(from, project.peers);
  const tos = choose(to, project.peers, froms);
  const both = froms.find((number) => tos.includes(number));
  if (both !== undefined) throw new ScenarioProblem(`peer ${both} cannot be cut off from itself`);
  const faults = ways(kind, froms, tos);
  const [first = { kind, from: 0, to: 0 }] = faults;
  return {
    what: commandLineOf(kind).what(first, `from ${named(froms)} to ${named(tos)}`),
    details: { from: froms, to: tos },
    perform: () => project.apply(faults).then(() => undefined),
  };
}

/** Closes all ways between the sides, and opens all others. The last of the sides may be "the rest". */
export function partition(project: Breakable, texts: readonly string[], by: WayKind = "cut"): Command {
  if (texts.length < 2) throw new ScenarioProblem("a partition needs at least two sides");
  const sides: number[][] = [];
  for (const text of texts) {
    const side = choose(text, project.peers, sides.flat());
    const twice = side.find((number) => sides.flat().includes(number));
    if (twice !== undefined) throw new ScenarioProblem(`peer ${twice} is on two sides`);
    sides.push(side);
  }
  const word: string = by;
  return {
    what: `${word === "cut" ? "partition" : word} ${sidesText(sides)}`,
    details: { sides },
    perform: () => project.part(between(by, sides)).then(() => undefined),
  };
}

/** Cuts each of the peers off from everybody. */
export function isolate(project: Breakable, peers: string): Command {
  const hermits = choose(peers, project.peers);
  const rest = project.peers.map(({ number }) => number).filter((number) => !hermits.includes(number));
  const sides = [...hermits.map((each) => [each]), ...(rest.length > 0 ? [rest] : [])];
  return {
    what: `isolate ${named(hermits)}`,
    details: { peers: hermits },
    perform: () => project.apply(between("cut", sides)).then(() => undefined),
  };
}

/** Ends all faults; then does `more`, which resolves to sentences about what it did. */
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

function between<K extends WayKind>(kind: K, sides: readonly (readonly number[])[]): Fault<K>[] {
  return sides.flatMap((side) => sides.flatMap((other) => (other === side ? [] : ways(kind, side, other))));
}

function ways<K extends WayKind>(kind: K, froms: readonly number[], tos: readonly number[]): Fault<K>[] {
  return froms.flatMap((from) => tos.map((to) => ({ kind, from, to }) as Fault<K>));
}

function wordedAsProblem<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ScenarioProblem((error as Error).message);
  }
}
