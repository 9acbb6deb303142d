import type { PeerMeta } from "gossip-peer";
import { ScenarioProblem } from "../scenario/problem.js";
import { peers as named } from "../lib/text.js";
import type { Breakable, LifeVerb } from "../fault/verbs.js";
import { choose } from "./selection.js";
import { sidesText } from "./status.js";

/** A Linux bridge has 1023 ports. */
export const MOST_PEERS = 1000;

/** What a command, or a button of the page, is going to do: decided before anything is touched. */
export interface Deed {
  /** As "kill peers 2, 3". */
  readonly what: string;
  /** For machines: who and how. */
  readonly details: object;
  /** Resolves, when it is done, to what there is to say beyond that. */
  readonly perform: () => Promise<string | undefined>;
}

// Each decides and touches nothing. What is asked for wrongly throws a ScenarioProblem. Peers are chosen by texts, see `choose`.

export function live(project: Breakable, verb: LifeVerb, peers: string): Deed {
  const numbers = choose(peers, project.replicas);
  return deed(`${verb} ${named(numbers)}`, numbers, () => project.live(verb, numbers));
}

/** The last of the sides may be "the rest". */
export function partition(project: Breakable, texts: readonly string[]): Deed {
  if (texts.length < 2) throw new ScenarioProblem("a partition needs at least two sides");
  const sides: number[][] = [];
  for (const text of texts) {
    const side = choose(text, project.replicas, sides.flat());
    const twice = side.find((number) => sides.flat().includes(number));
    if (twice !== undefined) throw new ScenarioProblem(`peer ${twice} is on two sides`);
    sides.push(side);
  }
  return {
    what: `partition ${sidesText(sides)}`,
    details: { sides },
    perform: () => project.part(sides).then(() => undefined),
  };
}

/** `more` is done when all else is healed, and says what it did. */
export function heal(project: Breakable, more: () => Promise<readonly string[]> = () => Promise.resolve([])): Deed {
  return {
    what: "heal",
    details: {},
    perform: async () => {
      const { resumed, swept } = await project.heal();
      const undone = await more();
      const down = project.replicas.filter(({ state }) => state === "down").map(({ number }) => number);
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

export function scale(project: Breakable, count: number): Deed {
  if (count > MOST_PEERS) throw new ScenarioProblem(`there can be at most ${MOST_PEERS} peers`);
  return {
    what: `scale from ${project.replicas.length} to ${count} peers`,
    details: { count },
    perform: () => project.scale(count).then(() => undefined),
  };
}

export function setMeta(project: Breakable, peers: string, meta: PeerMeta): Deed {
  const numbers = choose(peers, project.replicas);
  return deed(`set the metadata of ${named(numbers)}`, numbers, () => project.setMeta(numbers, meta));
}

/** One that is done to each of these peers. */
export function deed(what: string, numbers: readonly number[], perform: () => Promise<void>): Deed {
  return { what, details: { peers: numbers }, perform: () => perform().then(() => undefined) };
}
