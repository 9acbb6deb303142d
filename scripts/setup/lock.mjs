// Lets one set-up run at a time: two `npm ci` in one folder, or two daemons that start, would destroy each other's
// work.
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { cached } from "./paths.mjs";
import { Failure, note, throwIfInterrupted } from "./run.mjs";

const patienceMs = 20 * 60_000;

/** Runs `body` while no other process of this project runs one. The lock of a process that is dead does not count. */
export async function alone(body) {
  const file = cached("setup.lock");
  const deadline = Date.now() + patienceMs;
  let told = false;
  while (!taken(file)) {
    const holder = holderOf(file);
    if (holder === undefined) continue;
    if (!runs(holder)) rmSync(file, { force: true });
    else {
      if (Date.now() > deadline)
        throw new Failure(`Another set-up (process ${holder.pid}) has not ended. If it is none, delete ${file}.`);
      if (!told) note(`Waiting for another set-up (process ${holder.pid}) to end.`);
      told = true;
      await pause(200);
      throwIfInterrupted();
    }
  }
  try {
    return await body();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * Takes the lock, and returns whether that succeeded. The file appears with the holder's pid and start in it, since a lock that
 * is empty for an instant would look abandoned.
 */
function taken(file) {
  const own = `${file}.${process.pid}`;
  try {
    writeFileSync(own, `${process.pid} ${startOf(process.pid)}`);
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * The pid in the lock and when that process started; undefined when the holder has just released it. A lock found a moment later belongs to another
 * process, and must not be removed.
 */
function holderOf(file) {
  try {
    const [pid, start] = readFileSync(file, "utf8").split(" ");
    return { pid: Number(pid), start };
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether the holder still runs, and not another process that has its number now. */
function runs({ pid, start }) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") return false;
  }
  return start === undefined || start === startOf(pid);
}

/** When a process started, in the kernel's ticks; "" where the system does not say. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may itself hold blanks and brackets: the start is the twentieth field after it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
