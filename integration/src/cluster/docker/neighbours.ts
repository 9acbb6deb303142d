import { existsSync, readFileSync } from "node:fs";

const SETTING = "net.ipv4.neigh.default.gc_thresh3";
const FILE = `/proc/sys/${SETTING.replaceAll(".", "/")}`;

/**
 * Why so many containers cannot all talk to each other here; undefined when they can. They share one table of the kernel,
 * and where that is full, connections time out: peers take each other for dead, and nobody can be asked.
 */
export function neighboursProblem(peers: number, most = tableSize()): string | undefined {
  const needed = peers * (peers - 1);
  if (needed <= most) return undefined;
  return (
    `${peers} containers that all talk to each other need ${needed} entries in this kernel's table of neighbours, ` +
    `which has ${most}; raise that first: sysctl -w ${SETTING}=${needed * 2}`
  );
}

/** Infinite where the system does not say. */
function tableSize(): number {
  return existsSync(FILE) ? Number(readFileSync(FILE, "utf8")) : Infinity;
}
