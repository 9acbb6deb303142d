/** A scenario that is wrong by itself, whatever the protocol does. What a user sees begins with file and line. */
export class ScenarioProblem extends Error {
  override readonly name = "ScenarioProblem";
}
