/**
 * A fault, or a cluster, that cannot be had here; the message says why. Nothing of what was asked for has been done.
 */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}
