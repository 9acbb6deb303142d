import { Violation } from "gossip-peer/simulator";
import { Misbehaviour } from "../fault/misbehaviour.js";
import { timesASecond } from "../fault/quantities.js";
import type { ScenarioCluster } from "./cluster.js";
import type { GoingOn } from "./going-on.js";
import { ScenarioProblem } from "./problem.js";

/**
 * Gives the peers that run new metadata at this rate, by turns, as long as anything else goes on. A change that a peer
 * does not take, as one that is broken just then, is left out; so is one that is due before the last is done. Rejects
 * with a ScenarioProblem when not a single one was made.
 */
export async function changeMetadata(cluster: ScenarioCluster, goingOn: GoingOn, rate: string): Promise<void> {
  const everyMs = 1000 / timesASecond(rate);
  const occasion = { what: `load: metadata, ${rate}`, line: undefined };
  let last = 0;
  let changes = 0;
  let dueMs = cluster.nowMs;
  do {
    const running = cluster.peers.filter(({ state }) => state === "running").map(({ number }) => number);
    const peer = running.find((number) => number > last) ?? running[0];
    if (peer !== undefined) {
      last = peer;
      const meta = { name: `load ${changes + 1}` };
      const isDone = await isTaken(cluster.apply({ kind: "set-meta", peer, meta }, { occasion, isLoad: true }));
      if (isDone) changes++;
    }
    dueMs = Math.max(dueMs + everyMs, cluster.nowMs);
    await cluster.pass(dueMs - cluster.nowMs, { isWatched: false });
  } while (!goingOn.isLast && !goingOn.signal.aborted);
  if (changes === 0) throw new ScenarioProblem(`the load of ${rate} changed no metadata: no effect`);
}

/** Whether a change was made. Rejects with what a peer must not do. */
async function isTaken(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof Misbehaviour || error instanceof Violation) throw error;
    return false;
  }
}
