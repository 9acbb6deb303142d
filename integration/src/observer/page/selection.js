// Which peers are selected, by their numbers: on the board, by the rows of the matrix, or all of them.

export class Selection {
  /** @type {Set<number>} */
  #selected = new Set();
  /** The peer that was picked last, where a range begins. @type {number | undefined} */
  #anchor;
  #changed;

  /** @param {() => void} changed Called when others are selected. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** The selected peers, in the order of their numbers. */
  get all() {
    return [...this.#selected].sort((a, b) => a - b);
  }

  /** @param {number} peer */
  has(peer) {
    return this.#selected.has(peer);
  }

  /**
   * Selects a peer, or deselects it; with the shift key selects all peers from the one that was picked last.
   * @param {number} peer @param {{ shiftKey: boolean }} how @param {readonly number[]} order
   */
  pick(peer, { shiftKey }, order) {
    const [from, to] = [order.indexOf(this.#anchor ?? peer), order.indexOf(peer)];
    if (shiftKey && from >= 0) {
      for (const each of order.slice(Math.min(from, to), Math.max(from, to) + 1)) this.#selected.add(each);
    } else {
      if (!this.#selected.delete(peer)) this.#selected.add(peer);
      this.#anchor = peer;
    }
    this.#changed();
  }

  /** Selects these and no others. @param {readonly number[]} peers */
  set(peers) {
    this.#selected = new Set(peers);
    this.#changed();
  }

  /** Deselects all but these, which are the peers that still exist. @param {readonly number[]} peers */
  keep(peers) {
    for (const each of this.#selected) if (!peers.includes(each)) this.#selected.delete(each);
  }
}
