/**
 * A message that is not as the .proto file describes it. It is refused whole: nothing that came from outside is repaired.
 */
export class Malformed extends Error {
  override readonly name = "Malformed";

  /** The error that a message could not be decoded for, put as a Malformed. */
  static from(error: unknown): Malformed {
    return error instanceof Malformed ? error : new Malformed(error instanceof Error ? error.message : String(error));
  }
}
