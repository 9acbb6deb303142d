import { existsSync, readFileSync } from "node:fs";

const SETTING = "net.ipv4.neigh.default.gc_thresh3";
const FILE = `/proc/sys/${SETTING.replaceAll(".", "/")}`;

/**
 * Why so many containers cannot all talk to each other here; undefined when they can. Containers share the kernel's
 * table of neighbours. When that is full, new connections time out, and the peers take each other for dead.
 */
export function neighboursProblem(peers: number, most = tableSize()): string | undefined {
  const needed = peers * (peers - 1);
  if (needed <= most) return undefined;
  return (
    `${peers} containers that all talk to each other need ${needed} entries in this kernel's table of neighbours, ` +
    `which has ${most}; raise that first: sysctl -w ${SETTING}=${needed * 2}`
  );
}

/** The size of that table; infinite where the system does not say. */
function tableSize(): number {
  return existsSync(FILE) ? Number(readFileSync(FILE, "utf8")) : Infinity;
}
