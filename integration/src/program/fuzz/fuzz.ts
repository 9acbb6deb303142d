import { setTimeout as elapse } from "node:timers/promises";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { spawnPeer, type Peer } from "gossip-peer";
import { stream } from "gossip-peer/simulator";
import { decodeProbe, decodeReply, decodeRequest, GossipClient, Malformed, schema } from "gossip-peer/testbed";
import { Progress } from "../simulate/progress.js";
import { Inputs, type FuzzInput } from "./inputs.js";
import { Wire } from "./wire.js";

export interface FuzzOptions {
  readonly seed: number;
  /** Ends after so many inputs … */
  readonly inputs: number;
  /** … or after so many seconds, whichever comes first. */
  readonly seconds: number;
}

export interface Fuzzed {
  readonly inputs: number;
  readonly seconds: number;
  /** How many inputs of each kind there were. */
  readonly kinds: Readonly<Record<string, number>>;
  /** The most memory that the process had, in MB: peers, and what attacks them. */
  readonly mostMegabytes: number;
  /** What went wrong first, with the number of the input; undefined when nothing did. */
  readonly failure: string | undefined;
}

const PERIOD_MS = 50;
/** Every so many inputs the peers are to agree, and memory is looked at. */
const CHECKED_EVERY = 1000;
/** Of the inputs one in so many goes to a port, the next as a reply to a peer's call; all go to the codec. */
const LIVE_EVERY = 10;
/** Far above the time in which a cluster settles: the machine may be busy with other things. */
const AGREED_WITHIN_MS = 60_000;
/** Memory may grow so far: the peers' views are full of members that are made up, and a message may have 4 MB. */
const MOST_GROWTH_MB = 400;

/**
 * Three peers under fire. Their codec gets every input, their ports and their calls one in ten. They must neither end nor
 * hang, take no more memory than they may, and list each other again after each thousand inputs.
 */
export async function fuzz({ seed, inputs, seconds }: FuzzOptions): Promise<Fuzzed> {
  const progress = new Progress();
  const kinds: Record<string, number> = {};
  const peers = await startPeers();
  const drawn = new Inputs(
    stream(seed, "fuzz"),
    peers.map(({ address }) => address),
  );
  const wires = peers.map(({ address }) => new Wire(address));
  const liar = await Liar.start(drawn);
  for (const peer of peers) peer.addSeed(liar.address);
  const before = megabytes();
  let [done, most] = [0, before];
  let failure: string | undefined;
  try {
    while (done < inputs && progress.seconds < seconds && failure === undefined) {
      const input = drawn.request();
      kinds[input.kind] = (kinds[input.kind] ?? 0) + 1;
      failure = decodes(input);
      if (done % LIVE_EVERY === 0) await wires[(done / LIVE_EVERY) % wires.length]?.send(input);
      if (done % LIVE_EVERY === 1) await liar.tell(peers[0]?.address ?? "");
      done++;
      most = Math.max(most, megabytes());
      if (done % CHECKED_EVERY === 0) {
        if (most - before > MOST_GROWTH_MB) failure = `memory grew by ${Math.round(most - before)} MB`;
        failure ??= await agree(peers);
      }
      progress.show(() => `${done} inputs, ${Math.round(done / progress.seconds)} a second, ${Math.round(most)} MB`);
    }
    failure ??= await agree(peers);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  } finally {
    progress.clear();
    for (const wire of wires) wire.close();
    liar.close();
    await Promise.all(peers.map((peer) => peer.stop()));
  }
  const where = failure === undefined ? undefined : `after ${done} inputs of seed ${seed}: ${failure}`;
  return { inputs: done, seconds: progress.seconds, kinds, mostMegabytes: Math.round(most), failure: where };
}

async function startPeers(): Promise<Peer[]> {
  const timing = { pingPeriodMs: PERIOD_MS, exchangeTimeoutMs: 1000, tombstoneTtlMs: 5000 };
  const options = { address: "127.0.0.1:0", ...timing, maxMembers: 200, maxTombstones: 200 };
  const first = await spawnPeer(options);
  return [
    first,
    await spawnPeer({ ...options, seeds: [first.address] }),
    await spawnPeer({ ...options, seeds: [first.address] }),
  ];
}

/** Whether the codec refuses an input or reads it, and does nothing else; what it does otherwise. */
function decodes({ method, bytes }: FuzzInput): string | undefined {
  const { Exchange, Probe } = schema.GossipService.service;
  for (const decode of [
    () =>
      method === "Exchange"
        ? decodeRequest(Exchange.requestDeserialize(bytes))
        : decodeProbe(Probe.requestDeserialize(bytes)),
    () => decodeReply(Exchange.responseDeserialize(bytes)),
  ]) {
    try {
      decode();
    } catch (error) {
      // What protobuf itself cannot read is a RangeError or an Error of its own.
      if (error instanceof TypeError || error instanceof ReferenceError) return `the codec fails: ${error.stack ?? ""}`;
      if (!(error instanceof Malformed) && !(error instanceof Error)) return `the codec throws ${String(error)}`;
    }
  }
  return undefined;
}

/** Waits until the peers list each other; says who does not list whom where that takes too long. */
async function agree(peers: readonly Peer[]): Promise<string | undefined> {
  const end = performance.now() + AGREED_WITHIN_MS;
  for (;;) {
    const missing = peers.flatMap((peer) =>
      peers
        .filter(({ address }) => !peer.getMembers().has(address))
        .map(({ address }) => `${peer.address} lacks ${address}`),
    );
    if (missing.length === 0) return undefined;
    if (performance.now() > end) return `no agreement within ${AGREED_WITHIN_MS} ms: ${missing.join(", ")}`;
    await elapse(PERIOD_MS);
  }
}

/** A server that gives made-up replies to whoever calls it, and a client that calls it as a peer would. */
class Liar {
  readonly #server: Server;
  readonly #client = new GossipClient({ maxConnections: 1 });
  readonly address: string;

  private constructor(server: Server, address: string) {
    this.#server = server;
    this.address = address;
  }

  static async start(inputs: Inputs): Promise<Liar> {
    const server = new Server();
    let address = "";
    const raw = { ...schema.GossipService.service.Exchange, responseSerialize: (bytes: Buffer) => bytes };
    server.addService(
      { Exchange: raw },
      {
        Exchange: (call: ServerDuplexStream<unknown, Buffer>) => {
          call.on("data", () => call.write(inputs.reply(address).bytes));
          call.on("end", () => {
            call.end();
          });
          call.on("error", () => undefined);
        },
      },
    );
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    address = `127.0.0.1:${port}`;
    return new Liar(server, address);
  }

  /** Has the client take one reply in; whatever it is, the call ends with a reply or with an error of its own. */
  async tell(sender: string): Promise<void> {
    const record = { address: sender, generation: 1, incarnation: 0, status: "alive", meta: {} } as const;
    const request = {
      cluster: "default",
      recipient: "",
      sender,
      records: [record],
      viewHash: 0,
      buckets: [],
      range: undefined,
    };
    await this.#client.exchange(this.address, request, 5000).catch(() => undefined);
  }

  close(): void {
    this.#client.close();
    this.#server.forceShutdown();
  }
}

function megabytes(): number {
  return process.memoryUsage.rss() / 1e6;
}
