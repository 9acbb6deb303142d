/** The metadata of a peer, set by itself. Empty names and tags are left out, so that equal metadata look equal. */
export interface PeerMeta {
  /** For people. 128 bytes of UTF-8 at most. */
  readonly name?: string;
  /** For programs. 32 at most, keys of 64 bytes at most; with the name 1024 bytes at most. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Metadata as a user gives them: a part may also be undefined, such as a variable that is not set. */
export type GivenMeta = { readonly [K in keyof PeerMeta]?: PeerMeta[K] | undefined };

export interface MetaLimits {
  readonly nameBytes: number;
  readonly tags: number;
  readonly tagKeyBytes: number;
  readonly totalBytes: number;
}

/** The limits of metadata that a peer has itself: setting more is an error. */
export const META_LIMITS: MetaLimits = { nameBytes: 128, tags: 32, tagKeyBytes: 64, totalBytes: 1024 };

/**
 * The limits of metadata that are taken from others: a message that holds more is refused whole. Twice as much, so that a
 * later version can allow more without being parted from this one.
 */
export const TAKEN_META_LIMITS: MetaLimits = { nameBytes: 256, tags: 64, tagKeyBytes: 128, totalBytes: 2048 };

/** A surrogate without its other half would become another character on the wire, which its owner never said. */
const BROKEN = /\p{Surrogate}/u;

/** What is wrong with metadata; undefined when they are within the limits. */
export function metaProblem(meta: GivenMeta, limits = META_LIMITS): string | undefined {
  const given: unknown = meta;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return "metadata is an object with a name and tags";
  const unknown = Object.keys(meta).find((key) => key !== "name" && key !== "tags");
  if (unknown !== undefined)
    return `metadata has a name and tags, and no ${JSON.stringify(unknown)}; put it into the tags`;
  const name: unknown = meta.name ?? "";
  if (typeof name !== "string") return `name is a string, not ${typeof name}`;
  if (BROKEN.test(name)) return "name has half a character in it (a lone surrogate), which cannot be sent";
  if (bytes(name) > limits.nameBytes) return `name has ${bytes(name)} bytes; the limit is ${limits.nameBytes}`;
  return tagsProblem(meta.tags ?? {}, bytes(name), limits);
}

function tagsProblem(tags: unknown, nameBytes: number, limits: MetaLimits): string | undefined {
  if (typeof tags !== "object" || tags === null || Array.isArray(tags)) return "tags is an object of strings";
  const entries: [string, unknown][] = Object.entries(tags);
  if (entries.length > limits.tags) return `tags has ${entries.length} entries; the limit is ${limits.tags}`;
  let total = nameBytes;
  for (const [key, value] of entries) {
    if (typeof value !== "string") return `tag ${JSON.stringify(key)} is a string, not ${typeof value}`;
    if (BROKEN.test(key + "\n" + value))
      return `tag ${JSON.stringify(key)} has half a character in it, which cannot be sent`;
    if (key === "" || bytes(key) > limits.tagKeyBytes) {
      return `tag key ${JSON.stringify(key.slice(0, 80))} has ${bytes(key)} bytes; it needs 1 to ${limits.tagKeyBytes}`;
    }
    total += bytes(key) + bytes(value);
  }
  if (total > limits.totalBytes) return `name and tags have ${total} bytes together; the limit is ${limits.totalBytes}`;
  return undefined;
}

/**
 * A frozen copy in the one form in which equal metadata have equal text: no empty parts, tags in the order of their
 * keys.
 */
export function normalMeta(meta: GivenMeta): PeerMeta {
  const tags = Object.entries(meta.tags ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.freeze({
    ...(meta.name ? { name: meta.name } : {}),
    ...(tags.length > 0 ? { tags: Object.freeze(Object.fromEntries(tags)) } : {}),
  });
}

/** Metadata in normal form are frozen, so their text is made once. */
const texts = new WeakMap<PeerMeta, string>();

/** The text by which two metadata in normal form are told apart and, in a tie, ordered. */
export function metaText(meta: PeerMeta): string {
  const text = texts.get(meta) ?? JSON.stringify([meta.name ?? "", Object.entries(meta.tags ?? {})]);
  if (!texts.has(meta)) texts.set(meta, text);
  return text;
}

/** Whether two metadata in normal form say the same. Most have a name alone, and need no text to tell. */
export function isSameMeta(a: PeerMeta, b: PeerMeta): boolean {
  if (a === b) return true;
  if (a.tags === undefined && b.tags === undefined) return a.name === b.name;
  return metaText(a) === metaText(b);
}

/** The length of a text in UTF-8, without an encoder, which the language itself does not have. */
function bytes(text: string): number {
  let total = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    total += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return total;
}
