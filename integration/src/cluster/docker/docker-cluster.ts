import type Dockerode from "dockerode";
import type { TlsMode } from "gossip-peer";
import type { ClusterOptions } from "../cluster.js";
import { freePorts } from "../ports.js";
import { RealCluster } from "../real-cluster.js";
import { Clocks } from "./clocks.js";
import { ClusterTls, variablesOf } from "./cluster-tls.js";
import { Connections } from "./connections.js";
import { DockerPeer } from "./docker-peer.js";
import { engine, expectImage, imageOf } from "./engine.js";
import { Firewall } from "./firewall.js";
import { Frozen } from "./frozen.js";
import { createNetwork, type ClusterNetwork } from "./network.js";
import { CLUSTER_LABEL, ownRun, RUN_LABEL } from "./owner.js";
import { PEER_PORT, PeerContainer } from "./peer-container.js";
import { removeCluster, sweep } from "./sweep.js";
import { Tools } from "./tools.js";
import { Twins } from "./twins.js";

/**
 * Peers in containers, on a network of their own with fixed addresses. Containers and networks of test runs that have
 * ended are removed before the start and after the end.
 */
export class DockerCluster extends RealCluster<DockerPeer> {
  /** Breaks the networks of the peers. */
  readonly firewall: Firewall;
  /** Closes connections between the peers. */
  readonly connections: Connections;
  readonly twins: Twins;
  #tls: ClusterTls | undefined;
  #clocks: Clocks | undefined;
  readonly #docker: Dockerode;
  readonly #labels: Record<string, string>;
  #network: ClusterNetwork | undefined;

  private constructor(docker: Dockerode, options: ClusterOptions) {
    super(options);
    this.#docker = docker;
    this.#labels = { [RUN_LABEL]: ownRun(), [CLUSTER_LABEL]: this.name };
    const open = (): Promise<Tools> => Tools.open(docker, this.#labels);
    this.firewall = new Firewall(open, () => this.peers);
    this.connections = new Connections(open, () => this.peers);
    this.twins = new Twins(docker, () => this.peers, this.#labels);
  }

  /**
   * Starts a cluster. Resolves when all peers have started; rejects when one did not, and leaves nothing behind then.
   */
  static async start(options: ClusterOptions): Promise<DockerCluster> {
    const docker = await engine();
    await expectImage(docker);
    await sweep(docker);
    const cluster = new DockerCluster(docker, options);
    try {
      if (options.tls === true) cluster.#tls = await ClusterTls.create();
      if (options.clocks === true) cluster.#clocks = await Clocks.create(await Tools.open(docker, cluster.#labels));
      cluster.#network = await createNetwork(docker, cluster.name, cluster.#labels);
      await cluster.startPeers(options);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The certificates of the peers; undefined where these speak in plain text. */
  get tls(): ClusterTls | undefined {
    return this.#tls;
  }

  /** The wall clocks of the peers; undefined where these have this machine's. */
  get clocks(): Clocks | undefined {
    return this.#clocks;
  }

  protected async create(number: number, environment: () => Record<string, string>): Promise<DockerPeer> {
    const network = this.#network;
    if (network === undefined) throw new Error("the cluster has no network yet");
    const [port = 0, adminPort = 0] = await freePorts(2);
    const ip = network.ipOf(number);
    const mounts = [await this.#tls?.equip(number, `${ip}:${PEER_PORT}`), this.#clocks?.mount];
    this.#clocks?.set(number, 0);
    const tls = this.#tls?.toolFor("first");
    const place = {
      network: network.name,
      ip,
      alias: `peer-${number}`,
      port,
      adminPort,
      tls,
      mounts: mounts.filter((each) => each !== undefined),
    };
    const name = `${this.name}-peer-${number}`;
    return new DockerPeer(
      this.#docker,
      number,
      place,
      () => new PeerContainer(imageOf(number), name, place, environment(), this.#labels),
      (container) => this.#putBack(number, container),
    );
  }

  /** Gives the network of a peer that has just started its rules, before the peer gets far. */
  async #putBack(number: number, container: Dockerode.Container): Promise<void> {
    await using frozen = new Frozen();
    if (this.firewall.isBroken) await frozen.freeze(container);
    await this.firewall.putBack(number);
  }

  protected fileVariables(number: number, mode: TlsMode): Record<string, string> {
    return { ...(this.#tls === undefined ? {} : variablesOf(mode)), ...this.#clocks?.variablesOf(number) };
  }

  protected async remove(): Promise<void> {
    await removeCluster(this.#docker, this.name);
    this.#tls?.[Symbol.dispose]();
    this.#clocks?.[Symbol.dispose]();
    await sweep(this.#docker);
  }
}
