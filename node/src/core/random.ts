/** The core's only source of chance; with the same seed it makes the same choices. */
export interface Random {
  /** A number from 0 to below 1. */
  next(): number;
}

/** Mulberry32: 32 bits of state, plenty for choosing partners, and the same on every engine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** A random one of the items, each as likely as any other; undefined when there are none. */
export function pick<T>(random: Random, items: readonly T[]): T | undefined {
  return items[Math.floor(random.next() * items.length)];
}

/** Up to `count` different items in random order (a partial Fisher-Yates shuffle). */
export function sample<T>(random: Random, items: readonly T[], count: number): T[] {
  const pool = [...items];
  const wanted = Math.min(count, pool.length);
  for (let at = 0; at < wanted; at++) {
    const from = at + Math.floor(random.next() * (pool.length - at));
    [pool[at], pool[from]] = [pool[from] as T, pool[at] as T];
  }
  return pool.slice(0, wanted);
}
