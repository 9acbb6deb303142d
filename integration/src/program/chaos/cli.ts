#!/usr/bin/env node
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { DEFAULT_PROJECT } from "../../cluster/compose/default-project.js";
import { number, share, whole } from "../../lib/number-option.js";
import { parseScenario, type Scenario } from "../../scenario/load.js";
import { ScenarioProblem } from "../../scenario/problem.js";
import { summaryText } from "../../report/summary.js";
import { PAGE, writeJunit } from "../../report/write.js";
import { PlainDisplay, ScreenDisplay, titleOf } from "./display.js";
import { orSay, runBatch, togetherOf, type BatchOutcome } from "./batch.js";
import { PLATFORMS, worst, type Platform } from "../../experiment/experiment.js";
import { compareReports } from "./compare.js";
import { folderNow, newFolder } from "./folders.js";
import { keepUntil } from "./keep.js";
import { Misused } from "./misused.js";
import { lacksOf, openerOf, peersThere } from "./platforms.js";
import {
  DRAWN_WORDS,
  drawExperiment,
  faultWords,
  lotsFor,
  planText,
  simulateAgain,
  writePlan,
  type RandomExperiment,
} from "./random.js";

/** The exit code for each verdict; 2 also for a command line or a scenario file that is wrong. */
const EXIT = { true: 0, false: 1, unknown: 2, misused: 2 } as const;

const FOLDER = fileURLToPath(new URL("../../../scenarios/", import.meta.url));

interface Options {
  readonly on: Platform;
  readonly peers?: number;
  readonly seed: number;
  readonly repeat: number;
  readonly strict?: boolean;
  readonly image?: string;
  readonly tls?: boolean;
  readonly project?: string;
  readonly keep?: boolean;
  readonly compare?: boolean;
  readonly tolerance: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly random?: boolean;
  readonly minutes?: number;
  readonly faults?: readonly string[];
}

interface Loaded {
  /** The name of the file; of a random experiment, a name with its seed. */
  readonly file: string;
  readonly text: string;
  readonly scenario: Scenario;
  readonly random?: RandomExperiment;
}

/** For how long faults happen in a random experiment, in minutes, unless said otherwise. */
const USUAL_MINUTES = 1;

const program = new Command("chaos")
  .description(
    "run scenarios on a cluster that is made for it, or on a Compose project that runs: steady state, faults, healed, steady state; judged and reported",
  )
  .argument("[files...]", "scenarios, as integration/scenarios/split-and-heal.yaml")
  .addOption(new Option("--on <platform>", "where").choices(PLATFORMS).default("docker"))
  .option("--all", "every scenario of the project")
  .option("--random", "instead of files: faults that are drawn from the seed")
  .option("--minutes <m>", `with --random: for how long faults happen (default: ${USUAL_MINUTES})`, number(0.1, 600))
  .option("--faults <list>", `with --random: draw from these: ${DRAWN_WORDS.join(",")} (default: all)`, faultWords)
  .option("--peers <n>", "how many, instead of what the scenario says", whole(1, 10_000))
  .option("--seed <n>", "what all chance is drawn from", whole(0, 2 ** 31), 1)
  .option("--repeat <k>", "so many runs, each with the next seed", whole(1, 1000), 1)
  .option("--strict", "false also where a healthy peer is removed, one that is down is back, or a budget is missed")
  .option("--image <image>", "on Docker: peers of this image instead of the project's own; of several by turns: a,b")
  .option("--tls", "on Docker: peers have certificates, and speak over TLS")
  .option("--project <name>", `on Compose: the project that runs (default: ${DEFAULT_PROJECT})`)
  .option("--keep", "keep the cluster as it is at the end, until Ctrl-C")
  .option("--compare", "say what is worse in the second of two reports than in the first, and run nothing")
  .addOption(
    new Option("--tolerance <share>", "with --compare: a time or a load that is so much more is the same")
      .argParser(share)
      .default(0.2, "20%"),
  )
  .option("--out <dir>", "where the reports go (default: a new folder in reports/)")
  .option("--json", "the outcome as JSON on standard output, all else on standard error")
  .showHelpAfterError("(--help shows what there is)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.true : EXIT.misused))
  .action(async (files: string[], options: Options) => {
    process.exitCode = await main(files, options);
  });

await program.parseAsync();

async function main(files: readonly string[], options: Options): Promise<number> {
  const end = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      abort(end);
    });
  // The reader of the output may go away. The experiment is then aborted, which still heals all faults.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => {
      abort(end);
    });
  }
  try {
    if (options.compare === true) {
      const { out, tolerance, json = false } = options;
      const isWorse = compareReports(files, { tolerance, out, json, say: sayer(options) });
      return isWorse ? EXIT.false : EXIT.true;
    }
    const loaded = options.random === true ? await draw(files, options) : load(files, options);
    const outcomes = await runAll(loaded, options, end);
    return EXIT[worst(outcomes.map(({ verdict }) => verdict))];
  } catch (error) {
    const isMisuse =
      error instanceof Misused || error instanceof ScenarioProblem || (error instanceof Error && "code" in error);
    if (!isMisuse) throw error;
    process.stderr.write(`chaos: ${error.message}\n`);
    return EXIT.misused;
  }
}

/** Prints where the JSON does not go. */
function sayer({ json = false }: Options): (text: string) => void {
  return (text) => void process[json ? "stderr" : "stdout"].write(`${text}\n`);
}

function abort(end: AbortController): void {
  end.abort(new Error("interrupted"));
}

/**
 * Reads all scenarios before the first runs, so that a bad one changes nothing. Throws Misused or a ScenarioProblem.
 */
function load(files: readonly string[], options: Options): Loaded[] {
  const { all = false, peers, minutes, faults } = options;
  if (all === files.length > 0) throw new Misused("name scenario files, or give --all (--help shows what there is)");
  if (minutes !== undefined || faults !== undefined) throw new Misused("--minutes and --faults go with --random");
  expectSense(options, all || files.length > 1);
  return (all ? allFiles() : files).map((file) => {
    const text = readFileSync(file, "utf8");
    const scenario = parseScenario(text, file);
    return { file, text, scenario: peers === undefined ? scenario : { ...scenario, peers } };
  });
}

/** Draws all experiments before the first runs. Rejects with Misused. */
async function draw(files: readonly string[], options: Options): Promise<Loaded[]> {
  const { all = false, on, seed: first, repeat, minutes = USUAL_MINUTES, project = DEFAULT_PROJECT } = options;
  if (all || files.length > 0) throw new Misused("--random draws what happens: it goes with no files and no --all");
  expectSense(options, false);
  const choice = lotsFor(options.faults ?? DRAWN_WORDS, await orMisused(lacksOf(on)));
  const peers = options.peers ?? (await orMisused(peersThere(on, project)));
  return Array.from({ length: repeat }, (_, at) => {
    const seed = first + at;
    const command = commandOf("--random", seed, options);
    const random = drawExperiment({ seed, minutes, peers, on, choice, command });
    return { file: `random-${seed}`, text: random.text, scenario: random.scenario, random };
  });
}

/** Throws Misused for options that contradict each other. `areMany`: whether there are several scenarios. */
function expectSense(
  { peers, image, tls = false, project, on, keep = false, repeat }: Options,
  areMany: boolean,
): void {
  if (image !== undefined && on !== "docker") throw new Misused("--image goes with --on docker");
  if (tls && on !== "docker") throw new Misused("--tls goes with --on docker");
  if (project !== undefined && on !== "compose") throw new Misused("--project goes with --on compose");
  if (peers !== undefined && on === "compose")
    throw new Misused("a project has as many peers as it has; change that first: npm run testbed -- scale N");
  if (keep && (on === "simulator" || areMany || repeat > 1))
    throw new Misused(
      "--keep goes with one run of one scenario, and not with the simulator: nothing of that can be kept",
    );
}

async function orMisused<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    throw new Misused(error instanceof Error ? error.message : String(error));
  });
}

function allFiles(): string[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".yaml"));
  return files.sort().map((file) => relative(process.cwd(), join(FOLDER, file)));
}

async function runAll(loaded: readonly Loaded[], options: Options, end: AbortController): Promise<BatchOutcome[]> {
  const { on, json = false, image, tls, project = DEFAULT_PROJECT } = options;
  const open = await openerOf(on, { image, project, tls });
  const count = await orMisused(peersThere(on, project));
  const isOne = loaded.length === 1;
  const folder = options.out ?? newFolder(folderNow(whatOf(loaded)));
  const say = sayer(options);
  const outcomes: { readonly file: string; readonly batch: BatchOutcome; readonly wallMs: number }[] = [];
  for (const { file, text, scenario: read, random } of loaded) {
    if (end.signal.aborted) break;
    const own = isOne ? folder : newFolder(join(folder, nameOf(file)));
    const written = random === undefined ? read : writePlan(own, random);
    if (random !== undefined) say(planText(random, written.file));
    const scenario = { ...written, peers: count ?? written.peers };
    if (scenario.peers !== written.peers)
      say(
        `${file} asks for ${written.peers} peers; the project ${project} has ${scenario.peers}, and it runs with those`,
      );
    const begun = performance.now();
    const batch = await runBatch({
      scenario,
      text,
      on,
      open,
      project: on === "compose" ? project : undefined,
      seed: random?.plan.seed ?? options.seed,
      repeat: random === undefined ? options.repeat : 1,
      strict: options.strict,
      folder: own,
      commandOf: (seed) => commandOf(random === undefined ? file : "--random", seed, options),
      signal: end.signal,
      display: (title) => displayOf(titleOf(title), options, say, end),
      keep: options.keep === true ? (cluster) => keepUntil(cluster, end.signal, say) : undefined,
      say,
    });
    outcomes.push({ file, batch, wallMs: performance.now() - begun });
    if (random !== undefined && batch.verdict === "false") await simulateAgain(random, own, end.signal, say);
    if (!isOne) say("");
  }
  finish(outcomes, { folder, isOne, json, say });
  return outcomes.map(({ batch }) => batch);
}

function finish(
  outcomes: readonly { readonly file: string; readonly batch: BatchOutcome; readonly wallMs: number }[],
  { folder, isOne, json, say }: { folder: string; isOne: boolean; json: boolean; say: (text: string) => void },
): void {
  const rows = outcomes.map(({ file, batch, wallMs }) => {
    const { verdict, reason } = batch;
    return { scenario: nameOf(file), verdict, reason, wallMs };
  });
  if (!isOne) {
    orSay(say, () => {
      writeJunit(
        folder,
        outcomes.flatMap(({ batch }) => batch.runs.map(({ outcome }) => outcome)),
        outcomes.flatMap(({ batch }) => togetherOf(batch)),
      );
    });
    say(summaryText(rows));
  }
  say(`\nreport: ${join(folder, isOne ? PAGE : "")}`);
  if (!json) return;
  const result = outcomes.map(({ batch }, index) => ({
    ...rows[index],
    distributions: batch.distributions,
    sometimes: batch.sometimes,
    runs: batch.runs.map((run) => ({
      seed: run.outcome.seed,
      verdict: run.outcome.verdict,
      reason: run.outcome.reason,
      wallMs: run.outcome.wallMs,
      report: join(run.folder, PAGE),
      judgement: run.judgement,
    })),
  }));
  process.stdout.write(`${JSON.stringify(isOne ? result[0] : result, undefined, 2)}\n`);
}

/** A screen on a terminal, else plain lines. The simulator gets lines, since its runs end too fast to be watched. */
function displayOf(
  title: string,
  { on, json = false }: Options,
  say: (text: string) => void,
  end: AbortController,
): PlainDisplay | ScreenDisplay {
  const isWatched = process.stdout.isTTY && on !== "simulator" && !json;
  if (isWatched)
    return new ScreenDisplay(title, () => {
      abort(end);
    });
  say(title);
  return new PlainDisplay(say);
}

/** `what`: the file, or "--random". */
function commandOf(what: string, seed: number, { on, ...given }: Options): string {
  const more: (string | number)[][] = (["minutes", "faults", "peers", "image", "project"] as const).map((option) => {
    const value = given[option];
    return value === undefined ? [] : [`--${option}`, typeof value === "object" ? value.join() : value];
  });
  for (const option of ["tls", "strict"] as const) if (given[option] === true) more.push([`--${option}`]);
  return ["npm run chaos --", what, "--on", on, ...more.flat(), "--seed", seed].join(" ");
}

function nameOf(file: string): string {
  return basename(file).replace(/\.ya?ml$/, "");
}

function whatOf(loaded: readonly Loaded[]): string {
  const [first] = loaded;
  if (loaded.length === 1 && first !== undefined) return nameOf(first.file);
  return first?.random === undefined ? "all" : "random";
}
