// The order in which people expect names: peer-2 before peer-10.

const collator = new Intl.Collator("en", { numeric: true });

/** @param {string} a @param {string} b */
export const natural = (a, b) => collator.compare(a, b);

/**
 * Compares addresses by the names of the peers and, where those are equal, by themselves. An address without a name is
 * its own name.
 * @param {ReadonlyMap<string, string>} names @returns {(a: string, b: string) => number}
 */
export const byName = (names) => (a, b) => natural(names.get(a) ?? a, names.get(b) ?? b) || natural(a, b);
