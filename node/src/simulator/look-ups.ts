import type { Address } from "../core/address.js";
import type { Millis } from "../core/timing.js";

/** How the look-ups of one peer fare. */
export interface LookUpSettings {
  /** Whether name servers refuse to answer, so that a look-up fails at once. */
  readonly areRefused: boolean;
  /** Whether name servers never answer, so that a look-up fails when the system gives up. */
  readonly areUnanswered: boolean;
  /** How much later name servers answer. An answer that comes after the system has given up is none. */
  readonly lateMs: Millis;
  /** Where all names lead, by a file of the peer's machine that comes before all name servers; undefined: as they should. */
  readonly leadTo: Address | undefined;
}

const GOOD_LOOK_UPS: LookUpSettings = {
  areRefused: false,
  areUnanswered: false,
  lateMs: 0,
  leadTo: undefined,
};

/** So long a system waits for an answer: glibc asks twice, 5 s each. */
export const LOOK_UP_WITHIN_MS = 10_000;

/** What a look-up that begins now will find, and how much later. */
export interface LookUp {
  readonly addresses: readonly Address[];
  readonly afterMs: Millis;
}

/** What names mean to each peer, and how late it is told. */
export class LookUps {
  readonly #settings = new Map<Address, LookUpSettings>();
  readonly #failed: () => void;

  /** `failed` is called for each look-up that finds nothing since something is wrong. */
  constructor(failed: () => void) {
    this.#failed = failed;
  }

  /** Changes the look-ups that this peer begins from now on. */
  set(by: Address, change: Partial<LookUpSettings>): void {
    this.#settings.set(by, { ...(this.#settings.get(by) ?? GOOD_LOOK_UPS), ...change });
  }

  /** Ends all faults. A look-up under way goes on as it began. */
  heal(): void {
    this.#settings.clear();
  }

  /** Looks a name up for a peer. `addresses` are asked for where a name server answers. */
  begin(by: Address, addresses: () => readonly Address[]): LookUp {
    const { areRefused, areUnanswered, lateMs, leadTo } = this.#settings.get(by) ?? GOOD_LOOK_UPS;
    if (leadTo !== undefined) return { addresses: [leadTo], afterMs: 0 };
    const isAnswered = !areRefused && !areUnanswered && lateMs < LOOK_UP_WITHIN_MS;
    if (isAnswered) return { addresses: addresses(), afterMs: lateMs };
    this.#failed();
    return { addresses: [], afterMs: areRefused ? 0 : LOOK_UP_WITHIN_MS };
  }
}
