import type { Random } from "gossip-peer/simulator";
import { ScenarioProblem } from "./problem.js";
import type { Selector } from "./fields.js";

/** The peers and the names that a selector chooses from. */
export interface Choice {
  /** The numbers of all peers, and of those that run. */
  readonly all: readonly number[];
  readonly running: readonly number[];
  readonly labels: ReadonlyMap<string, readonly number[]>;
  readonly chance: Random;
}

/**
 * The numbers a selector stands for, each once. `named` are those the same step has named before: they are left out of
 * what is drawn and of "the rest". Throws a ScenarioProblem when the selector, or a part of a list, stands for nobody
 * or for too few.
 */
export function select(selector: Selector, choice: Choice, named: readonly number[] = []): number[] {
  const chosen = new Set<number>();
  for (const part of Array.isArray(selector) ? selector : [selector]) {
    for (const number of selectOne(part, choice, [...named, ...chosen])) chosen.add(number);
  }
  return [...chosen];
}

function selectOne(selector: number | string, choice: Choice, named: readonly number[]): readonly number[] {
  const numbers =
    typeof selector === "number" ? choice.all.filter((each) => each === selector) : byWord(selector, choice, named);
  if (numbers.length > 0) return numbers;
  const { all, labels } = choice;
  const known = labels.size === 0 ? "no labels yet" : `the labels ${[...labels.keys()].join(", ")}`;
  throw new ScenarioProblem(
    `${JSON.stringify(selector)} stands for nobody; there are peers 1 to ${all.length} and ${known}`,
  );
}

function byWord(word: string, choice: Choice, named: readonly number[]): readonly number[] {
  const { all, running, labels } = choice;
  if (word === "any") return draw(1, word, choice, named);
  if (word === "everyone") return running;
  if (word === "the seed") return all.slice(0, 1);
  if (word === "the rest") return all.filter((each) => !named.includes(each));
  const count = /^(\d+) of$/.exec(word)?.[1];
  if (count !== undefined) return draw(Number(count), word, choice, named);
  const share = /^(\d+(?:\.\d+)?)%$/.exec(word)?.[1];
  if (share !== undefined) return draw(Math.round((Number(share) / 100) * running.length), word, choice, named);
  return labels.get(word) ?? [];
}

/** Draws peers at random from those that run and are not named yet: a peer that is down cannot be broken. */
function draw(count: number, word: string, { running, chance }: Choice, named: readonly number[]): number[] {
  const pool = running.filter((each) => !named.includes(each));
  if (count > pool.length)
    throw new ScenarioProblem(`"${word}" are more than the ${pool.length} that run and can be drawn`);
  return Array.from({ length: count }, () => pool.splice(Math.floor(chance.next() * pool.length), 1)).flat();
}
