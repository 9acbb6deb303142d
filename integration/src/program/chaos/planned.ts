import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { DEFAULT_PROJECT } from "../../cluster/compose/default-project.js";
import type { Platform } from "../../experiment/experiment.js";
import { parseScenario, type Scenario } from "../../scenario/load.js";
import { ScenarioProblem } from "../../scenario/problem.js";
import type { BatchOutcome } from "./batch.js";
import { Misused } from "../misused.js";
import { scenarioFiles } from "../scenario-files.js";
import { expectSense, type Options } from "./options.js";
import { lacksOf, peersThere } from "./platforms.js";
import { DRAWN_WORDS, drawExperiment, lotsFor, type RandomExperiment } from "./random.js";
import type { Suite, SuiteRun } from "./suite.js";

/** For how long faults happen in a random experiment, in minutes, unless said otherwise. */
export const USUAL_MINUTES = 1;

/** A scenario that is to run on a platform. */
export interface Planned {
  /** The name of its row and of its folder. */
  readonly name: string;
  /** The name of the file; of a random experiment, a name with its seed. */
  readonly file: string;
  readonly text: string;
  readonly scenario: Scenario;
  readonly on: Platform;
  /** The seed of the first run. */
  readonly seed: number;
  readonly repeat: number;
  readonly random?: RandomExperiment;
  /** The command line that repeats the run with this seed. */
  readonly commandOf: (seed: number) => string;
}

/** What is planned to run, and under which conditions. */
export interface Plan {
  readonly planned: readonly Planned[];
  readonly options: Options;
  /** The title of a suite; undefined where there is none. */
  readonly title: string | undefined;
  /** How long all runs may take, in ms of real time; undefined without a limit. */
  readonly budgetMs: number | undefined;
  /** Whether nothing more runs after a verdict that is not true. */
  readonly failFast: boolean;
  /** Aborted when the user wants an end; then all is healed. */
  readonly end: AbortController;
}

/** What came of something that was planned. */
export interface Done {
  readonly planned: Planned;
  /** The folder of its report; undefined where it was not run. */
  readonly folder: string | undefined;
  /** Undefined where it was not run. */
  readonly batch: BatchOutcome | undefined;
  /** Why it was not run, else the reason of the verdict. */
  readonly reason: string;
  readonly wallMs: number;
}

/**
 * Reads all scenarios before the first runs, so that a bad one changes nothing. Throws Misused or a ScenarioProblem.
 */
export function planFiles(files: readonly string[], options: Options): Planned[] {
  const { all = false, on, seed, repeat, minutes, faults } = options;
  if (all === files.length > 0) throw new Misused("name scenario files, or give --all (--help shows what there is)");
  if (minutes !== undefined || faults !== undefined) throw new Misused("--minutes and --faults go with --random");
  expectSense(options, [on], all || files.length > 1);
  return (all ? scenarioFiles() : files).map((file) => {
    const text = readFileSync(file, "utf8");
    const scenario = asAsked(parseScenario(text, file), options);
    const again = (from: number): string => commandOf(file, from, options);
    return { name: nameOf(file), file, text, scenario, on, seed, repeat, commandOf: again };
  });
}

/** Draws all experiments before the first runs. Rejects with Misused. */
export async function planRandom(files: readonly string[], options: Options): Promise<Planned[]> {
  const { all = false, on, seed: first, repeat, minutes = USUAL_MINUTES, project = DEFAULT_PROJECT } = options;
  if (all || files.length > 0) throw new Misused("--random draws what happens: it goes with no files and no --all");
  if (options.preset !== undefined) throw new Misused("--preset goes with scenarios; a random plan has the preset lan");
  expectSense(options, [on], false);
  const choice = lotsFor(options.faults ?? DRAWN_WORDS, await orMisused(lacksOf(on)));
  const peers = options.peers ?? (await orMisused(peersThere(on, project)));
  return Array.from({ length: repeat }, (_, at) => {
    const seed = first + at;
    const again = (from: number): string => commandOf("--random", from, options);
    const random = drawExperiment({ seed, minutes, peers, on, choice, command: again(seed) });
    const name = `random-${seed}`;
    const { text, scenario } = random;
    return { name, file: name, text, scenario, on, seed, repeat: 1, random, commandOf: again };
  });
}

/** Reads all scenarios of a suite. Throws Misused, or a ScenarioProblem with the place in the suite or the scenario. */
export function planSuite(suite: Suite, options: Options): Planned[] {
  expectSense(
    options,
    suite.runs.map(({ on }) => on),
    true,
  );
  return suite.runs.map(({ file, place, on, peers, repeat, seed = options.seed }) => {
    const text = textOf(file, place);
    const scenario = asAsked(parseScenario(text, file), { ...options, peers });
    const name = [nameOf(file), on, ...(peers === undefined ? [] : [peers])].join("-");
    const own = peers === undefined ? { ...options, on } : { ...options, on, peers };
    return { name, file, text, scenario, on, seed, repeat, commandOf: (from) => commandOf(file, from, own) };
  });
}

function textOf(file: string, place: SuiteRun["place"]): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ScenarioProblem(`${place}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The scenario with the peers and the preset of the command line. What it says itself of its timing counts before. */
function asAsked(
  scenario: Scenario,
  { peers, preset }: { [K in "peers" | "preset"]?: Options[K] | undefined },
): Scenario {
  const timing = preset === undefined ? scenario.timing : { preset, ...scenario.timing };
  return { ...scenario, peers: peers ?? scenario.peers, timing };
}

/** Settles as `asked` does, but rejects with Misused. */
export async function orMisused<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    throw new Misused(error instanceof Error ? error.message : String(error));
  });
}

/** The command line that runs this with the seed; `what` is the file of a scenario, or "--random". */
function commandOf(what: string, seed: number, { on, ...given }: Options): string {
  const more: (string | number)[][] = (["minutes", "faults", "peers", "preset", "image", "project"] as const).map(
    (option) => {
      const value = given[option];
      return value === undefined ? [] : [`--${option}`, typeof value === "object" ? value.join() : value];
    },
  );
  for (const option of ["tls", "strict"] as const) if (given[option] === true) more.push([`--${option}`]);
  if (given.beside !== undefined) more.push(["--beside", quoted(given.beside)]);
  return ["npm run chaos --", what, "--on", on, ...more.flat(), "--seed", seed].join(" ");
}

/** The text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function nameOf(file: string): string {
  return basename(file).replace(/\.ya?ml$/, "");
}
