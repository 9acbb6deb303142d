import { InvalidArgumentError, type Command } from "commander";
import type { PeerMeta } from "gossip-peer";
import type { NetworkFaults } from "../fault/network.js";
import { DEFAULT_PROJECT } from "../cluster/compose/default-project.js";
import { whole } from "../lib/number-option.js";
import { durationMs, kbitsOf, shareOf } from "../scenario/durations.js";
import { ScenarioProblem } from "../scenario/problem.js";
import { isBandwidth, isDuration, isShare } from "../scenario/schema.js";
import { peers as named } from "../lib/text.js";
import { LIFE_VERBS, LIFE_WORDS, type LifeVerb } from "../fault/verbs.js";
import { deed, heal, live, MOST_PEERS, partition, scale, setMeta, type Deed } from "../control/deeds.js";
import { healFrom, standingIn } from "../experiment/heal-journal.js";
import { BreakableProject } from "../cluster/compose/project.js";
import { choose } from "../control/selection.js";
import { rows, table } from "../control/status.js";

interface Common {
  readonly project: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
}
type WithPeers = Common & { readonly peers: string };

const PEERS = "which: 2,3 or 1-4, any, 2 of, 30%, everyone";

/** Adds the commands that look at a running Compose project, break it and heal it. */
export function addCommands(program: Command): void {
  common(
    program.command("status").description("every peer: its address, state, side, faults, and how many it sees"),
  ).action(status);
  for (const verb of Object.keys(LIFE_VERBS) as LifeVerb[]) {
    selecting(program.command(verb).description(LIFE_WORDS[verb])).action((options: WithPeers) =>
      does(options, (project) => live(project, verb, options.peers)),
    );
  }
  addCuts(program);
  addSlowness(program);
  doing(
    program
      .command("heal")
      .description(
        "end all faults of network and CPU, resume the frozen, remove what ended test runs left; start starts who is down",
      ),
  )
    .option("--journal <file>", "also undo what a chaos run that was killed wrote there: reports/…/journal.jsonl")
    .action((options: Common & { journal?: string }) => does(options, (project) => healWith(project, options.journal)));
  doing(program.command("scale").description("start or end peers, so that there are so many"))
    .argument("<count>", "how many", whole(1, MOST_PEERS))
    .action((count: number, options: Common) => does(options, (project) => scale(project, count)));
  addTelling(program);
}

function addCuts(program: Command): void {
  const side = (text: string, before: readonly string[] = []): string[] => [...before, text];
  doing(
    program
      .command("partition")
      .description("let nothing through between sides, each lives on by itself; what was cut before is open again"),
  )
    .requiredOption("--side <peers>", "a side, two or more times; the last may be: the rest", side)
    .action((options: Common & { side: string[] }) => does(options, (project) => partition(project, options.side)));
  selecting(program.command("isolate").description("cut each of them off from everybody")).action(
    (options: WithPeers) =>
      does(options, (project) => {
        const hermits = choose(options.peers, project.replicas);
        const rest = project.replicas.map(({ number }) => number).filter((number) => !hermits.includes(number));
        const sides = [...hermits.map((each) => [each]), ...(rest.length > 0 ? [rest] : [])];
        return deed(`isolate ${named(hermits)}`, hermits, () => project.cut(between(sides)));
      }),
  );
  doing(program.command("cut").description("let nothing through in one direction"))
    .requiredOption("--from <peers>", `who is not heard; ${PEERS}`)
    .requiredOption("--to <peers>", "who does not hear them; also: the rest")
    .action((options: Common & { from: string; to: string }) =>
      does(options, (project) => {
        const from = choose(options.from, project.replicas);
        const to = choose(options.to, project.replicas, from);
        const both = from.find((number) => to.includes(number));
        if (both !== undefined) throw new ScenarioProblem(`peer ${both} cannot be cut off from itself`);
        return {
          what: `cut the way from ${named(from)} to ${named(to)}`,
          details: { from, to },
          perform: () => project.cut([[from, to]]).then(() => undefined),
        };
      }),
    );
}

function addSlowness(program: Command): void {
  const faulty = (options: WithPeers, what: string, faults: Partial<NetworkFaults>): Promise<void> =>
    does(options, (project) => {
      const numbers = choose(options.peers, project.replicas);
      return {
        ...deed(`${what} ${named(numbers)}`, numbers, () => project.break(numbers, faults)),
        details: { peers: numbers, ...faults },
      };
    });
  selecting(program.command("loss").description("lose a share of the packets that others send them; 0% ends it"))
    .argument("<share>", "as 20%", checked(isShare, "a share below 100%, as 20%"))
    .action((share: string, options: WithPeers) =>
      faulty(options, `lose ${share} of what reaches`, { loss: shareOf(share) }),
    );
  selecting(program.command("delay").description("send what they send later"))
    .argument("<duration>", "as '100 ms'", checked(isDuration, "a duration, as '100 ms'"))
    .option("--jitter <duration>", "up to so much more or less", checked(isDuration, "a duration, as '20 ms'"), "0 ms")
    .action((duration: string, options: WithPeers & { jitter: string }) => {
      const delay = { latencyMs: inMs(duration), jitterMs: inMs(options.jitter) };
      return faulty(options, `delay by ${duration} what is sent by`, { delay });
    });
  selecting(program.command("bandwidth").description("let them send no more than so much a second"))
    .argument("<rate>", "as '256 kbit' or '1 mbit'", checked(isBandwidth, "a bandwidth above 0, as '256 kbit'"))
    .action((rate: string, options: WithPeers) =>
      faulty(options, `limit to ${rate} a second what is sent by`, { kbits: kbitsOf(rate) }),
    );
  selecting(program.command("cpu").description("give each at most a share of one CPU"))
    .argument(
      "<share>",
      "as 10%, or none for no limit",
      checked((text) => text === "none" || isShare(text), "a share, as 10%, or none"),
    )
    .action((limit: string, options: WithPeers) =>
      does(options, (project) => {
        const numbers = choose(options.peers, project.replicas);
        const share = limit === "none" ? undefined : shareOf(limit);
        if (share === 0) throw new ScenarioProblem("no CPU at all is a pause; the share must be above 0%");
        return deed(`limit ${named(numbers)} to ${limit === "none" ? "what is normal" : limit} of a CPU`, numbers, () =>
          project.limitCpu(numbers, share),
        );
      }),
    );
}

function addTelling(program: Command): void {
  const tag = (text: string, before: readonly string[] = []): string[] => {
    if (!text.includes("=")) throw new InvalidArgumentError("It must be key=value.");
    return [...before, text];
  };
  selecting(program.command("set-meta").description("replace what they say of themselves"))
    .option("--name <name>", "what they call themselves")
    .option("--tag <key=value>", "also several times", tag)
    .action((options: WithPeers & { name?: string; tag?: string[] }) =>
      does(options, (project) => setMeta(project, options.peers, metaOf(options))),
    );
  selecting(program.command("add-seed").description("give them one more address to try"))
    .argument("<address>", "host:port")
    .action((address: string, options: WithPeers) =>
      does(options, (project) => {
        const numbers = choose(options.peers, project.replicas);
        return deed(`add the seed ${address} to ${named(numbers)}`, numbers, () =>
          project.tell(numbers, ["add-seed", address]),
        );
      }),
    );
}

async function status(options: Common): Promise<void> {
  using project = await BreakableProject.open(options.project);
  const [patients, views] = await Promise.all([project.patients(), project.views()]);
  const all = rows(patients, views);
  say(options.json === true ? JSON.stringify(all, undefined, 2) : table(all));
}

/** Also from a journal, which says what is wrong with it before anything is done. */
function healWith(project: BreakableProject, journal: string | undefined): Deed {
  if (journal === undefined) return heal(project);
  standingIn(journal, project.name);
  return heal(project, () => healFrom(journal, project));
}

/** Opens the project, decides what is to be done, and does it unless it is a dry run. */
async function does(options: Common, decide: (project: BreakableProject) => Deed): Promise<void> {
  using project = await BreakableProject.open(options.project);
  const { what, details, perform } = decide(project);
  const isDone = options.dryRun !== true;
  const more = isDone ? await perform() : undefined;
  if (options.json === true) say(JSON.stringify({ done: isDone, what, ...details }));
  else say([`${isDone ? "done" : "would"}: ${what}`, more ?? ""].join("\n").trimEnd());
}

function between(sides: readonly (readonly number[])[]): [readonly number[], readonly number[]][] {
  return sides.flatMap((side) =>
    sides.filter((other) => other !== side).map((other) => [side, other] as [typeof side, typeof side]),
  );
}

function common(command: Command): Command {
  return command.option("--project <name>", "the Compose project", DEFAULT_PROJECT).option("--json", "as JSON");
}

function doing(command: Command): Command {
  return common(command).option("--dry-run", "say what would be done, and do nothing");
}

function selecting(command: Command): Command {
  return doing(command).requiredOption("--peers <peers>", PEERS);
}

function checked(isRight: (text: string) => boolean, right: string): (text: string) => string {
  return (text) => {
    if (isRight(text)) return text;
    throw new InvalidArgumentError(`It must be ${right}.`);
  };
}

function metaOf({ name, tag = [] }: { readonly name?: string; readonly tag?: readonly string[] }): PeerMeta {
  const tags = Object.fromEntries(
    tag.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]),
  );
  return { ...(name === undefined ? {} : { name }), tags };
}

/** Without a cluster's timing at hand there are no periods. */
function inMs(duration: string): number {
  if (duration.includes("period")) throw new ScenarioProblem("a duration here is in ms, s or min");
  return durationMs(duration, { pingPeriodMs: NaN });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
