import { Command, CommanderError } from "commander";
import { PRESETS, type Preset } from "gossip-peer";
import { someOf } from "../lib/list-option.js";
import { whole } from "../lib/number-option.js";
import { ROWS, type RowName } from "./contender.js";
import { RIVALS } from "./contenders.js";

/** What `npm run bench` is asked for. */
export interface Options {
  readonly peers: readonly number[];
  readonly rounds: number;
  readonly against: readonly string[];
  readonly rows: readonly RowName[];
  readonly seconds: number;
  readonly preset: readonly Preset[];
  readonly tls?: boolean;
  readonly json?: string;
  readonly html?: string;
  readonly svg?: string;
}

const EXIT = { measured: 0, misused: 2 } as const;
const MOST_PEERS = 200;
const PRESET_NAMES = Object.keys(PRESETS) as Preset[];

/** The options in these arguments. Where there is something wrong with them, or --help, the process says it and ends. */
export function optionsOf(args: readonly string[]): Options {
  return command()
    .showHelpAfterError("(--help shows what there is)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.measured : EXIT.misused))
    .parse(args, { from: "user" })
    .opts();
}

/** The rivals that these arguments name; undefined where there is something wrong with them, or --help. */
export function rivalsIn(args: readonly string[]): readonly string[] | undefined {
  try {
    const silent = command().exitOverride().configureOutput({ writeOut: nothing, writeErr: nothing });
    return silent.parse(args, { from: "user" }).opts<Options>().against;
  } catch (error) {
    if (error instanceof CommanderError) return undefined;
    throw error;
  }
}

function command(): Command {
  return new Command("bench")
    .description("measures our peers and others in containers, by turns: how fast news spreads, what rest costs")
    .option("--peers <list>", `how many containers, 3 to ${MOST_PEERS}; several with commas`, sizes, [10])
    .option("--rounds <n>", "clusters of each contender", whole(1, 100), 5)
    .option("--against <list>", `with whom to compare: ${Object.keys(RIVALS).join(",")}; or none`, rivals, [
      "serf-0.10",
    ])
    .option("--rows <list>", `what to measure: ${ROWS.join(",")}`, rows, [...ROWS])
    .option("--seconds <n>", "how long each is looked at: at rest, starved, under loss, in churn", whole(1, 3600), 30)
    .option("--preset <list>", `the patience of our peers: ${PRESET_NAMES.join(",")}`, presets, ["lan"])
    .option("--tls", "our peers also over TLS, with certificates")
    .option("--json <file>", "write all values as JSON")
    .option("--html <file>", "write a page with plots")
    .option("--svg <file>", "write the plots as one picture");
}

function sizes(text: string): number[] {
  return text.split(",").map(whole(3, MOST_PEERS));
}

function rivals(text: string): string[] {
  return text === "none" ? [] : [...new Set(someOf(Object.keys(RIVALS))(text))];
}

function presets(text: string): Preset[] {
  return [...new Set(someOf(PRESET_NAMES)(text))];
}

/** The rows in the order in which they are measured, whatever that of the option. */
function rows(text: string): RowName[] {
  const named = someOf(ROWS)(text);
  return ROWS.filter((row) => named.includes(row));
}

function nothing(): void {}
