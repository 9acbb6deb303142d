import type { Address } from "./address.js";
import type { Millis } from "./timing.js";

/** Knows until when each suspect may still answer. Whether silence is somebody's fault is decided elsewhere. */
export class Detector {
  readonly #deadlines = new Map<Address, Millis>();

  suspect(address: Address, until: Millis): void {
    if (!this.#deadlines.has(address)) this.#deadlines.set(address, until);
  }

  clear(address: Address): void {
    this.#deadlines.delete(address);
  }

  /** It was heard of at first hand, so it gets at least until then to deny the suspicion. */
  extend(address: Address, until: Millis): void {
    const deadline = this.#deadlines.get(address);
    if (deadline !== undefined) this.#deadlines.set(address, Math.max(deadline, until));
  }

  /** We were late ourselves by so much: nobody may lose time by that. */
  excuse(latenessMs: Millis): void {
    for (const [address, deadline] of this.#deadlines) this.#deadlines.set(address, deadline + latenessMs);
  }

  suspects(): Address[] {
    return [...this.#deadlines.keys()];
  }

  expired(now: Millis): Address[] {
    return [...this.#deadlines].filter(([, deadline]) => deadline <= now).map(([address]) => address);
  }

  /** The next moment at which a suspicion runs out; Infinity when nobody is suspected. */
  get nextDeadline(): Millis {
    return Math.min(Infinity, ...this.#deadlines.values());
  }
}
