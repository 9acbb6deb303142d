import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type Dockerode from "dockerode";
import type { Address, PeerMeta } from "gossip-peer";
import type { CommandKind, Fault, NetworkFault } from "../../fault/fault.js";
import { isOfNetwork } from "../../fault/kinds.js";
import { limitCpu } from "../docker/cpu.js";
import { limitMemory } from "../docker/memory.js";
import { stop } from "../docker/promises.js";
import { SERVICE, type ComposePeer } from "./compose-project.js";

const COMMAND_WITHIN_MS = 5 * 60_000;
const run = promisify(execFile);

/** A fault of one peer of a project that is neither a start nor a fault of the network. */
export type PeerFault = Exclude<Fault<CommandKind>, NetworkFault | Fault<"start" | "restart">>;

export type StartFault = Fault<"start" | "restart">;

export function isOfStart(fault: Fault): fault is StartFault {
  return fault.kind === "start" || fault.kind === "restart";
}

export function isRule(fault: Fault<CommandKind>): fault is Extract<Fault<CommandKind>, NetworkFault> {
  return isOfNetwork(fault);
}

export function isOther(fault: Fault<CommandKind>): fault is PeerFault {
  return !isOfStart(fault) && !isOfNetwork(fault);
}

/** Applies a fault to the container of a peer; resolves when it is in force. */
export async function applyToPeer(fault: PeerFault, peer: ComposePeer, container: Dockerode.Container): Promise<void> {
  switch (fault.kind) {
    case "kill":
      await container.kill({ signal: "SIGKILL" });
      await container.wait({ condition: "not-running" });
      break;
    case "stop":
      return stop(container, peer.name);
    case "pause":
      await container.pause();
      break;
    case "resume":
      await container.unpause();
      break;
    case "cpu":
      return limitCpu(container, fault.share, peer.labels);
    case "memory":
      return limitMemory(container, fault.mebibytes);
    case "set-meta":
      return tell(peer, ["set-meta", ...metaArguments(fault.meta)]);
    case "add-seed":
      return tell(peer, ["add-seed", addressOf(fault.seed)]);
  }
}

/**
 * Runs `gossip` with these arguments in the container of a peer, since its admin service can only be reached from
 * there.
 */
function tell({ container }: ComposePeer, args: readonly string[]): Promise<void> {
  return command("docker", ["exec", container, "gossip", ...args]);
}

/** The seed as an address. Throws an Error for the number of a peer: a command names addresses. */
function addressOf(seed: number | Address): Address {
  if (typeof seed === "string") return seed;
  throw new Error(`the seed must be an address here, not peer ${seed}`);
}

/** The arguments of `set-meta`. A field that has none does not compile, since it would be lost. */
function metaArguments({ name, tags = {}, ...others }: PeerMeta): string[] {
  others satisfies Record<string, never>;
  const own = Object.entries(tags).map(([key, value]) => `--tag=${key}=${value}`);
  return [...(name === undefined ? [] : [`--name=${name}`]), ...own];
}

/**
 * Has Compose make or end containers, so that there are `count` peers, from the files that it started the project from.
 * New containers are created and not started, since Compose would also start the peers that are down. Rejects where
 * Compose did not note these files.
 */
export async function createPeers(
  project: string,
  { labels }: ComposePeer,
  environment: Readonly<Record<string, string>>,
  count: number,
): Promise<void> {
  const folder = labels["com.docker.compose.project.working_dir"];
  const files = labels["com.docker.compose.project.config_files"]?.split(",") ?? [];
  if (folder === undefined || files.length === 0) throw new Error("Compose did not note from which files it started");
  const from = ["--project-directory", folder, ...files.flatMap((file) => ["--file", file])];
  const how = ["create", "--no-build", "--no-recreate", "--scale", `${SERVICE}=${count}`, SERVICE];
  const given = Object.entries(environment).filter(([variable]) => variable.startsWith("GOSSIP_"));
  const env = { ...process.env, ...Object.fromEntries(given) };
  await command("docker", ["compose", "--project-name", project, ...from, ...how], env);
}

/** Runs a program to its end. Rejects with what it wrote to standard error. */
async function command(program: string, args: readonly string[], env = process.env): Promise<void> {
  try {
    await run(program, args, { timeout: COMMAND_WITHIN_MS, env });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(stderr?.trim() || message, { cause: error });
  }
}
