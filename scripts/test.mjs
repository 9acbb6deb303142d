// `npm test`: sets up, then lint, types, unit tests, simulation and container tests; ends with one line of totals.
// `npm test -- unit` runs one part; the parts are named below. `npm run test:deployment` runs one that `npm test` leaves out.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runJest } from "./jest.mjs";
import { buildImages } from "./setup/compose.mjs";
import { root } from "./setup/paths.mjs";
import { Failure, handOver, main, run, say } from "./setup/run.mjs";
import { setup } from "./setup.mjs";

const bin = (name) => join(root, "node_modules/.bin", name);

/** Checks that pass or fail as a whole. Set-up has compiled the sources already; "types" compiles the tests as well. */
const checks = [
  { name: "types", command: bin("tsc"), args: ["--build"] },
  { name: "format", command: bin("prettier"), args: ["--check", "--log-level", "warn", "."] },
  { name: "proto", command: bin("buf"), args: ["lint", "proto"] },
  {
    name: "what is released",
    command: bin("buf"),
    args: ["breaking", "proto", "--against", "scripts/released/proto.binpb"],
  },
  { name: "generated code", command: process.execPath, args: ["scripts/generate.mjs", "--check"] },
  { name: "public API", command: process.execPath, args: ["scripts/api.mjs", "--check"] },
  { name: "documented API", command: bin("typedoc"), args: ["--options", "node/typedoc.json", "--emit", "none"] },
  { name: "package", command: process.execPath, args: ["scripts/check-package.mjs"] },
];

const parts = {
  checks: { run: runChecks },
  lint: { run: runLint, canWait: true },
  unit: { run: () => runJest("node") },
  simulation: { run: runSimulation, canWait: true },
  fuzz: { run: runFuzz, canWait: true },
  integration: { run: runIntegration, needsDocker: true, needsBrowser: true, needsJudges: true },
  deployment: { run: runDeployment, needsDocker: true, needsJudges: true, isByNameAlone: true },
};

/** The folders of the tests that need an engine, of those that need a browser, and of those that need judges of manifests. */
const withDocker = ["/test/docker/"];
const withBrowser = ["/test/browser/", "/test/docker/browser/"];
const withJudges = ["/test/manifests/"];
/** Tests of containers that have a command of their own, or `npm test` would take more than its eight minutes. */
const ofDeployment = ["conventions", "manifests/", "swarm", "upgrade"].map((name) => `/test/docker/${name}`);

/**
 * Tests that need no engine run three files at a time; the others one, since budgets are for peers that get their share.
 * Tests of containers mostly wait: the parts that can wait run in what they leave of the processors.
 */
async function runIntegration({ docker, browserless, judgeless, waiting }) {
  const noBrowser = browserless === undefined ? [] : withBrowser;
  const noJudges = judgeless === undefined ? [] : withJudges;
  const without = await runJest("integration", {
    args: ["--maxWorkers=3", "--testPathIgnorePatterns", ...withDocker, ...noBrowser, ...noJudges],
  });
  const behind = runBehind(waiting);
  behind.catch(() => undefined); // a failure is reported where it is waited for
  const ignored = [...ofDeployment, ...(docker ? [] : withDocker), ...noBrowser];
  const those = await runJest("integration", {
    args: ["--passWithNoTests", "--testPathIgnorePatterns", ...ignored, "--testPathPatterns", ...withDocker],
  });
  return sum([without, those, await behind]);
}

/** Clients that are not ours, upgrades, a swarm, and containers that are as pods are to be. */
function runDeployment({ docker, judgeless }) {
  if (!docker) return { passed: 0, failed: 0 };
  const ignored = judgeless === undefined ? [] : ["--testPathIgnorePatterns", "/test/docker/manifests/"];
  return runJest("integration", { args: [...ignored, "--testPathPatterns", ...ofDeployment] });
}

/** Runs parts one after the other at the lowest priority, and prints what each found when it ends. */
async function runBehind(names) {
  const totals = [];
  for (const name of names) totals.push(await parts[name].run({ isBehind: true }));
  return sum(totals);
}

function sum(totals) {
  const add = (what) => totals.reduce((all, each) => all + each[what], 0);
  return { passed: add("passed"), failed: add("failed") };
}

/** Runs all checks at the same time, and prints what a check complains of when it ends. */
async function runChecks() {
  const outcomes = await Promise.all(checks.map(holds));
  return { passed: outcomes.filter(Boolean).length, failed: outcomes.filter((passed) => !passed).length };
}

async function holds({ name, command, args }) {
  try {
    await run(command, args, { timeoutMs: 10 * 60_000, detailLines: Infinity });
    say(`PASS ${name}`);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(`FAIL ${name}\n${error.message}`);
    return false;
  }
}

/** Runs every scenario on a simulated cluster, and random fault plans. */
async function runSimulation({ isBehind }) {
  const results = join(root, ".cache", "simulation.json");
  rmSync(results, { force: true });
  const program = ["integration/dist/program/simulate/cli.js", "check", "--results", results];
  await runProgram("simulation", program, { isBehind });
  if (!existsSync(results)) throw new Failure("The simulation did not run to its end.");
  return JSON.parse(readFileSync(results, "utf8"));
}

/** The longest of the checks, so that it waits. */
async function runLint({ isBehind }) {
  const code = await runProgram("lint", [join(root, "node_modules/eslint/bin/eslint.js"), "--max-warnings", "0", "."], {
    isBehind,
  });
  say(`${code === 0 ? "PASS" : "FAIL"} lint`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

/** Puts three peers under fire for a minute. */
async function runFuzz({ isBehind }) {
  const seconds = ["--inputs", "100000000", "--seconds", "60"];
  const code = await runProgram("fuzz", ["integration/dist/program/fuzz/cli.js", ...seconds], { isBehind });
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

/** Runs a program of the project's and returns its exit code; behind others it prints what it has to say at the end. */
async function runProgram(name, program, { isBehind = false }) {
  if (!isBehind) return handOver(process.execPath, program);
  const lowest = ["-n", "19", process.execPath, ...program];
  const { code, text } = await run("nice", lowest, { timeoutMs: 20 * 60_000, detailLines: Infinity }).then(
    (text) => ({ code: 0, text }),
    (error) => {
      if (error instanceof Failure) return { code: 1, text: error.message };
      throw error;
    },
  );
  say(`\n== ${name}, beside the tests that wait\n${text}`);
  return code;
}

async function command() {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !(name in parts));
  if (unknown !== undefined)
    throw new Failure(`There is no part "${unknown}"; the parts are ${Object.keys(parts).join(", ")}.`);
  const isAsked = (name) => (names.length === 0 ? parts[name].isByNameAlone !== true : names.includes(name));
  const asked = Object.entries(parts).filter(([name]) => isAsked(name));
  const waiting = isAsked("integration") ? asked.filter(([, { canWait }]) => canWait).map(([name]) => name) : [];
  const chosen = asked.filter(([name]) => !waiting.includes(name));

  const needs = (what) => chosen.some(([, part]) => part[what] === true);
  const has = await setup({
    docker: needs("needsDocker"),
    browser: needs("needsBrowser"),
    judges: needs("needsJudges"),
  });
  const images = has.docker ? buildImages() : Promise.resolve();
  images.catch(() => undefined); // a failure is reported where the images are waited for
  const totals = [];
  const lacksDocker = !has.docker && needs("needsDocker");
  for (const [name, part] of chosen) {
    say(`\n== ${name}`);
    if (part.needsDocker) await images;
    totals.push(await part.run({ ...has, waiting }));
  }
  const { passed, failed } = sum(totals);
  if (lacksDocker) say(`\nThe tests with containers did not run: ${has.why}`);
  if (has.browserless !== undefined) say(`\nThe tests of the page did not run: ${has.browserless}`);
  if (has.judgeless !== undefined) say(`\nThe tests of what is deployed did not run: ${has.judgeless}`);
  say(`\n${passed} passed, ${failed} failed`);
  return failed > 0 || lacksDocker || has.browserless !== undefined || has.judgeless !== undefined ? 1 : 0;
}

await main(command);
