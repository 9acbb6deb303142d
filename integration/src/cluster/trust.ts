import { FIRST_CA } from "gossip-peer/simulator";
import type { Fault } from "../fault/fault.js";

/** The CAs that a peer trusts. */
export const TRUSTED = { first: [FIRST_CA], both: [FIRST_CA, "next"], next: ["next"] } as const;

/** The CA of a certificate; one that has ended, or names nobody, is as good as one of a CA that nobody trusts. */
export function issuerOf({ state }: Fault<"certificate">): string {
  if (state === "rotated") return FIRST_CA;
  return state === "next" ? "next" : "foreign";
}

/** Which peers take each other for members, by their certificates and the CAs that they trust. */
export class Trust {
  readonly #issuers = new Map<number, string>();
  readonly #trusted = new Map<number, readonly string[]>();

  note(fault: Fault<"certificate" | "ca">): void {
    if (fault.kind === "ca") this.#trusted.set(fault.peer, TRUSTED[fault.trusts]);
    else this.#issuers.set(fault.peer, issuerOf(fault));
  }

  /** Whether two peers take each other for members. */
  isMutual(one: number, other: number): boolean {
    return this.#trusts(one, other) && this.#trusts(other, one);
  }

  #trusts(one: number, other: number): boolean {
    return (this.#trusted.get(one) ?? [FIRST_CA]).includes(this.#issuers.get(other) ?? FIRST_CA);
  }
}
