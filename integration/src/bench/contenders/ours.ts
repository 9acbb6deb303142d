import { RemotePeer, type Preset, type RecordCounts } from "gossip-peer";
import { ClusterTls, variablesOf } from "../../cluster/docker/cluster-tls.js";
import { IMAGE } from "../../cluster/docker/engine.js";
import { ADMIN_PORT, PEER_PORT } from "../../cluster/docker/peer-container.js";
import { lineReader, type Build, type Contender, type Seat } from "../contender.js";
import { recordsIn } from "../copies.js";

const METRICS_PORT = 9464;
/** A peer loads its metrics when they are asked for the first time. */
const TOLD_WITHIN_MS = 10_000;

/** How our peers are to run. */
export interface OursOptions {
  readonly preset: Preset;
  readonly tls: boolean;
}

/** Our own peer, with its default options but for the preset. With `tls` each of them has a certificate. */
export class Ours implements Contender {
  readonly name = "ours";
  readonly title: string;
  readonly cannot = {};
  readonly read = lineReader(/"event":"(\w+)","member":"([\d.]+):/, {
    joined: "listed",
    failed: "gone",
    left: "gone",
    updated: "changed",
  });
  readonly controlPort = ADMIN_PORT;
  readonly #preset: Preset;
  readonly #tls: ClusterTls | undefined;

  private constructor(preset: Preset, tls: ClusterTls | undefined) {
    this.title = `ours (${preset}${tls === undefined ? "" : ", TLS"})`;
    this.#preset = preset;
    this.#tls = tls;
  }

  static async create({ preset, tls }: OursOptions): Promise<Ours> {
    return new Ours(preset, tls ? await ClusterTls.create() : undefined);
  }

  async build({ number, ip, seed }: Seat): Promise<Build> {
    const mount = await this.#tls?.equip(number, `${ip}:${PEER_PORT}`);
    return {
      image: IMAGE,
      environment: {
        GOSSIP_ADDRESS: `${ip}:${PEER_PORT}`,
        GOSSIP_BIND_HOST: "0.0.0.0",
        GOSSIP_ADMIN_ADDRESS: `0.0.0.0:${ADMIN_PORT}`,
        GOSSIP_ADMIN_UNPROTECTED: "1", // on a network of the bench's own, and published on this machine alone
        GOSSIP_METRICS_ADDRESS: `0.0.0.0:${METRICS_PORT}`, // for this machine, which reaches the container by its IP
        GOSSIP_SEEDS: seed === undefined ? "" : `${seed}:${PEER_PORT}`,
        GOSSIP_PRESET: this.#preset,
        ...(this.#tls === undefined ? {} : variablesOf("require")),
      },
      mounts: mount === undefined ? [] : [mount],
    };
  }

  async rename(port: number, name: string): Promise<void> {
    const remote = new RemotePeer(`127.0.0.1:${port}`);
    try {
      await remote.updateMeta({ name });
    } finally {
      remote.close();
    }
  }

  async received(ip: string, signal: AbortSignal): Promise<RecordCounts> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(TOLD_WITHIN_MS)]);
    const response = await fetch(`http://${ip}:${METRICS_PORT}/metrics`, { signal: within });
    return recordsIn(await response.text());
  }

  close(): void {
    this.#tls?.[Symbol.dispose]();
  }
}
