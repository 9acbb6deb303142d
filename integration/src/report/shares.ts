import type { Point } from "../experiment/judge.js";
import type { RunRecord } from "../experiment/run-record.js";
import { isListed } from "../experiment/replay.js";

/** For each peer, the share of the others that run and list it, over time. */
export function listedShares({ peers, lives, beliefs, fromMs }: RunRecord): Map<number, Point[]> {
  const runs = new Set<number>();
  const listedBy = new Map(peers.map(({ number }) => [number, new Set<number>()]));
  const points = new Map<number, Point[]>(peers.map(({ number }) => [number, [[fromMs, 0]]]));
  const note = (subject: number, atMs: number): void => {
    const by = [...(listedBy.get(subject) ?? [])].filter((viewer) => runs.has(viewer)).length;
    const others = runs.size - (runs.has(subject) ? 1 : 0);
    const line = points.get(subject) ?? [];
    const share = others === 0 ? 0 : by / others;
    if (line.at(-1)?.[0] === atMs) line.pop();
    if (line.at(-1)?.[1] !== share || line.length === 0) line.push([atMs, share]);
  };
  // In the order of time, and who runs before what it believes.
  const happenings = [
    ...lives.map((life) => ({ atMs: life.atMs, life, change: undefined })),
    ...beliefs.map((change) => ({ atMs: change.atMs, life: undefined, change })),
  ].sort((a, b) => a.atMs - b.atMs);
  for (const [index, { atMs, life, change }] of happenings.entries()) {
    if (change !== undefined) {
      const by = listedBy.get(change.subject);
      if (isListed(change.belief)) by?.add(change.viewer);
      else by?.delete(change.viewer);
      note(change.subject, atMs);
      continue;
    }
    if (life.state === "running") runs.add(life.peer);
    else runs.delete(life.peer);
    // The shares of all change with who runs; lives that change together are noted once.
    const next = happenings[index + 1];
    if (next?.life === undefined || next.atMs !== atMs) for (const { number } of peers) note(number, atMs);
  }
  return points;
}
