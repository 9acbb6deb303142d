/**
 * Peers that somebody else is breaking at present; the message says who, since when and how. Nothing of what was asked
 * for has been done.
 */
export class InUse extends Error {
  override readonly name = "InUse";
}
