import { stream, type Random } from "gossip-peer/simulator";
import { select } from "../scenario/selectors.js";
import { running, type Candidates } from "../view/views.js";

/** What a command draws peers from: the same seed draws the same peers from the same that run. */
export class Draws {
  readonly seed: number;
  #hasDrawn = false;

  /** Default: a seed that the clock gives. */
  constructor(seed = Date.now() % 2 ** 31) {
    this.seed = seed;
  }

  /** Whether anything was drawn so far. */
  get hasDrawn(): boolean {
    return this.#hasDrawn;
  }

  /** The chance that a text draws from. */
  for(text: string): Random {
    const chance = stream(this.seed, text);
    return {
      next: () => {
        this.#hasDrawn = true;
        return chance.next();
      },
    };
  }
}

/**
 * The numbers of the peers that a text such as "2,3", "1-4", "any", "2 of", "30%" or "everyone" selects, in ascending
 * order. Throws a ScenarioProblem when the text, or a part of it, selects no peer. `named` are the peers that the same
 * command has named before, which "the rest" leaves out.
 */
export function choose(
  text: string,
  candidates: Candidates,
  draws = new Draws(),
  named: readonly number[] = [],
): number[] {
  const choice = {
    all: candidates.map(({ number }) => number),
    running: running(candidates).map(({ number }) => number),
    labels: new Map<string, readonly number[]>(),
    chance: draws.for(text),
  };
  return select(text.split(",").flatMap(parts), choice, named).sort((a, b) => a - b);
}

function parts(word: string): (number | string)[] {
  const trimmed = word.trim();
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(trimmed) ?? [];
  if (from === undefined || Number(to) < Number(from) || Number(to) - Number(from) > 10_000) return [trimmed];
  return Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) + at);
}
