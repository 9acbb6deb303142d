import { setTimeout as elapse } from "node:timers/promises";
import type { AskableCluster, Views } from "../view/views.js";
import { Changes } from "./changes.js";
import { frame } from "./frame.js";
import { Screen } from "./screen.js";

const LOOK_EVERY_MS = 250;
/** A look costs those who are looked at, too: many peers, or a machine at its limit, are looked at less often. */
const REST_FOR_LOOK = 4;
const LONGEST_REST_MS = 2000;
/** More than any terminal has rows for. */
const KEPT_EVENTS = 200;

/**
 * Shows who sees whom until `end` is aborted: redrawn in place on a terminal, else a line for each change. Rejects when the
 * cluster can no longer be looked at.
 */
export async function live(cluster: AskableCluster, title: string, end: AbortController): Promise<void> {
  if (process.stdout.isTTY) await drawn(cluster, title, end);
  else await printed(cluster, end.signal);
}

async function printed(cluster: AskableCluster, signal: AbortSignal): Promise<void> {
  const changes = new Changes();
  for await (const views of looks(cluster, signal)) {
    for (const line of changes.next(views)) process.stdout.write(`${clock()} ${line}\n`);
  }
}

async function drawn(cluster: AskableCluster, title: string, end: AbortController): Promise<void> {
  using screen = new Screen(process.stdin, process.stdout, () => {
    end.abort();
  });
  const changes = new Changes();
  const events: string[] = [];
  let agreed = false;
  let since = performance.now();
  for await (const views of looks(cluster, end.signal)) {
    events.push(...changes.next(views).map((line) => `${clock()} ${line}`));
    events.splice(0, events.length - KEPT_EVENTS);
    if (agreed !== changes.agreed) since = performance.now();
    agreed = changes.agreed;
    const lastsS = Math.floor((performance.now() - since) / 1000);
    const { columns, rows, colour } = screen;
    screen.draw(frame({ title, views, agreed, lastsS, events, columns, rows, colour }));
  }
}

async function* looks(cluster: AskableCluster, signal: AbortSignal): AsyncGenerator<Views> {
  const ended = (): boolean => signal.aborted;
  while (!ended()) {
    const begun = performance.now();
    const views = await cluster.views();
    if (ended()) return;
    yield views;
    const restMs = Math.min(LONGEST_REST_MS, REST_FOR_LOOK * (performance.now() - begun));
    await elapse(Math.max(LOOK_EVERY_MS, restMs), undefined, { signal }).catch(() => undefined);
  }
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
