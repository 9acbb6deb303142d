const BITS = 32;

/**
 * Rows of bits, all 0 at first, each as long as it has to be. Who of ten thousand peers has yet to learn of whom takes 10^8
 * of them: 12.5 MB, where a byte each would take 100.
 */
export class BitRows {
  readonly #rows: Uint32Array[] = [];

  /** Makes this bit of a row 1. */
  set(row: number, bit: number): void {
    const [word, mask] = [Math.floor(bit / BITS), 1 << (bit % BITS)];
    let words = this.#rows[row] ?? new Uint32Array(0);
    if (word >= words.length) {
      const longer = new Uint32Array(2 * word + 1);
      longer.set(words);
      words = this.#rows[row] = longer;
    }
    words[word] = (words[word] ?? 0) | mask;
  }

  /** Makes this bit of a row 0; returns whether it was 1. */
  clear(row: number, bit: number): boolean {
    const [word, mask] = [Math.floor(bit / BITS), 1 << (bit % BITS)];
    const words = this.#rows[row];
    const held = words?.[word] ?? 0;
    if (words === undefined || (held & mask) === 0) return false;
    words[word] = held & ~mask;
    return true;
  }
}
