// Which peers are selected, by their numbers: in the list of the peers, by the rows of the matrix, or all of them.

export class Selection {
  /** @type {Set<number>} */
  #selected = new Set();
  /** Where a range begins. @type {number | undefined} */
  #anchor;
  #changed;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /** In the order of the numbers. */
  get all() {
    return [...this.#selected].sort((a, b) => a - b);
  }

  /** @param {number} peer */
  has(peer) {
    return this.#selected.has(peer);
  }

  /** Selects it, or lets it go; with the shift key also all from where the last was picked. @param {number} peer @param {{ shiftKey: boolean }} how @param {readonly number[]} order */
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

  /** These and no others. @param {readonly number[]} peers */
  set(peers) {
    this.#selected = new Set(peers);
    this.#changed();
  }

  /** Who is not there any more is not selected either. @param {readonly number[]} peers */
  keep(peers) {
    for (const each of this.#selected) if (!peers.includes(each)) this.#selected.delete(each);
  }
}
