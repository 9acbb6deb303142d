// `npm run test:nodes`: the unit tests on every version of Node that is supported, and one simulation, which is to be the
// same run on all of them and on the version that runs this. Words after it go to Jest: `npm run test:nodes -- view.test`.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runJest } from "./jest.mjs";
import { nodePackage } from "./setup/node-package.mjs";
import { root } from "./setup/paths.mjs";
import { main, note, run, say } from "./setup/run.mjs";
import { setup } from "./setup.mjs";

const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The oldest version that package.json allows, and the newest of each line since. */
const versions = [`${engines.node.replace(">=", "")}.0`, "22", "24", "26"];

/** Much of what a peer may meet, in a few seconds: newcomers, deaths, silence, goodbyes, loss, latency that varies. */
const simulation = ["--faults", "random", "--each", "3", "--loss", "5", "--jitter", "20", "--json"];

const folder = join(root, "node_modules/.cache/nodes");
const binaryOf = (version) => join(folder, `node_modules/node-${version}/bin/node`);

/** Fetches the versions that are not there yet. */
async function provideNodes() {
  note(`Fetching Node ${versions.join(", ")} …`);
  mkdirSync(folder, { recursive: true });
  const packages = versions.map((version) => `node-${version}@npm:${nodePackage(version)}`);
  const options = ["--prefix", folder, "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...options, ...packages], { timeoutMs: 10 * 60_000 });
}

async function traceHash(node) {
  const program = join(root, "integration/dist/program/simulate/cli.js");
  return JSON.parse(await run(node, [program, "run", ...simulation], { timeoutMs: 5 * 60_000 })).traceHash;
}

/** What came of one version, as a row of the table. */
async function tried(version, here) {
  const node = binaryOf(version);
  const name = await run(node, ["--version"], { timeoutMs: 10_000 });
  say(`\n== Node ${name}`);
  const hash = await traceHash(node);
  const { passed, failed } = await runJest("node", { node, args: process.argv.slice(2) });
  const simulated = hash === here ? "the same run" : `another run, ${hash}`;
  return { row: [name, `${passed} passed, ${failed} failed`, simulated], isGood: failed === 0 && hash === here };
}

async function command() {
  await setup({ docker: false });
  await provideNodes();
  const here = await traceHash(process.execPath);
  const outcomes = [];
  for (const version of versions) outcomes.push(await tried(version, here));
  const { table } = await import("../node/dist/table.js");
  const rows = [...outcomes.map(({ row }) => row), [process.version, "runs this", `trace hash ${here}`]];
  say(`\n${table(["Node", "unit tests", "simulation"], rows)}`);
  return outcomes.every(({ isGood }) => isGood) ? 0 : 1;
}

await main(command);
