import type { SimulatedPeer } from "./simulated-peer.js";
import type { Simulation } from "./simulation.js";

/**
 * The first difference, in words, between what a running peer lists and the peers that run with their metadata;
 * undefined when all agree.
 */
export function disagreement({ running }: Simulation): string | undefined {
  const [first] = running;
  for (const viewer of running) {
    // A view equal to one that has been compared needs no comparison.
    if (viewer !== first && viewer.protocol?.viewHash === first?.protocol?.viewHash) continue;
    const listed = new Map((viewer.protocol?.members() ?? []).map((member) => [member.address, member]));
    for (const other of running) {
      const member = listed.get(other.address);
      if (member === undefined) return `${name(viewer)} does not list ${name(other)}`;
      const said = JSON.stringify(member.meta);
      const meant = JSON.stringify(other.meta);
      if (said !== meant) return `${name(viewer)} holds ${said} of ${name(other)}, which says ${meant}`;
      if (member.status !== "alive") return `${name(viewer)} holds ${name(other)} as ${member.status}`;
    }
    if (listed.size > running.length) {
      const alive = new Set(running.map(({ address }) => address));
      const extra = [...listed.keys()].find((address) => !alive.has(address)) ?? "";
      return `${name(viewer)} still lists ${extra}`;
    }
  }
  return undefined;
}

function name({ index, address }: SimulatedPeer): string {
  return `peer ${index + 1} (${address})`;
}
