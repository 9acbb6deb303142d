// Runs the tests of a workspace with Jest.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { root } from "./setup/paths.mjs";
import { Failure, handOver } from "./setup/run.mjs";

/**
 * Returns how many tests passed and failed. A suite that could not even be loaded counts as one failure, so that it
 * cannot pass for lack of tests. `args` go to Jest; `node` is the binary that runs it, and what the tests start.
 */
export async function runJest(workspace, { args = [], node = process.execPath } = {}) {
  const results = join(root, ".cache", `${workspace}-tests.json`);
  rmSync(results, { force: true });
  const jest = [join(root, "node_modules/.bin/jest"), "--config", `${workspace}/jest.config.mjs`];
  const code = await handOver(
    node,
    [
      "--experimental-vm-modules",
      "--disable-warning=ExperimentalWarning",
      ...jest,
      ...["--json", "--outputFile", results],
      ...args,
    ],
    { env: { PATH: [dirname(node), process.env.PATH].join(delimiter) } },
  );
  if (!existsSync(results))
    throw new Failure(`The tests of ${workspace} did not run to their end (exit code ${code}).`);
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(results, "utf8"));
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
}
