import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * The label that says which run made a container or network: `host/pid/start/boot/namespace`. The start tells two processes
 * with one pid apart, the boot and the namespace of pids what the pid means at all.
 */
export const RUN_LABEL = "org.gossip-testbed.run";
/** The label that says to which cluster of the run a container or network belongs. */
export const CLUSTER_LABEL = "org.gossip-testbed.cluster";

export function ownRun(): string {
  return runOf(process.pid) ?? "";
}

/** The name of the run of a process, as the label has it; undefined when there is no such process. */
export function runOf(pid: number): string | undefined {
  const start = startOf(pid);
  return start === undefined ? undefined : [hostname(), pid, start, bootId(), pidNamespace()].join("/");
}

/**
 * Whether the run has certainly ended. False for runs on other machines or in another namespace of pids, which cannot be
 * looked at from here, and for texts that name no run.
 */
export function isDead(run: string): boolean {
  const [host, pid, start, boot = bootId(), namespace = pidNamespace()] = run.split("/");
  if (host !== hostname() || start === undefined || !/^[1-9]\d*$/.test(pid ?? "")) return false;
  if (boot !== bootId()) return true; // the machine was started again
  return namespace === pidNamespace() && startOf(Number(pid)) !== start;
}

/** What tells one start of the machine from the next; "" where the system does not say. */
function bootId(): string {
  return textOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
}

/** The number of the namespace in which this process sees pids; "" where the system does not say. */
function pidNamespace(): string {
  return textOr("", () => /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "");
}

function textOr(otherwise: string, read: () => string): string {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/**
 * When a process started, in the kernel's ticks; "" where the system does not say, undefined when there is no such
 * process.
 */
function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may itself hold blanks and brackets, so the fields are counted after it: the state is the first, the
    // start time the twentieth.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : (fields[19] ?? "");
  } catch {
    return "";
  }
}
