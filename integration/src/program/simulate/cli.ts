#!/usr/bin/env node
import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { PLAIN_RULE, PRESETS, resolveTiming, type Preset, type ProtocolTiming } from "gossip-peer";
import { Violation, type LinkSettings } from "gossip-peer/simulator";
import { MEASURED_CHANGES, measure, type MeasuredChange } from "../../cluster/simulated/measure.js";
import { someOf } from "../../lib/list-option.js";
import { onClosedOutput } from "../../lib/interruption.js";
import { number, whole } from "../../lib/number-option.js";
import { tally, tallyText } from "../../experiment/sometimes.js";
import { loadScenario } from "../../scenario/load.js";
import { isMisuse } from "../misused.js";
import { check } from "./check.js";
import { Progress } from "./progress.js";
import { measurementText } from "./measurement-text.js";
import { runSimulated } from "./simulated-run.js";
import { problemOf as soakProblem, soak } from "./soak.js";

/**
 * The exit codes. 0: all held. 1: a check failed. 2: the command or the scenario was not understood, or cannot run on
 * the simulator.
 */
const EXIT = { held: 0, failed: 1, misused: 2 } as const;
const WORDS = { true: "PASS", false: "FAIL", unknown: "UNKNOWN" } as const;

interface RunOptions {
  readonly peers: number;
  readonly seconds: number;
  readonly seed: number;
  readonly scenario?: string;
  readonly faults: readonly MeasuredChange[] | "random";
  readonly each: number;
  readonly starved: number;
  readonly preset: Preset;
  readonly pingPeriod?: number;
  readonly plain?: boolean;
  readonly withoutNews?: boolean;
  readonly latency: number;
  readonly jitter: number;
  readonly loss: number;
  readonly strict?: boolean;
  readonly json?: boolean;
}

onClosedOutput(() => process.exit(EXIT.held)); // its reader, such as `head`, has seen enough

const program = new Command("simulate")
  .description("the protocol in virtual time: the same seed gives the same run, on every machine")
  .showHelpAfterError("(--help shows what there is)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.held : EXIT.misused));

program
  .command("run", { isDefault: true })
  .description("start peers through one seed, let things happen, report who learnt of it when and at what cost")
  .option("--peers <n>", "how many", whole(1, 20_000), 100)
  .option("--seconds <n>", "of virtual time", whole(1, 100_000), 60)
  .option("--seed <n>", "what all chance is drawn from", whole(0, 2 ** 31), 1)
  .option("--scenario <file>", "run this scenario instead; of the other options --seed, --strict and --json count")
  .option(
    "--faults <list>",
    `what happens: ${MEASURED_CHANGES.join(",")}; or random; or none`,
    faults,
    MEASURED_CHANGES,
  )
  .option("--each <n>", "how often each of them happens", whole(1, 10_000), 1)
  .option("--starved <n>", "peers that send and hear seconds late", whole(0, 20_000), 0)
  .addOption(new Option("--preset <name>", "the patience of the peers").choices(Object.keys(PRESETS)).default("lan"))
  .option("--ping-period <ms>", "the ping period, where it is not that of the preset", whole(10, 3_600_000))
  .option("--plain", "the plain rule: one failed exchange removes")
  .option("--without-news", "nothing is told ahead of the periodic exchange")
  .option("--latency <ms>", "of every link, one way", number(0, 60_000), 1)
  .option("--jitter <ms>", "up to so much more, evenly drawn", number(0, 60_000), 0)
  .option("--loss <percent>", "of messages lost", number(0, 100), 0)
  .option(
    "--strict",
    "a scenario fails also where a healthy peer is removed, a dead one is back, or a budget is missed",
  )
  .option("--json", "the report as JSON")
  .action(async (options: RunOptions) => {
    process.exitCode = options.scenario === undefined ? measured(options) : await scenario(options.scenario, options);
  });

program
  .command("soak")
  .description("random fault plans, one a seed, until one fails or there were enough")
  .option("--count <n>", "how many plans", whole(1, 10_000_000), 2000)
  .option("--from <seed>", "the first seed; by default one that was not used before", whole(0, 2 ** 31))
  .option("--codec", "every message through the codec and protobuf")
  .option("--json", "the outcome as JSON")
  .action(async ({ count, from, codec = false, json = false }: SoakArguments) => {
    const first = from ?? Math.floor(Date.now() / 1000) % 2 ** 31;
    if (!json) process.stdout.write(`seeds ${first} to ${first + count - 1}\n`);
    const soaked = await soak({ from: first, count, codec });
    const { runs, bites, seconds, sometimes } = soaked;
    const problem = soakProblem(soaked);
    const held = [`${runs} plans held; ${bites} faults bit; ${seconds.toFixed(1)} s`, ...sometimes.map(tallyText)];
    const text = problem ?? held.join("\n  ");
    process.stdout.write(`${json ? JSON.stringify({ from: first, ...soaked }, undefined, 2) : text}\n`);
    process.exitCode = problem === undefined ? EXIT.held : EXIT.failed;
  });

interface SoakArguments {
  readonly count: number;
  readonly from?: number;
  readonly codec?: boolean;
  readonly json?: boolean;
}

program
  .command("check")
  .description("every scenario with several seeds, and random plans")
  .argument("[files...]", "these scenarios instead of all, and no plans")
  .option("--seeds <n>", "for each scenario", whole(1, 10_000), 20)
  .option("--plans <n>", "random plans", whole(1, 100_000), 200)
  .addOption(new Option("--results <file>", "write the totals there, as JSON"))
  .action(async (files: string[], { seeds, plans: most, results }: CheckArguments) => {
    const plans = files.length > 0 ? 0 : most;
    process.exitCode = await understood(async () => {
      const totals = await check({ files, seeds, plans, codecPlans: Math.ceil(plans / 10) });
      if (results !== undefined) writeFileSync(results, JSON.stringify(totals));
      process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`);
      return totals.failed === 0 ? EXIT.held : EXIT.failed;
    });
  });

interface CheckArguments {
  readonly seeds: number;
  readonly plans: number;
  readonly results?: string;
}

await program.parseAsync();

function measured(options: RunOptions): number {
  const { peers, seconds, seed, faults: changes, each, starved, json = false } = options;
  const progress = new Progress();
  try {
    const measurement = measure({
      peers,
      durationMs: seconds * 1000,
      seed,
      timing: timingOf(options),
      link: linkOf(options),
      changes,
      each,
      starved,
      progress: (nowMs) => {
        progress.show(() => `${(nowMs / 1000).toFixed(1)} of ${seconds} virtual seconds`);
      },
    });
    progress.clear();
    const wall = `${progress.seconds.toFixed(1)} s, ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`;
    process.stdout.write(
      json ? `${JSON.stringify(measurement, undefined, 2)}\n` : `${measurementText(measurement)}\ntook ${wall}\n`,
    );
    return EXIT.held;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    progress.clear();
    process.stderr.write(`simulate: seed ${seed}: ${error.message}\n`);
    return EXIT.failed;
  }
}

function timingOf({
  preset,
  pingPeriod: pingPeriodMs,
  plain = false,
  withoutNews = false,
}: RunOptions): ProtocolTiming {
  return resolveTiming({ preset, pingPeriodMs, ...(plain && PLAIN_RULE), ...(withoutNews && { newsFanout: 0 }) });
}

function linkOf({ latency, jitter, loss }: RunOptions): Partial<LinkSettings> {
  return { latencyMs: latency, jitterMs: jitter, loss: loss / 100 };
}

function scenario(file: string, { seed, strict = false, json = false }: RunOptions): Promise<number> {
  return understood(async () => {
    const read = loadScenario(file);
    const { outcome, judgement } = await runSimulated(read, seed, { strict });
    const { verdict, reason, matrix, record } = outcome;
    const tookMs = record === undefined ? 0 : record.toMs - record.fromMs;
    const sometimes = tally(read, judgement === undefined ? [] : [judgement]);
    const lines = sometimes.map((each) => `sometimes ${tallyText(each)}`);
    const text = [`${WORDS[verdict]} ${reason}`, matrix, ...lines, `${(tookMs / 1000).toFixed(1)} virtual seconds`];
    const result = { verdict, seed, message: reason, matrix, tookMs, sometimes };
    process.stdout.write(`${json ? JSON.stringify(result, undefined, 2) : text.join("\n")}\n`);
    if (verdict === "unknown") return EXIT.misused;
    return verdict === "true" ? EXIT.held : EXIT.failed;
  });
}

/** What `run` resolves to; the code for misuse, with what was wrong, when a scenario could not be read. */
async function understood(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!isMisuse(error)) throw error;
    process.stderr.write(`simulate: ${error.message}\n`);
    return EXIT.misused;
  }
}

function faults(text: string): readonly MeasuredChange[] | "random" {
  if (text === "random") return text;
  if (text === "none") return [];
  return someOf(MEASURED_CHANGES)(text);
}
