import { hashText } from "../core/hash.js";
import { seededRandom, type Random } from "../core/random.js";

/**
 * A random stream for one concern, derived from the run's seed and a name: a draw that is added in one place moves
 * nothing elsewhere, so that a seed keeps its meaning.
 */
export function stream(seed: number, name: string): Random {
  return seededRandom(hashText(`${seed}/${name}`));
}
