// `npm run mutate`: breaks the protocol in one place at a time, in a copy, and shows which scenario or invariant and which
// unit test notices. With words after it only the mutants whose names contain one of them.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setImmediate as signalsAreHeard } from "node:timers/promises";
import { transformSync } from "@swc/core";
import { mutants } from "./mutants.mjs";
import { setup } from "./setup.mjs";
import { root } from "./setup/paths.mjs";
import { Failure, main, say, throwIfInterrupted } from "./setup/run.mjs";

const SEEDS = 3;
const PLANS = 60;
/** Several times what it takes when nothing is broken. Some mutants never end, which counts as noticed. */
const LIMIT_MS = { simulation: 180_000, tests: 60_000 };
/** Among mutants it takes longer than all others together, and shows nothing that the one of 50 does not. */
const TOO_LONG = "bootstrap-of-500.yaml";

/** What the tests and the simulator need of the work tree; packages are linked, our own ones are the copy's. */
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

/** Puts the text into the source, which the unit tests run, and compiled into the output, which the simulator runs. */
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

function start(folder, args, timeout) {
  const options = { cwd: folder, encoding: "utf8", timeout, killSignal: "SIGKILL", maxBuffer: 2 ** 28 };
  return spawnSync(process.execPath, args, options);
}

/** The scenarios and plans that fail, the first first; empty when all pass. */
function simulated(folder) {
  const args = ["integration/dist/simulate/cli.js", "check", "--seeds", SEEDS, "--plans", PLANS].map(String);
  const { stdout, stderr, status } = start(folder, args, LIMIT_MS.simulation);
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

/** The names of the unit tests of the core that fail. */
function tested(folder) {
  const results = join(folder, "results.json");
  rmSync(results, { force: true });
  const jest = [
    join(root, "node_modules/.bin/jest"),
    "--config",
    "node/jest.config.mjs",
    "--rootDir",
    "node",
    "--runInBand",
  ];
  const options = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
  const args = [...options, ...jest, "--silent", "--json", "--outputFile", results, "test/core"];
  const { status } = start(folder, args, LIMIT_MS.tests);
  if (status === null) return ["they do not end"];
  const suites = JSON.parse(readFileSync(results, "utf8")).testResults;
  return suites.flatMap(({ name, assertionResults: tests, status: of }) => {
    const failed = tests.filter((test) => test.status === "failed").map((test) => test.fullName);
    return failed.length > 0 || of !== "failed" ? failed : [`${basename(name)} cannot be loaded`];
  });
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
    say("| what is broken | scenarios that fail | the first, and its invariant | unit tests | the first |");
    say("| --- | --: | --- | --: | --- |");
    for (const [at, { name, file }] of chosen.entries()) {
      write(folder, file, texts[at]);
      const [noticed, failed] = [simulated(folder), tested(folder)];
      say(`| ${name} | ${noticed.length} | ${noticed[0] ?? "–"} | ${failed.length} | ${failed[0] ?? "–"} |`);
      if (noticed.length + failed.length === 0) survivors.push(name);
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
