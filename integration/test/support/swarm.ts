import type Dockerode from "dockerode";
import { ignoreGone } from "../../src/cluster/docker/engine.js";
import { isDead, ownRun, RUN_LABEL } from "../../src/cluster/docker/owner.js";
import { isHeld } from "../../src/cluster/docker/sweep.js";
import type { SecondEngine } from "./second-engine.js";

/** The network that an engine makes when it joins a swarm, and leaves behind. */
const GATEWAY = "docker_gwbridge";

/** Of what an engine says of itself, what concerns swarms. */
interface Info {
  readonly Swarm?: { readonly LocalNodeState: string; readonly NodeID: string };
}

/** A swarm that this engine is the manager of, for as long as a test needs it. */
export class OwnSwarm implements AsyncDisposable {
  readonly #docker: Dockerode;
  readonly #address: string;
  readonly #hadGateway: boolean;

  private constructor(docker: Dockerode, address: string, hadGateway: boolean) {
    this.#docker = docker;
    this.#address = address;
    this.#hadGateway = hadGateway;
  }

  /**
   * Why the engine can have no swarm of a test's own: it is in somebody's, which is left alone. Undefined where it can; a
   * swarm of a test that died has been left then.
   */
  static async obstacle(docker: Dockerode): Promise<string | undefined> {
    const { Swarm } = (await docker.info()) as Info;
    if (Swarm === undefined || Swarm.LocalNodeState === "inactive") return undefined;
    const run = Swarm.LocalNodeState === "active" ? await runOf(docker, Swarm.NodeID) : "";
    if (!isDead(run)) return `the engine is in a swarm already (${Swarm.LocalNodeState}), which is left alone`;
    await docker.swarmLeave({ force: true });
    return undefined;
  }

  /** Makes the engine a swarm of its own, whose nodes reach it at this address. */
  static async init(docker: Dockerode, address: string): Promise<OwnSwarm> {
    const networks = await docker.listNetworks({ filters: { name: [GATEWAY] } });
    await docker.swarmInit({ ListenAddr: `${address}:2377`, AdvertiseAddr: address });
    const swarm = new OwnSwarm(docker, address, networks.length > 0);
    const { NodeID } = ((await docker.info()) as Required<Info>).Swarm;
    const node = docker.getNode(NodeID);
    const { Version, Spec } = (await node.inspect()) as { Version: { Index: number }; Spec: object };
    await node.update({ ...Spec, version: Version.Index, Labels: { [RUN_LABEL]: ownRun() } });
    return swarm;
  }

  /** Has another engine join, under this address. Resolves to the id of its node. */
  async join(other: SecondEngine, address: string): Promise<string> {
    const { JoinTokens } = (await this.#docker.swarmInspect()) as { JoinTokens: { Worker: string } };
    const at = `--advertise-addr ${address} --listen-addr ${address}:2377 --token ${JoinTokens.Worker}`;
    await other.docker(`swarm join ${at} ${this.#address}:2377`);
    return other.docker("info --format {{.Swarm.NodeID}}");
  }

  /** Leaves the swarm, with which all its services and networks end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#docker.swarmLeave({ force: true });
    if (this.#hadGateway) return;
    const removal = this.#docker.getNetwork(GATEWAY).remove();
    await ignoreGone(removal).catch((error: unknown) => {
      if (!isHeld(error)) throw error; // the next swarm takes it again
    });
  }
}

/** The run whose swarm the engine's node is in, by its label; "" where it is of no run, or the engine is a worker. */
async function runOf(docker: Dockerode, id: string): Promise<string> {
  try {
    const node = (await docker.getNode(id).inspect()) as { Spec: { Labels: Record<string, string> } };
    return node.Spec.Labels[RUN_LABEL] ?? "";
  } catch {
    return "";
  }
}
