/**
 * What went wrong, for programs:
 * - `invalid-options`: nothing was opened; the peer cannot be constructed with these.
 * - `invalid-address`, `invalid-meta`: the call changed nothing; the peer goes on as it was.
 * - `invalid-certificate`: a certificate, its key or a CA cannot be read, or they do not fit together; nothing is running.
 * - `no-address`: `findOwnAddress` cannot tell under which address others reach this machine.
 * - `bind-failed`: the peer could not listen; nothing is left running.
 * - `stopped`: the peer was stopped before or while it started; nothing is left running.
 * - `too-many-seeds`: the call changed nothing; `maxSeeds` are kept already.
 * - `fell-behind`: a program took the changes of a view too slowly; the iteration has ended.
 * - `refused`: a remote peer answered that the request is wrong, and says what is; asking again does not help.
 * - `unavailable`: a remote peer did not answer in time, or cannot now; asking again is safe.
 */
export type GossipErrorCode =
  | "invalid-options"
  | "invalid-address"
  | "invalid-meta"
  | "invalid-certificate"
  | "no-address"
  | "bind-failed"
  | "stopped"
  | "too-many-seeds"
  | "fell-behind"
  | "refused"
  | "unavailable";

/** The one class of error this package throws. */
export class GossipError extends Error {
  /** Always "GossipError". */
  override readonly name = "GossipError";
  /** What went wrong, for programs; the message says it to people, with what would be right. */
  readonly code: GossipErrorCode;

  /** `cause` among the options is the error that this one follows from. */
  constructor(code: GossipErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
