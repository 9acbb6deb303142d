import { afterEach } from "@jest/globals";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import type { Address } from "../../src/core/address.js";
import { budgets, PLAIN_RULE, resolveTiming, type Budgets } from "../../src/core/timing.js";
import { Peer, RemotePeer, type Member, type PeerOptions } from "../../src/index.js";
import { MEMBER_EVENTS } from "../../src/announcer.js";

export const PERIOD_MS = 50;

/**
 * The rule that one failed exchange removes. It takes a machine that is busy with other tests for a silent peer, unless
 * the timeouts are long; one that was killed refuses at once.
 */
export const PLAIN = { ...PLAIN_RULE, exchangeTimeoutMs: 5000, minTimeoutMs: 5000 };

/** A fast pace, so that the budgets that tests wait on, and the times in which nothing may happen, are short. */
const FAST = { pingPeriodMs: PERIOD_MS, exchangeTimeoutMs: 1000 };

/** The budgets of so many peers with a period of PERIOD_MS. */
export function within(peers: number, timing: Partial<PeerOptions> = {}): Budgets {
  return budgets(resolveTiming({ ...FAST, ...timing }), peers);
}

const made = new Set<Peer>();
afterEach(async () => {
  await Promise.all([...made].map((peer) => peer.stop()));
  made.clear();
});

/** A peer on a free port of loopback that is not running yet. Stopped after the test, whatever happens. */
export function peerOf(options: Partial<PeerOptions> = {}): Peer {
  const peer = new Peer({ address: "127.0.0.1:0", ...FAST, ...options });
  made.add(peer);
  return peer;
}

export async function startPeer(options: Partial<PeerOptions> = {}): Promise<Peer> {
  const peer = peerOf(options);
  await peer.run();
  return peer;
}

/** Starts so many peers, named p0, p1 …, of which the first is the seed of the others. */
export async function startPeers(count: number, options: Partial<PeerOptions> = {}): Promise<[Peer, ...Peer[]]> {
  const first = await startPeer({ meta: { name: "p0" }, ...options });
  const others = Array.from({ length: count - 1 }, (_, at) =>
    startPeer({ meta: { name: `p${at + 1}` }, seeds: [first.address], ...options }),
  );
  return [first, ...(await Promise.all(others))];
}

export function list(peer: Peer): Address[] {
  return [...peer.getMembers().keys()].sort();
}

/** Whether these peers list each other and nobody else. */
export function agreed(peers: readonly Peer[]): boolean {
  const all = peers.map(({ address }) => address).sort();
  return peers.every((peer) => list(peer).join() === all.join());
}

export function views(peers: readonly Peer[]): string {
  return peers.map((peer) => `${peer.address} lists ${list(peer).join(", ")}`).join("; ");
}

/** What the peer announces from now on, such as "joined 127.0.0.1:7946". */
export function eventsOf(peer: Peer): string[] {
  const seen: string[] = [];
  for (const kind of MEMBER_EVENTS) {
    peer.on(kind, ({ member }) => {
      seen.push(`${kind} ${member.address}`);
    });
  }
  return seen;
}

/** The members that the peer at that address lists; rejects as RemotePeer does. */
export async function membersAt(address: Address): Promise<readonly Member[]> {
  const remote = new RemotePeer(address);
  try {
    return (await remote.getMembers()).members;
  } finally {
    remote.close();
  }
}

/** A port at which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
