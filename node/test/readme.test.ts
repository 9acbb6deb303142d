import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { endOf, start } from "./support/programs.js";

test("the README's example runs as it stands, and ends by itself", async () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [, example = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  // Only the port is another, since this machine may have a peer on it already.
  const program = start(["--input-type=module", "--eval", example.replace("127.0.0.1:7946", "127.0.0.1:0")]);
  expect(await endOf(program)).toBe(0);
  expect(program.stderr).toEqual([]);
  expect(program.stdout).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+ alice$/)]);
});
