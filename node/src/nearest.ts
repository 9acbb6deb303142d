import { closest, distance } from "fastest-levenshtein";

/** Which of the known names a misspelt one is most likely meant to be; undefined where none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const best = closest(name, [...known]);
  return distance(name, best) <= Math.max(2, name.length / 4) ? best : undefined;
}
