#!/usr/bin/env node
import { parseArgs } from "node:util";
import { ComposeProject } from "./cluster/compose.js";
import { ProcessCluster } from "./cluster/process-cluster.js";
import { live } from "./live/live.js";
import { openPage } from "./observer/page-of.js";

const USAGE = `usage: testbed live --project NAME [--page URL]
       testbed live --processes N [--ping-period MS]

Shows who sees whom until Ctrl-C or q.

  --project NAME     the peers of this Docker Compose project
  --page URL         where the project's live page is, to say so
  --processes N      start N peers, 1 to 100, as processes of this machine and end them afterwards
  --ping-period MS   their ping period, 10 to 3600000 (default 1000)`;

/** 0: ended by whoever watched. 1: there was nothing to watch, or no longer. 2: the command was not understood. */
const EXIT = { ended: 0, failed: 1, misused: 2 } as const;

class Misused extends Error {}

interface Wanted {
  readonly project: string | undefined;
  readonly page: string | undefined;
  readonly processes: number;
  readonly pingPeriodMs: number;
}

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  if (argv.includes("--help")) {
    process.stdout.write(`${USAGE}\n`);
    return EXIT.ended;
  }
  const end = new AbortController();
  const abort = (): void => {
    end.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, abort);
  process.stdout.on("error", abort); // whoever read the lines is gone
  try {
    const wanted = readArguments(argv);
    if (wanted.project === undefined) await watchProcesses(wanted, end);
    else await watchProject(wanted.project, wanted.page, end);
    return EXIT.ended;
  } catch (error) {
    process.stderr.write(`testbed: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof Misused ? EXIT.misused : EXIT.failed;
  }
}

async function watchProject(name: string, page: string | undefined, end: AbortController): Promise<void> {
  using project = await ComposeProject.open(name);
  if ((await project.replicas()).length === 0) {
    throw new Error(
      `the Compose project ${JSON.stringify(name)} has no peers; start some with: docker compose up --detach --scale peer=5`,
    );
  }
  await live(project, page === undefined ? name : `${name} · ${page}`, end);
}

async function watchProcesses({ processes, pingPeriodMs }: Wanted, end: AbortController): Promise<void> {
  process.stdout.write(`Starting ${processes} peers …\n`);
  await using cluster = await ProcessCluster.start({ peers: processes, pingPeriodMs });
  await using page = await openPage(cluster.peers.map(({ address }) => address));
  process.stdout.write(`Who believes what, live: ${page.url}\n`);
  await live(cluster, `local processes · ${page.url}`, end);
}

function readArguments(argv: string[]): Wanted {
  const { positionals, values } = parsed(argv);
  if (positionals.join() !== "live") throw new Misused(`the one command is live\n\n${USAGE}`);
  const { project, page, processes, "ping-period": pingPeriod } = values;
  if ((project === undefined) === (processes === undefined))
    throw new Misused(`give either --project or --processes\n\n${USAGE}`);
  if (project === "") throw new Misused("--project needs a name");
  if (project !== undefined && pingPeriod !== undefined)
    throw new Misused("--ping-period goes with --processes; a project has its own");
  if (page !== undefined && project === undefined) throw new Misused("--page goes with --project");
  return {
    project,
    page,
    processes: whole("--processes", processes ?? "1", 1, 100),
    pingPeriodMs: whole("--ping-period", pingPeriod ?? "1000", 10, 3_600_000),
  };
}

function parsed(argv: string[]): {
  positionals: string[];
  values: { project?: string; page?: string; processes?: string; "ping-period"?: string };
} {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: { project: text, page: text, processes: text, "ping-period": text },
    });
  } catch (error) {
    throw new Misused(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function whole(name: string, text: string, lowest: number, highest: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= lowest && number <= highest) return number;
  throw new Misused(`${name} is ${JSON.stringify(text)}; it must be a whole number from ${lowest} to ${highest}`);
}
