import { InvalidArgumentError, Option, type Command as Program } from "commander";
import { BreakableProject } from "../cluster/compose/breakable-project.js";
import { DEFAULT_PROJECT } from "../cluster/compose/default-project.js";
import {
  alongLinks,
  alongWays,
  carryOut,
  commandLineOf,
  heal,
  isolate,
  MOST_PEERS,
  partition,
  scale,
  toPeers,
  type Command,
} from "../control/commands.js";
import { Draws } from "../control/selection.js";
import { conditionsOf, table } from "../control/status.js";
import { healFrom, standingIn } from "../experiment/heal-journal.js";
import type { CommandKind } from "../fault/fault.js";
import type { OptionValue, Value, Values } from "../fault/kind.js";
import { COMMANDS, isLifeKind, isLinkKind, isWayKind } from "../fault/kinds.js";
import { whole } from "../lib/number-option.js";
import { ScenarioProblem } from "../scenario/problem.js";

interface Common {
  readonly project: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly seed?: number;
}
type WithPeers = Common & { readonly peers: string };

/** What a command acts on: peers, or the links from some to others. */
interface Targets {
  readonly peers: string;
  readonly from: string;
  readonly to: string;
}

const PEERS = "which: 2,3 or 1-4, any, 2 of, 30%, everyone";

/** Adds the commands that show, break and heal the peers of a running Compose project. */
export function addCommands(program: Program): void {
  withProject(
    program.command("status").description("every peer: its address, state, side, faults, and how many it sees"),
  ).action(status);
  for (const kind of COMMANDS.filter(isLifeKind)) addFault(program, kind);
  addPartitions(program);
  for (const kind of COMMANDS.filter((each) => !isLifeKind(each))) addFault(program, kind);
  withDryRun(
    program
      .command("heal")
      .description(
        "end all faults of network, CPU and memory, resume the frozen, remove what ended test runs left; start starts who is down",
      ),
  )
    .option("--journal <file>", "also undo what a chaos run that was killed wrote there: reports/…/journal.jsonl")
    .action((options: Common & { journal?: string }) => run(options, (project) => healWith(project, options.journal)));
  withDryRun(program.command("scale").description("start or end peers, so that there are so many"))
    .argument("<count>", "how many", whole(1, MOST_PEERS))
    .action((count: number, options: Common) => run(options, (project) => scale(project, count)));
}

/** Adds the command for a kind of fault, with the argument and options that the fault's values are read from. */
function addFault(program: Program, kind: CommandKind): void {
  const { help, argument, options = [] } = commandLineOf(kind);
  const command = withSeed(program.command(kind).description(help));
  if (argument !== undefined) command.argument(argument.placeholder, argument.help, checked(argument));
  if (isWayKind(kind)) {
    command
      .requiredOption("--from <peers>", `who is not heard; ${PEERS}`)
      .requiredOption("--to <peers>", "who does not hear them; also: the rest")
      .action((given: Common & { from: string; to: string }) =>
        run(given, (project, draws) => alongWays(project, kind, given.from, given.to, draws)),
      );
    return;
  }
  if (isLinkKind(kind))
    command
      .option("--peers <peers>", PEERS)
      .option("--from <peers>", "instead of --peers: only on the links from these")
      .option("--to <peers>", "to these; also: the rest");
  else command.requiredOption("--peers <peers>", PEERS);
  for (const each of options) command.addOption(optionFor(each));
  command.action((...all: unknown[]) => {
    const given = all[argument === undefined ? 0 : 1] as Common & Partial<Targets> & Values;
    const values = argument === undefined ? given : { ...given, [argument.name]: String(all[0]) };
    return run(given, (project, draws) => onTargets(project, kind, given, values, draws));
  });
}

/** The command for peers or, where these are given, for links. Throws a ScenarioProblem where it is for both or neither. */
function onTargets(
  project: BreakableProject,
  kind: CommandKind,
  targets: Partial<Targets>,
  values: Values,
  draws: Draws,
): Command {
  const { peers, from, to } = targets;
  if (peers !== undefined && from === undefined && to === undefined)
    return toPeers(project, kind, peers, values, draws);
  if (peers === undefined && from !== undefined && to !== undefined && isLinkKind(kind))
    return alongLinks(project, kind, { from, to }, values, draws);
  throw new ScenarioProblem(`${kind} is for --peers, or for the links --from peers --to others`);
}

/** Adds the commands that close all ways between groups of peers. */
function addPartitions(program: Program): void {
  const side = (text: string, before: readonly string[] = []): string[] => [...before, text];
  withSeed(
    program
      .command("partition")
      .description("let nothing through between sides, each lives on by itself; what was cut before is open again"),
  )
    .requiredOption("--side <peers>", "a side, two or more times; the last may be: the rest", side)
    .action((options: Common & { side: string[] }) =>
      run(options, (project, draws) => partition(project, options.side, "cut", draws)),
    );
  withSeed(program.command("isolate").description("cut each of them off from everybody"))
    .requiredOption("--peers <peers>", PEERS)
    .action((options: WithPeers) => run(options, (project, draws) => isolate(project, options.peers, draws)));
}

async function status(options: Common): Promise<void> {
  using project = await BreakableProject.open(options.project);
  const [broken, views] = await Promise.all([project.brokenPeers(), project.views()]);
  const all = conditionsOf(broken, views);
  say(options.json === true ? JSON.stringify(all, undefined, 2) : table(all));
}

/**
 * The command that heals, also by a journal if one is given. Throws a ScenarioProblem when the journal does not fit.
 */
function healWith(project: BreakableProject, journal: string | undefined): Command {
  if (journal === undefined) return heal(project);
  standingIn(journal, project.name);
  return heal(project, () => healFrom(journal, project));
}

/**
 * Opens the project and decides on the command; carries it out unless this is a dry run, and prints the result, with the
 * seed where peers were drawn.
 */
async function run(options: Common, decide: (project: BreakableProject, draws: Draws) => Command): Promise<void> {
  using project = await BreakableProject.open(options.project);
  const draws = new Draws(options.seed);
  const command = decide(project, draws);
  const { what, details } = command;
  const isDone = options.dryRun !== true;
  const more = isDone ? await carryOut(project, command) : undefined;
  const drawn = draws.hasDrawn ? ` (drawn with --seed ${draws.seed})` : "";
  if (options.json === true)
    say(JSON.stringify({ done: isDone, what, ...details, ...(draws.hasDrawn && { seed: draws.seed }) }));
  else say([`${isDone ? "done" : "would"}: ${what}${drawn}`, more ?? ""].join("\n").trimEnd());
}

function withProject(command: Program): Program {
  return command.option("--project <name>", "the Compose project", DEFAULT_PROJECT).option("--json", "as JSON");
}

function withDryRun(command: Program): Program {
  return withProject(command).option("--dry-run", "say what would be done, and do nothing");
}

/** For a command that chooses peers. */
function withSeed(command: Program): Program {
  return withDryRun(command).option("--seed <n>", "what peers are drawn from", whole(0, 2 ** 31));
}

function optionFor(value: OptionValue): Option {
  const { name, placeholder, help, initial, isList = false } = value;
  const check = checked(value);
  const option = new Option(`--${name} ${placeholder}`, help);
  if (initial !== undefined) option.default(initial);
  if (isList) option.argParser((text, before: readonly string[] | undefined) => [...(before ?? []), check(text)]);
  else option.argParser(check);
  return option;
}

/**
 * A parser for commander that takes a right value as it is; else it throws an error that says what the value must be.
 */
function checked({ isRight = () => true, right = "something else" }: Value): (text: string) => string {
  return (text) => {
    if (isRight(text)) return text;
    throw new InvalidArgumentError(`It must be ${right}.`);
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
