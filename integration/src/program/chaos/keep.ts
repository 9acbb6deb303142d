import { once } from "node:events";
import type { ScenarioCluster } from "../../scenario/cluster.js";

/** Prints the addresses of the peers, and resolves when the signal is aborted. The cluster is left as it is. */
export async function keepUntil(
  cluster: ScenarioCluster,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  if (signal.aborted) return;
  const peers = cluster.peers.map(({ number, address, state }) => `  peer ${number}  ${address}  ${state}`);
  say(["The cluster stays as it is until Ctrl-C:", ...peers].join("\n"));
  // Waiting for a signal alone does not keep the process alive.
  const alive = setInterval(() => undefined, 60_000);
  await once(signal, "abort");
  clearInterval(alive);
}
