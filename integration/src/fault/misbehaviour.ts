/**
 * A peer did not do what it has promised (CONFORMANCE.md, "What an image must do"): it ended by itself, or with another
 * code than 0 when it was to leave, or did not start. So the verdict is false, and not unknown.
 */
export class Misbehaviour extends Error {
  override readonly name = "Misbehaviour";
}
