// `npm run mutate`: breaks the protocol in one place at a time, in a copy, and shows which scenario or invariant and
// which unit test notices. With words after it only the mutants whose names contain one of them.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as signalsAreHeard } from "node:timers/promises";
import { transformSync } from "@swc/core";
import { mutants } from "./mutants.mjs";
import { setup } from "./setup.mjs";
import { root } from "./setup/paths.mjs";
import { Failure, main, say, throwIfInterrupted } from "./setup/run.mjs";

const SEEDS = 3;
const PLANS = 60;
/**
 * The processor time that simulator and unit tests may each take, several times what they need when nothing is broken.
 * A run that exceeds it counts as noticed.
 */
const LIMIT_SECONDS = 150;
/**
 * A scenario that is left out: it takes longer than all others together, and notices no mutant that the one of 50 peers
 * does not.
 */
const TOO_LONG = "bootstrap-of-500.yaml";

/**
 * Copies what the tests and the simulator need of the work tree. Packages are linked, except our own, which are those
 * of the copy.
 */
function copyInto(folder) {
  for (const part of ["node/src", "node/test", "node/dist", "integration/dist", "integration/scenarios"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  for (const file of ["package.json", "node/package.json", "node/jest.config.mjs", "integration/package.json"])
    cpSync(join(root, file), join(folder, file));
  rmSync(join(folder, "integration/scenarios", TOO_LONG));
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(root, "node_modules")))
    symlinkSync(name === "gossip-peer" ? join(folder, "node") : join(root, "node_modules", name), join(modules, name));
}

/**
 * Replaces a file by this text: the source, which the unit tests run, and the compiled output, which the simulator
 * runs.
 */
function write(folder, file, text) {
  writeFileSync(join(folder, "node/src/core", file), text);
  const { code } = transformSync(text, { jsc: { parser: { syntax: "typescript" }, target: "es2022" } });
  writeFileSync(join(folder, "node/dist/core", file.replace(/ts$/, "js")), code);
}

function broken({ name, file, find, put }) {
  const text = readFileSync(join(root, "node/src/core", file), "utf8");
  const count = text.split(find).length - 1;
  if (count !== 1) throw new Failure(`"${name}": what it breaks stands ${count} times in ${file}, not once.`);
  return text.replace(find, () => put);
}

function start(folder, args) {
  const options = { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 };
  return spawnSync("sh", ["-c", 'ulimit -t $0; exec "$@"', `${LIMIT_SECONDS}`, process.execPath, ...args], options);
}

/** The scenarios and plans that fail, in the order in which they do; empty when all pass. */
function simulated(folder) {
  const args = ["integration/dist/program/simulate/cli.js", "check", "--seeds", SEEDS, "--plans", PLANS].map(String);
  const { stdout, stderr, status } = start(folder, args);
  const failures = [
    ...stdout.matchAll(/^FAIL .*\n(?:FAIL )?([\s\S]*?)(?=^PASS|^FAIL \S.*\d seeds|^FAIL \d|\d+ passed)/gm),
  ];
  const noticed = failures.map(([whole, report]) => {
    const place = /\((\S+)\.yaml\)/.exec(whole)?.[1] ?? "random plan";
    const seed = /seed (\d+):/.exec(report)?.[1] ?? "?";
    const invariant = /"([^"]+)" does not hold/.exec(report)?.[1];
    return `${place}, seed ${seed}${invariant === undefined ? "" : `: "${invariant}"`}`;
  });
  if (status === 0 || noticed.length > 0) return noticed;
  return [status === null ? "does not end" : `crashes: ${/^\w*Error.*$/m.exec(stderr)?.[0] ?? `exit code ${status}`}`];
}

/** The first unit test of the core that fails; undefined when all pass. */
function tested(folder) {
  const jest = [join(root, "node_modules/.bin/jest"), "--config", "node/jest.config.mjs", "--rootDir", "node"];
  const { stderr, status } = start(folder, [
    "--experimental-vm-modules",
    ...jest,
    "--runInBand",
    "--bail",
    "test/core",
  ]);
  if (status === 0) return undefined;
  return status === null ? "they do not end" : (/^ {2}● (.*)$/m.exec(stderr)?.[1] ?? `exit code ${status}`);
}

async function command() {
  const words = process.argv.slice(2);
  const chosen = mutants.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (chosen.length === 0) throw new Failure(`No mutant's name contains ${words.join(" or ")}.`);
  const texts = chosen.map(broken);
  await setup({ docker: false });
  const folder = mkdtempSync(join(tmpdir(), "gossip-mutants-"));
  const survivors = [];
  try {
    copyInto(folder);
    const [fails] = [...simulated(folder), ...[tested(folder) ?? []].flat()];
    if (fails !== undefined) throw new Failure(`Nothing is broken, and yet this fails: ${fails}.`);
    say("| what is broken | scenarios that fail | the first, and its invariant | a unit test that fails |");
    say("| --- | --: | --- | --- |");
    for (const [at, { name, file }] of chosen.entries()) {
      write(folder, file, texts[at]);
      const [noticed, failed] = [simulated(folder), tested(folder)];
      say(`| ${name} | ${noticed.length} | ${noticed[0] ?? "–"} | ${failed ?? "–"} |`);
      if (noticed.length === 0 && failed === undefined) survivors.push(name);
      write(folder, file, readFileSync(join(root, "node/src/core", file), "utf8"));
      await signalsAreHeard();
      throwIfInterrupted();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  say(survivors.length === 0 ? "\nAll are noticed." : `\nNobody notices: ${survivors.join("; ")}.`);
  return survivors.length === 0 ? 0 : 1;
}

await main(command);
