import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { BesideCommand } from "../src/program/chaos/beside.js";
import { run, type Ended } from "./support/command.js";

const CHAOS = "integration/dist/program/chaos/cli.js";

let folder = "";
let file = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "beside-"));
  file = join(folder, "calm.yaml");
  const steps = "  - expect: everyone sees everyone\n    within: join\n  - wait: 1 s\n";
  writeFileSync(file, `title: calm\nwhy: w\npeers: 2\nsteps:\n${steps}`);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a command beside an experiment", () => {
  const chaos = (name: string, command: string): Promise<Ended> =>
    run(process.execPath, [CHAOS, file, "--on", "processes", "--out", join(folder, name), "--beside", command]);

  test("reaches the peers, and is ended with the experiment, which is no failure", async () => {
    const { code, out } = await chaos("held", "echo peers at $CHAOS_PEERS; exec sleep 600");
    expect([code, out]).toEqual([0, expect.stringMatching(/^beside: echo .*: was ended with the experiment$/m)]);
    const said = readFileSync(join(folder, "held", "beside.log"), "utf8");
    expect(said).toMatch(/^peers at 127\.0\.0\.1:\d+,127\.0\.0\.1:\d+\n$/);
    expect(readFileSync(join(folder, "held", "report.html"), "utf8")).toContain(said);
  });

  test("makes the verdict false where it fails, with the last that it printed", async () => {
    const { code, out } = await chaos("failed", "echo the shop is closed; exit 3");
    expect(code).toBe(1);
    expect(out).toMatch(/^FALSE .*\n {2}beside: echo .*: ended with code 3\n {2}the shop is closed$/m);
    expect(out).toContain("report: ");
    const result = JSON.parse(readFileSync(join(folder, "failed", "result.json"), "utf8")) as object;
    expect(result).toMatchObject({ verdict: "false", beside: { how: "ended with code 3", isFailure: true } });
    expect(readFileSync(join(folder, "failed", "report.html"), "utf8")).toContain(
      "--beside &#39;echo the shop is closed; exit 3&#39;",
    );
  });

  test.each([
    [["--on", "simulator", "--beside", "true"], "--beside goes with peers that run for real"],
    [["--on", "processes", "--beside", " "], "--beside needs a command"],
  ])("is not understood with %j", async (args, message) => {
    const { code, err } = await run(process.execPath, [CHAOS, file, ...args]);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test("that does not end when it is asked to is killed, with all that it started", async () => {
    const own = mkdtempSync(join(folder, "own-"));
    const pids = join(own, "pids");
    const watcher = watch(own);
    const isThere = once(watcher, "change");
    const command = new BesideCommand(`trap '' TERM; sleep 600 & echo $! > ${pids}; wait`, [], { endWithinMs: 500 });
    await isThere;
    watcher.close();
    const outcome = await command.end();
    expect(outcome).toMatchObject({ how: "was ended with the experiment", isFailure: false });
    expect(await command.end()).toBe(outcome);
    const started = Number(readFileSync(pids, "utf8"));
    // Who is dead may still wait for somebody to take note of it.
    expect(["gone", "Z"]).toContain(stateOf(started));
  });
});

/** The state of a process as the kernel has it. */
function stateOf(pid: number): string {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) ? (/\) (\w)/.exec(readFileSync(stat, "utf8"))?.[1] ?? "") : "gone";
}
