import { seededRandom, type Random } from "../core/random.js";

/**
 * A random stream for one concern, forked from the run's seed by name: a draw that is added in one place moves nothing
 * elsewhere, so that a seed keeps its meaning.
 */
export function stream(seed: number, name: string): Random {
  return seededRandom(hashText(`${seed}/${name}`));
}

/** FNV-1a, 32 bits. */
export function hashText(text: string, start = 0x811c9dc5): number {
  let hash = start;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
