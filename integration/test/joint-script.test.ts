import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { jointScript, outcomesIn, type Outcome } from "../src/cluster/docker/joint-script.js";

const BOUNDARY = "-between-";
let folder: string;

// In the place of the real one, which needs an engine's namespaces: says which it was told to enter, and runs the rest.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "joint-script-"));
  writeFileSync(join(folder, "nsenter"), '#!/bin/sh\nIN="${1#--net=/netns/}"; export IN; shift; exec "$@"\n');
  chmodSync(join(folder, "nsenter"), 0o755);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("scripts of several namespaces are run by one shell, and what came of each is told apart", () => {
  const outcomes = run([
    { sandbox: "first", hosts: "/1/hosts", script: "cat <<END\nin $IN\nEND\nprintf 'no newline at the end'" },
    { sandbox: "second", hosts: "/2/hosts", script: "echo before $HOSTS\nfalse\necho never" },
    { sandbox: "third", hosts: "/3/hosts", script: "echo aloud\necho complaint >&2\nexit 3" },
    { sandbox: "fourth", hosts: "/4/hosts", script: "true" },
  ]);
  expect(outcomes).toEqual([
    { code: 0, out: "in first\nno newline at the end", err: "" },
    { code: 1, out: "before /2/hosts\n", err: "" },
    { code: 3, out: "aloud\n", err: "complaint" },
    { code: 0, out: "", err: "" },
  ]);
});

test("what was cut short has no outcomes for the scripts that are missing", () => {
  expect(outcomesIn("", BOUNDARY)).toEqual([]);
  expect(outcomesIn(`\n${BOUNDARY} 0\nall\n\n${BOUNDARY}\n`, BOUNDARY)).toEqual([{ code: 0, out: "all\n", err: "" }]);
});

function run(jobs: Parameters<typeof jointScript>[0]): Outcome[] {
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const printed = execFileSync("sh", { input: jointScript(jobs, "/netns", BOUNDARY), env, encoding: "utf8" });
  return outcomesIn(printed, BOUNDARY);
}
