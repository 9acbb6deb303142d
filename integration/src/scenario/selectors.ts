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
  const [, amount, whole] = /^(any|\d+|\d+(?:\.\d+)?%) of (.+)$/.exec(word) ?? [];
  if (amount !== undefined && whole !== undefined)
    return draw(amount, word, byWord(whole, choice, named), choice, named);
  const [, alone] = /^(any|\d+(?= of$)|\d+(?:\.\d+)?%)(?: of)?$/.exec(word) ?? [];
  if (alone !== undefined) return draw(alone, word, choice.running, choice, named);
  const [, excepted] = /^everyone but (.+)$/.exec(word) ?? [];
  if (excepted !== undefined) return allBut(excepted, choice, named);
  if (word === "everyone") return choice.running;
  if (word === "the seed") return choice.all.slice(0, 1);
  return word === "the rest" ? rest(choice, named) : (choice.labels.get(word) ?? []);
}

function rest({ all }: Choice, named: readonly number[]): number[] {
  if (named.length > 0) return all.filter((each) => !named.includes(each));
  throw new ScenarioProblem(
    '"the rest" are those that the same step has not named before, and it has named nobody; say "everyone", or "everyone but" a label',
  );
}

/** All that run, without those that a number or a word stands for. */
function allBut(excepted: string, choice: Choice, named: readonly number[]): number[] {
  const left = selectOne(/^\d+$/.test(excepted) ? Number(excepted) : excepted, choice, named);
  return choice.running.filter((each) => !left.includes(each));
}

/**
 * Draws peers at random, as many as the amount says, from those of the whole that run and are not named yet: a peer that
 * is down cannot be broken. A share alone is one of all that run; a share of something, of what can be drawn from it.
 */
function draw(
  amount: string,
  word: string,
  whole: readonly number[],
  { running, chance }: Choice,
  named: readonly number[],
): number[] {
  const those = new Set(whole);
  const pool = running.filter((each) => those.has(each) && !named.includes(each));
  const shared = word === amount ? running : pool;
  const count = amount === "any" ? 1 : countOf(amount, shared.length);
  if (count > pool.length)
    throw new ScenarioProblem(`"${word}" are more than the ${pool.length} that run and can be drawn`);
  return Array.from({ length: count }, () => pool.splice(Math.floor(chance.next() * pool.length), 1)).flat();
}

function countOf(amount: string, all: number): number {
  return amount.endsWith("%") ? Math.round((Number(amount.slice(0, -1)) / 100) * all) : Number(amount);
}
