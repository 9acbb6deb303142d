import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type Dockerode from "dockerode";
import type { Address, PeerMeta } from "gossip-peer";
import { BoundPorts } from "testcontainers";
import type { CommandKind, Fault, NetworkFault } from "../../fault/fault.js";
import { limitCpu } from "../docker/cpu.js";
import { limitMemory } from "../docker/memory.js";
import { startedInLog } from "../docker/peer-container.js";
import type { ComposePeer } from "./compose-project.js";

const STOP_WITHIN_S = 5;
const COMMAND_WITHIN_MS = 5 * 60_000;
const run = promisify(execFile);

/** A fault of one peer of a project that is neither a start nor a fault of the network. */
export type PeerFault = Exclude<Fault<CommandKind>, NetworkFault | Fault<"start" | "restart">>;

/** Applies a fault to the container of a peer; resolves when it is in force. */
export async function applyToPeer(fault: PeerFault, peer: ComposePeer, container: Dockerode.Container): Promise<void> {
  switch (fault.kind) {
    case "kill":
      await container.kill({ signal: "SIGKILL" });
      await container.wait({ condition: "not-running" });
      break;
    case "stop":
      return stop(container);
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

/** Lets the peer in a container say goodbye and end. */
export async function stop(container: Dockerode.Container): Promise<void> {
  await container.stop({ t: STOP_WITHIN_S });
}

/** Resolves when the peer in a container has logged that it started, in the present life of the container. */
export async function untilStarted(container: Dockerode.Container): Promise<void> {
  const { State } = await container.inspect();
  await startedInLog().waitUntilReady(container, new BoundPorts(), new Date(State.StartedAt));
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

/** Runs a program to its end. Rejects with what it wrote to standard error. */
export async function command(program: string, args: readonly string[], env = process.env): Promise<void> {
  try {
    await run(program, args, { timeout: COMMAND_WITHIN_MS, env });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(stderr?.trim() || message, { cause: error });
  }
}
