#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from "commander";
import { PRESETS } from "gossip-peer";
import { DEFAULT_PROJECT } from "../../cluster/compose/default-project.js";
import { PLATFORMS } from "../../experiment/experiment.js";
import { onInterruption } from "../../lib/interruption.js";
import { someOf } from "../../lib/list-option.js";
import { number, share, whole } from "../../lib/number-option.js";
import { WALL_TIME_IS, wallTimeMs } from "../../lib/wall-time.js";
import { isMisuse, Misused } from "../misused.js";
import { compareReports } from "./compare.js";
import { dryRun } from "./dry-run.js";
import { sayer, type Options } from "./options.js";
import { planFiles, planRandom, planSuite, USUAL_MINUTES, type Plan } from "./planned.js";
import { DRAWN_WORDS } from "./random.js";
import { runAll } from "./run-all.js";
import { loadSuite } from "./suite.js";

/** The exit code for each verdict; 2 also for a command line or a scenario file that is wrong. */
const EXIT = { true: 0, false: 1, unknown: 2, misused: 2 } as const;

/** What a suite says itself, and the command line may not say besides. */
const SAID_BY_SUITE = ["all", "random", "minutes", "faults", "on", "peers", "repeat", "keep"] as const;

const program = new Command("chaos")
  .description(
    "run scenarios on a cluster that is made for it, or on a Compose project that runs: steady state, faults, healed, steady state; judged and reported",
  )
  .argument("[files...]", "scenarios, as integration/scenarios/split-and-heal.yaml")
  .addOption(new Option("--on <platform>", "where").choices(PLATFORMS).default("docker"))
  .option("--all", "every scenario of the project")
  .option("--suite <file>", "the scenarios, platforms, sizes and repeats of a suite, as integration/suites/quick.yaml")
  .option("--random", "instead of files: faults that are drawn from the seed")
  .option("--minutes <m>", `with --random: for how long faults happen (default: ${USUAL_MINUTES})`, number(0.1, 600))
  .option(
    "--faults <list>",
    `with --random: draw from these: ${DRAWN_WORDS.join(",")} (default: all)`,
    someOf(DRAWN_WORDS),
  )
  .option("--peers <n>", "how many, instead of what the scenario says", whole(1, 10_000))
  .addOption(
    new Option("--preset <name>", "the patience of the peers, where the scenario does not say").choices(
      Object.keys(PRESETS),
    ),
  )
  .option("--seed <n>", "what all chance is drawn from", whole(0, 2 ** 31), 1)
  .option("--repeat <k>", "so many runs, each with the next seed", whole(1, 1000), 1)
  .option("--strict", "false also where a healthy peer is removed, one that is down is back, or a budget is missed")
  .option("--beside <command>", "run this in a shell meanwhile, with the peers in CHAOS_PEERS; false where it fails")
  .option("--image <image>", "on Docker: peers of this image instead of the project's own; of several by turns: a,b")
  .option("--tls", "on Docker: peers have certificates, and speak over TLS")
  .option("--project <name>", `on Compose: the project that runs (default: ${DEFAULT_PROJECT})`)
  .option("--keep", "keep the cluster as it is at the end, until Ctrl-C")
  .option("--fail-fast", "run nothing more after a verdict that is not true")
  .option("--budget <time>", "how long all runs may take, as 20m; what does not fit is not run", wallTime)
  .option("--dry-run", "say what would be done to which peers, and run nothing")
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
  onInterruption(() => {
    abort(end);
  });
  try {
    if (options.compare === true) {
      const { out, tolerance, json = false } = options;
      const isWorse = compareReports(files, { tolerance, out, json, say: sayer(options) });
      return isWorse ? EXIT.false : EXIT.true;
    }
    const plan = await planOf(files, options, end);
    return EXIT[await (options.dryRun === true ? dryRun(plan.planned, options) : runAll(plan))];
  } catch (error) {
    if (!isMisuse(error)) throw error;
    process.stderr.write(`chaos: ${error.message}\n`);
    return EXIT.misused;
  }
}

/** Reads everything that is to run before the first does. Rejects with Misused or a ScenarioProblem. */
async function planOf(files: readonly string[], options: Options, end: AbortController): Promise<Plan> {
  const { budget: budgetMs, failFast = false } = options;
  if (options.suite === undefined) {
    const planned = options.random === true ? await planRandom(files, options) : planFiles(files, options);
    return { planned, options, title: undefined, budgetMs, failFast, end };
  }
  const twice = SAID_BY_SUITE.find((name) => program.getOptionValueSource(name) === "cli");
  if (files.length > 0 || twice !== undefined)
    throw new Misused(
      `the suite says what is run; ${twice === undefined ? "files go" : `--${twice} goes`} without --suite`,
    );
  const suite = loadSuite(options.suite);
  return {
    planned: planSuite(suite, options),
    options,
    title: suite.title,
    budgetMs: budgetMs ?? suite.budgetMs,
    failFast: failFast || suite.failFast,
    end,
  };
}

function wallTime(text: string): number {
  const ms = wallTimeMs(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError(`It must be ${WALL_TIME_IS}.`);
}

function abort(end: AbortController): void {
  end.abort(new Error("interrupted"));
}
