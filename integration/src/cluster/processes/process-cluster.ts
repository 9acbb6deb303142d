import type { ClusterOptions } from "../cluster.js";
import { inParallel } from "../../lib/parallel.js";
import { freePorts } from "../ports.js";
import { ProcessPeer } from "./process-peer.js";
import { RealCluster } from "../real-cluster.js";

/** Peers as processes of this machine, on ports of 127.0.0.1. They end when this process does, however that ends. */
export class ProcessCluster extends RealCluster<ProcessPeer> {
  /** Starts a cluster. Resolves when all peers have started; rejects when one did not, and leaves none running then. */
  static async start(options: ClusterOptions): Promise<ProcessCluster> {
    const cluster = new ProcessCluster(options);
    try {
      await cluster.startPeers(options);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  protected async create(number: number, environment: () => Record<string, string>): Promise<ProcessPeer> {
    const [port = 0, adminPort = 0] = await freePorts(2);
    return new ProcessPeer(number, port, adminPort, environment);
  }

  protected fileVariables(): Record<string, string> {
    return {};
  }

  protected async remove(): Promise<void> {
    await inParallel(this.peers.length, this.peers, async (peer) => {
      if (peer.state !== "down") await peer.kill();
    });
  }
}
