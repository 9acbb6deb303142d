import { setTimeout as elapse } from "node:timers/promises";
import type { AskableCluster, Views } from "../view/views.js";
import { Changes } from "./changes.js";
import { frame } from "./frame.js";
import { Screen } from "./screen.js";

const POLL_EVERY_MS = 250;
/**
 * The pause between polls, as a multiple of the time that the answers took: polls cost the peers, so many peers, or a
 * busy machine, are asked less often.
 */
const PAUSE_PER_POLL = 4;
const LONGEST_PAUSE_MS = 2000;
/** How many lines about changes are kept: more than any terminal has rows for. */
const KEPT_EVENTS = 200;

/**
 * Shows who sees whom until `end` is aborted, which q and Ctrl-C on a terminal do: redrawn in place on a terminal, else
 * as a line for each change. Rejects when the cluster can no longer be asked for its views.
 */
export async function live(cluster: AskableCluster, title: string, end: AbortController): Promise<void> {
  if (process.stdout.isTTY) await draw(cluster, title, end);
  else await print(cluster, end.signal);
}

async function print(cluster: AskableCluster, signal: AbortSignal): Promise<void> {
  const changes = new Changes();
  for await (const views of poll(cluster, signal)) {
    for (const line of changes.next(views)) process.stdout.write(`${clock()} ${line}\n`);
  }
}

async function draw(cluster: AskableCluster, title: string, end: AbortController): Promise<void> {
  using screen = new Screen(process.stdin, process.stdout, () => {
    end.abort();
  });
  const changes = new Changes();
  const events: string[] = [];
  let agreed = false;
  let since = performance.now();
  for await (const views of poll(cluster, end.signal)) {
    events.push(...changes.next(views).map((line) => `${clock()} ${line}`));
    events.splice(0, events.length - KEPT_EVENTS);
    if (agreed !== changes.agreed) since = performance.now();
    agreed = changes.agreed;
    const lastsS = Math.floor((performance.now() - since) / 1000);
    const { columns, rows, colour } = screen;
    screen.draw(frame({ title, views, agreed, lastsS, events, columns, rows, colour }));
  }
}

/** Yields the views again and again until the signal. */
async function* poll(cluster: AskableCluster, signal: AbortSignal): AsyncGenerator<Views> {
  const hasEnded = (): boolean => signal.aborted;
  while (!hasEnded()) {
    const begun = performance.now();
    const views = await cluster.views();
    if (hasEnded()) return;
    yield views;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, PAUSE_PER_POLL * (performance.now() - begun));
    await elapse(Math.max(POLL_EVERY_MS, pauseMs), undefined, { signal }).catch(() => undefined);
  }
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
