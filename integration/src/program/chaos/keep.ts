import { once } from "node:events";
import type { ScenarioCluster } from "../../scenario/cluster.js";

/** Leaves a cluster as it is until the signal, and says where its peers are. */
export async function keepUntil(
  cluster: ScenarioCluster,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  if (signal.aborted) return;
  const peers = cluster.peers.map(({ number, address, state }) => `  peer ${number}  ${address}  ${state}`);
  say(["The cluster stays as it is until Ctrl-C:", ...peers].join("\n"));
  // A signal alone keeps no process alive.
  const alive = setInterval(() => undefined, 60_000);
  await once(signal, "abort");
  clearInterval(alive);
}
