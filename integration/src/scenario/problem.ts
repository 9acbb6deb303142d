/**
 * A scenario, or a command, that is wrong by itself, whatever the protocol does. For scenarios the message that a user
 * sees begins with file and line.
 */
export class ScenarioProblem extends Error {
  override readonly name = "ScenarioProblem";
}
