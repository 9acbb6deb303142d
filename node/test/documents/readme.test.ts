import { expect, test } from "@jest/globals";
import { blocksOf, textOf } from "../support/documents.js";
import { endOf, start } from "../support/programs.js";

test("the README's example runs as it stands, and ends by itself", async () => {
  const [example = ""] = blocksOf(textOf("README.md"), "ts");
  // Only the port is another, since this machine may have a peer on it already.
  const program = start(["--input-type=module", "--eval", example.replace("127.0.0.1:7946", "127.0.0.1:0")]);
  expect(await endOf(program)).toBe(0);
  expect(program.stderr).toEqual([]);
  expect(program.stdout).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+ alice$/)]);
});
