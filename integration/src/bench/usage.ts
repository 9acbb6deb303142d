import { readdirSync, readFileSync } from "node:fs";
import { engine } from "../cluster/docker/engine.js";
import { inParallel } from "../lib/parallel.js";
import type { BenchPeer } from "./contender-cluster.js";

/** How many containers the engine is asked about at a time. */
const ASKED_AT_ONCE = 8;
/** The state of a connection in /proc/net/tcp. */
const ESTABLISHED = "01";
/** What the engine puts before the program of a container, the same in all. */
const INIT = "docker-init";

/** What containers have used since they started, all of them together. */
export interface Usage {
  readonly cpuMs: number;
  /** Of the interfaces of the containers, headers included. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentPackets: number;
  readonly receivedPackets: number;
}

/** What a container holds at a moment. */
export interface Holding {
  readonly residentBytes: number;
  /** What no other process shares. */
  readonly ownBytes: number;
  /** TCP connections that are open. */
  readonly connections: number;
  /** Open files, sockets included. */
  readonly files: number;
}

/** What these containers hold, on the average. Rejects as `holdingOf`. */
export async function meanHolding(peers: readonly BenchPeer[]): Promise<Holding> {
  const held = await Promise.all(peers.map(holdingOf));
  const mean = (of: keyof Holding): number => held.reduce((sum, each) => sum + each[of], 0) / held.length;
  return {
    residentBytes: mean("residentBytes"),
    ownBytes: mean("ownBytes"),
    connections: mean("connections"),
    files: mean("files"),
  };
}

/** What the engine says of the processes of a container, whose pids are those of this machine. */
interface Processes {
  readonly Titles: readonly string[];
  readonly Processes: readonly (readonly string[])[];
}

/** Asks the engine what the containers have used: of the processor by their cgroups, of the network by interfaces. */
export async function usageOf(containers: readonly string[]): Promise<Usage> {
  const docker = await engine();
  const used: Usage[] = [];
  await inParallel(ASKED_AT_ONCE, containers, async (id) => {
    const { cpu_stats, networks } = await docker.getContainer(id).stats({ stream: false, "one-shot": true });
    const net = networks["eth0"];
    used.push({
      cpuMs: cpu_stats.cpu_usage.total_usage / 1e6,
      sentBytes: net?.tx_bytes ?? 0,
      receivedBytes: net?.rx_bytes ?? 0,
      sentPackets: net?.tx_packets ?? 0,
      receivedPackets: net?.rx_packets ?? 0,
    });
  });
  const sum = (of: keyof Usage): number => used.reduce((all, each) => all + each[of], 0);
  return {
    cpuMs: sum("cpuMs"),
    sentBytes: sum("sentBytes"),
    receivedBytes: sum("receivedBytes"),
    sentPackets: sum("sentPackets"),
    receivedPackets: sum("receivedPackets"),
  };
}

/**
 * What the processes of a container hold, by this machine's /proc. Rejects where that does not have them: as another user,
 * or with an engine in a virtual machine.
 */
async function holdingOf({ container }: BenchPeer): Promise<Holding> {
  const { Processes, Titles } = (await container.top({ ps_args: "-o pid,comm" })) as Processes;
  const [pidAt, nameAt] = [Titles.indexOf("PID"), Titles.indexOf("COMMAND")];
  const pids = Processes.filter((process) => process[nameAt] !== INIT).map((process) => process[pidAt] ?? "");
  const [first = ""] = pids;
  const memory = pids.map((pid) => readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
  const kib = (field: string): number =>
    memory
      .map((text) => Number(new RegExp(`^${field}: +(\\d+)`, "m").exec(text)?.[1] ?? 0))
      .reduce((all, each) => all + each, 0);
  const sockets = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/${first}/net/${table}`, "utf8").split("\n"));
  return {
    residentBytes: 1024 * kib("Rss"),
    ownBytes: 1024 * (kib("Private_Clean") + kib("Private_Dirty")),
    connections: sockets.filter((line) => line.trim().split(/\s+/)[3] === ESTABLISHED).length,
    files: pids.reduce((all, pid) => all + readdirSync(`/proc/${pid}/fd`).length, 0),
  };
}
