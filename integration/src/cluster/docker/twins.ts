import { setTimeout as elapse } from "node:timers/promises";
import type Dockerode from "dockerode";
import type { Address } from "gossip-peer";
import { BoundPorts } from "testcontainers";
import type { Fault } from "../../fault/fault.js";
import type { HowToApply } from "../../scenario/cluster.js";
import { ignoreGone } from "./engine.js";
import { startedInLog } from "./peer-container.js";

/** The label of a twin: the id of the container that it is like. */
const TWIN_LABEL = "org.gossip-testbed.twin-of";

/** A peer of which a second one can be started. */
export interface Original {
  readonly number: number;
  /** The id of its container; undefined while it is down. */
  readonly container?: string | undefined;
  readonly address?: Address | undefined;
}

/** Starts second processes with the addresses of peers, each in a container that is like the peer's. */
export class Twins {
  readonly #docker: Dockerode;
  readonly #peers: () => readonly Original[];
  readonly #labels: Readonly<Record<string, string>>;

  /** By the labels a twin is found and removed when its run was killed. */
  constructor(docker: Dockerode, peers: () => readonly Original[], labels: Readonly<Record<string, string>>) {
    this.#docker = docker;
    this.#peers = peers;
    this.#labels = labels;
  }

  /**
   * Resolves when the time of the twin is over, and it is ended and removed; for no time, when all twins of the peer are,
   * whoever started them. Rejects with an Error when the peer is down or no other peer is there to be the twin's seed.
   */
  async run({ peer: number, forMs }: Fault<"twin">, { signal, begun }: HowToApply = {}): Promise<void> {
    const peers = this.#peers();
    const { container, address } = peers.find((peer) => peer.number === number) ?? {};
    const seed = peers.find((peer) => peer.number !== number && peer.container !== undefined)?.address;
    if (container === undefined || address === undefined) throw new Error(`peer ${number} is down, and has no twin`);
    if (forMs === 0) return this.#removeAll(container);
    if (seed === undefined) throw new Error(`peer ${number} is alone: nobody would hear of its twin`);
    const name = `twin-of-peer-${number}`;
    const own = { GOSSIP_ADDRESS: address, GOSSIP_BIND_HOST: "0.0.0.0", GOSSIP_SEEDS: seed, GOSSIP_META_NAME: name };
    const twin = await this.#create(container, own);
    try {
      await twin.start();
      await startedInLog().waitUntilReady(twin, new BoundPorts());
      begun?.();
      await elapse(forMs, undefined, { signal });
    } finally {
      await remove(twin);
    }
  }

  async #removeAll(like: string): Promise<void> {
    const filters = { label: [`${TWIN_LABEL}=${like}`] };
    const twins = await this.#docker.listContainers({ all: true, filters });
    await Promise.all(twins.map(({ Id }) => remove(this.#docker.getContainer(Id))));
  }

  /** Creates a container as that one is, except for its own variables, its labels, its IP and published ports. */
  async #create(like: string, own: Readonly<Record<string, string>>): Promise<Dockerode.Container> {
    const { Config, HostConfig } = await this.#docker.getContainer(like).inspect();
    const isOther = (variable: string): boolean => !(variable.slice(0, variable.indexOf("=")) in own);
    return this.#docker.createContainer({
      Image: Config.Image,
      Env: [...Config.Env.filter(isOther), ...Object.entries(own).map(([name, value]) => `${name}=${value}`)],
      Labels: { ...this.#labels, [TWIN_LABEL]: like },
      HostConfig: { ...HostConfig, PortBindings: {} },
    });
  }
}

function remove(container: Dockerode.Container): Promise<void> {
  return ignoreGone(container.remove({ force: true, v: true }));
}
