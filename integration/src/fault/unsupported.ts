/** A fault that cannot be done here, for the reason its message gives. What was asked for has not happened at all. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}
