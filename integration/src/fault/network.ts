/** What is wrong with the network of one peer, on purpose. */
export interface NetworkFaults {
  /** The numbers of the peers of which nothing reaches it. */
  readonly deafTo: readonly number[];
  /** The share, from 0 to 1, of what others send it that is lost. */
  readonly loss: number;
  /** How much later than now what it sends goes out: so long, and up to so much more or less. */
  readonly delay: { readonly latencyMs: number; readonly jitterMs: number } | undefined;
  /** How many thousand bits it sends in a second at most. */
  readonly kbits: number | undefined;
}

export const NO_FAULTS: NetworkFaults = { deafTo: [], loss: 0, delay: undefined, kbits: undefined };

export function isWell({ deafTo, loss, delay, kbits }: NetworkFaults): boolean {
  return deafTo.length === 0 && loss === 0 && delay === undefined && kbits === undefined;
}
