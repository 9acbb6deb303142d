import { ScenarioProblem } from "./problem.js";

/**
 * The sides of a partition, from what the user wrote for each. `select` gets the peers of the sides before as well,
 * which "the rest" leaves out. Throws a ScenarioProblem when a peer is on two sides.
 */
export function readSides<T>(
  written: readonly T[],
  select: (side: T, named: readonly number[]) => readonly number[],
): (readonly number[])[] {
  const sides: (readonly number[])[] = [];
  for (const each of written) {
    const named = sides.flat();
    const side = select(each, named);
    const twice = side.find((number) => named.includes(number));
    if (twice !== undefined) throw new ScenarioProblem(`peer ${twice} is on two sides`);
    sides.push(side);
  }
  return sides;
}
