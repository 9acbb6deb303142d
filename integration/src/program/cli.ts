#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { resolveTiming } from "gossip-peer";
import { ComposeProject } from "../cluster/compose/compose-project.js";
import { ProcessCluster } from "../cluster/processes/process-cluster.js";
import { openProcessesPage, openProjectPage, USUAL_PORT, type Page } from "../control/pages.js";
import { live } from "../terminal/live.js";
import { hostNames } from "../lib/host-option.js";
import { onInterruption } from "../lib/interruption.js";
import { whole } from "../lib/number-option.js";
import { Hosts } from "../observer/hosts.js";
import { ScenarioProblem } from "../scenario/problem.js";
import { addCommands } from "./break.js";
import { Misused } from "./misused.js";

/**
 * The exit codes. 0: the command was done, or the user ended it. 1: it failed. 2: it was not understood, and nothing
 * was done.
 */
const EXIT = { done: 0, failed: 1, misused: 2 } as const;

const USUAL_PERIOD_MS = resolveTiming().pingPeriodMs;

interface LiveOptions {
  readonly project?: string;
  readonly page?: number | true;
  readonly allowHost?: readonly string[];
  readonly processes?: number;
  readonly pingPeriod?: number;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command("testbed")
    .description("look at a cluster of peers, break it, heal it; exit codes: 0 done, 1 failed, 2 not understood")
    .showHelpAfterError("(--help shows what there is)")
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error: /, "testbed: "));
      },
    })
    .exitOverride();
  program
    .command("live")
    .description("show who sees whom until Ctrl-C or q")
    .option("--project <name>", "the peers of this Docker Compose project")
    .option(
      "--page [port]",
      `also serve the live page, from which the project's peers can be broken (default port ${USUAL_PORT}; any where it is taken)`,
      whole(0, 65_535),
    )
    .option("--allow-host <name...>", "a name that leads to the page, as behind a port forward", hostNames)
    .option("--processes <n>", "start n peers as processes of this machine and end them afterwards", whole(1, 100))
    .option("--ping-period <ms>", `their ping period (default ${USUAL_PERIOD_MS})`, whole(10, 3_600_000))
    .action(watch);
  addCommands(program);
  try {
    await program.parseAsync();
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misused; // already printed
    process.stderr.write(`testbed: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof Misused || error instanceof ScenarioProblem ? EXIT.misused : EXIT.failed;
  }
}

async function watch({ project, page, allowHost, processes, pingPeriod }: LiveOptions): Promise<void> {
  if (project === "") throw new Misused("--project needs a name");
  if (project !== undefined && pingPeriod !== undefined)
    throw new Misused("--ping-period goes with --processes; a project has its own");
  if (page !== undefined && project === undefined) throw new Misused("--page goes with --project");
  if (allowHost !== undefined && project !== undefined && page === undefined)
    throw new Misused("--allow-host goes with --page");
  const hosts = new Hosts(allowHost);
  const end = new AbortController();
  const abort = (): void => {
    end.abort();
  };
  onInterruption(abort);
  if (project !== undefined && processes === undefined) await watchProject(project, page, hosts, end);
  else if (processes !== undefined && project === undefined) await watchProcesses(processes, pingPeriod, hosts, end);
  else throw new Misused("give either --project or --processes");
}

async function watchProject(
  name: string,
  port: number | true | undefined,
  hosts: Hosts,
  end: AbortController,
): Promise<void> {
  using project = await ComposeProject.open(name);
  if ((await project.peers()).length === 0) {
    throw new Error(
      `the Compose project ${JSON.stringify(name)} has no peers; start some with: docker compose up --detach --scale peer=5`,
    );
  }
  if (port === undefined) {
    await live(project, name, end);
    return;
  }
  await using page = await openProjectPage(name, port === true ? USUAL_PORT : port, hosts);
  announce(page);
  await live(project, `${name} · ${page.url}`, end);
}

async function watchProcesses(
  processes: number,
  pingPeriodMs = USUAL_PERIOD_MS,
  hosts: Hosts,
  end: AbortController,
): Promise<void> {
  process.stdout.write(`Starting ${processes} peers …\n`);
  await using cluster = await ProcessCluster.start({ peers: processes, pingPeriodMs });
  await using page = await openProcessesPage(cluster, USUAL_PORT, hosts);
  announce(page);
  await live(cluster, `local processes · ${page.url}`, end);
}

function announce({ url }: Page): void {
  process.stdout.write(`Who believes what, live: ${url}\n`);
}
