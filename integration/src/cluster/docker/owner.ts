import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Which run made a container or network: `host/pid/start`, where the start tells two processes with one pid apart. */
export const RUN_LABEL = "org.gossip-testbed.run";
/** Which cluster of that run it belongs to. */
export const CLUSTER_LABEL = "org.gossip-testbed.cluster";

export function ownRun(): string {
  return runOf(process.pid) ?? "";
}

/** Undefined when no such process runs. */
export function runOf(pid: number): string | undefined {
  const start = startOf(pid);
  return start === undefined ? undefined : `${hostname()}/${pid}/${start}`;
}

/** Whether the run has ended for certain. What another machine made, or what is no run at all, is not ours to judge. */
export function isDead(run: string): boolean {
  const [host, pid, start] = run.split("/");
  if (host !== hostname() || start === undefined || !/^[1-9]\d*$/.test(pid ?? "")) return false;
  return startOf(Number(pid)) !== start;
}

/** When a process started, as the kernel counts; "" where the system does not say, undefined when it does not run. */
function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The fields after the name, which may itself hold blanks and brackets: the state first, the start time twentieth.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : (fields[19] ?? "");
  } catch {
    return "";
  }
}
