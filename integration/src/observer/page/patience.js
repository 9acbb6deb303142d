// The patience of the cluster: the presets whose times the peers have, by their own word.
import { plural } from "./words.js";

/** @import { Model } from "./model.js" */

/**
 * What each preset is for, and for how long a member may be frozen and keeps its place, in seconds.
 * @type {ReadonlyMap<string, { readonly use: string, readonly frozenFor: number }>}
 */
const MEANINGS = new Map([
  ["lan", { use: "for a local network", frozenFor: 2 }],
  ["quick", { use: "to notice silence sooner", frozenFor: 0.9 }],
  ["wan", { use: "for slow links", frozenFor: 5 }],
  ["local", { use: "for tests on one machine", frozenFor: 0.3 }],
]);

/**
 * The names of the presets of the peers that are followed, the most frequent first; a note on what the preset is for, or
 * how many peers have which; and in plain words what each means. The names are a dash where no peer says one.
 * @param {Model} model @returns {{ names: string, note: string, meaning: string }}
 */
export function patienceOf(model) {
  const followed = [...model.peers.values()].filter(({ link }) => link === "followed");
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { preset } of followed) if (preset !== undefined) counts.set(preset, (counts.get(preset) ?? 0) + 1);
  const names = [...counts.keys()].sort();
  names.sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
  const [first] = names;
  if (first === undefined)
    return { names: "–", note: "", meaning: "no peer says a preset, or none has the times of one" };
  const unsaid = followed.length - [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = names.map((name) => `${counts.get(name) ?? 0} ${name}`);
  if (unsaid > 0) parts.push(`not said by ${unsaid}`);
  return {
    names: names.join(", "),
    note: parts.length === 1 ? (MEANINGS.get(first)?.use ?? plural(followed.length, "peer")) : parts.join(" · "),
    meaning: names.map(meaningOf).join("\n"),
  };
}

/** @param {string} preset */
function meaningOf(preset) {
  const meaning = MEANINGS.get(preset);
  if (meaning === undefined) return `${preset}: a preset that this page does not know`;
  return `${preset}, ${meaning.use}: a member that is frozen for up to ${meaning.frozenFor} s keeps its place`;
}
