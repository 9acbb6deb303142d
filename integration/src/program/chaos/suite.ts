import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import type { Platform } from "../../experiment/experiment.js";
import { wallTimeMs } from "../../lib/wall-time.js";
import { parseFile } from "../../scenario/load.js";
import { ScenarioProblem } from "../../scenario/problem.js";
import { suiteSchema } from "./suite-schema.js";

/** One scenario of a suite on one platform with one number of peers. */
export interface SuiteRun {
  /** The path of the scenario, as seen from the present folder. */
  readonly file: string;
  /** Where the suite names the scenario, for messages. */
  readonly place: string;
  readonly on: Platform;
  /** Undefined where the scenario says how many. */
  readonly peers: number | undefined;
  readonly repeat: number;
  /** Undefined where the command line says it. */
  readonly seed: number | undefined;
}

export interface Suite {
  readonly title: string;
  /** How long all runs together may take, in ms of real time; undefined without a limit. */
  readonly budgetMs: number | undefined;
  readonly failFast: boolean;
  readonly runs: readonly SuiteRun[];
}

/** A suite that stands for more than this is a mistake: it would take days. */
const MOST_RUNS = 1000;

/**
 * Reads a suite file: every scenario on each platform with each number of peers, in the order of the file. Throws a
 * ScenarioProblem that names every place at which the file is wrong, and an Error when it cannot be read.
 */
export function loadSuite(file: string): Suite {
  const { data, lineOf } = parseFile(readFileSync(file, "utf8"), file, suiteSchema);
  const runs = data.runs.flatMap(({ scenarios, on, peers, repeat = 1, seed }, index) =>
    [scenarios].flat().flatMap((path) =>
      [on].flat().flatMap((platform) =>
        [peers].flat().map((count): SuiteRun => {
          const place = `${file}:${lineOf(["runs", index, "scenarios"])}`;
          const own = isAbsolute(path) ? path : join(dirname(file), path);
          return { file: own, place, on: platform, peers: count, repeat, seed };
        }),
      ),
    ),
  );
  const count = runs.reduce((sum, { repeat }) => sum + repeat, 0);
  if (count > MOST_RUNS) throw new ScenarioProblem(`${file}: stands for ${count} runs; ${MOST_RUNS} are the most`);
  const { title, budget, failFast = false } = data;
  return { title, budgetMs: budget === undefined ? undefined : wallTimeMs(budget), failFast, runs };
}

/** The platforms that a suite needs. Throws as `loadSuite` does. */
export function platformsOf(file: string): Platform[] {
  return [...new Set(loadSuite(file).runs.map(({ on }) => on))];
}
