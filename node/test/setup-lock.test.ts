import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "./support/programs.js";

/** A copy of the set-up's scripts, so that the lock is not the one of this project's own set-up. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gossip-lock-"));
  cpSync(fileURLToPath(new URL("../../scripts", import.meta.url)), join(folder, "scripts"), { recursive: true });
  mkdirSync(join(folder, ".cache"));
  // A set-up that waits looks again at once here, so that a second has as many encounters as else a day.
  const lock = join(folder, "scripts/setup/lock.mjs");
  writeFileSync(lock, readFileSync(lock, "utf8").replace("pause(200)", "pause(0)"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Takes the lock again and again; whoever is not alone finds the other's folder and fails. */
async function takeOften(): Promise<{ code: number; said: string[] }> {
  const { ended, stdout, stderr } = start([
    "--input-type=module",
    "--eval",
    `import { alone } from ${JSON.stringify(join(folder, "scripts/setup/lock.mjs"))};
     import { mkdirSync, rmdirSync } from "node:fs";
     for (let at = 0; at < 300; at++) await alone(async () => {
       mkdirSync(${JSON.stringify(join(folder, "inside"))});
       await new Promise(setImmediate);
       rmdirSync(${JSON.stringify(join(folder, "inside"))});
     }).then(() => new Promise(setImmediate));`,
  ]);
  return { code: await ended, said: [...stdout, ...stderr] };
}

test("of many set-ups at once one runs at a time, and none leaves anything behind", async () => {
  const outcomes = await Promise.all(Array.from({ length: 3 }, takeOften));
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(readdirSync(join(folder, ".cache"))).toEqual([]);
});

test("a lock whose number another process has by now keeps nobody waiting", async () => {
  writeFileSync(join(folder, ".cache/setup.lock"), `${process.pid} 1`);
  expect(await takeOften()).toMatchObject({ code: 0 });
});

test("the lock of one that is dead keeps nobody waiting", async () => {
  writeFileSync(join(folder, ".cache/setup.lock"), "999999999");
  expect(await takeOften()).toMatchObject({ code: 0 });
});
