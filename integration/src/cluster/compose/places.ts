import type { ComposePeer } from "./compose-project.js";
import { authorOf } from "../log.js";
import { inParallel } from "../../lib/parallel.js";

const AT_ONCE = 8;
/** Of a log: nearly each says who wrote it. */
const LAST_LINES = 20;

/** The lowest address first; of who is down, the one at which it wrote its log. */
export async function byPlace(peers: readonly ComposePeer[]): Promise<ComposePeer[]> {
  const places = new Map<ComposePeer, number>();
  await inParallel(AT_ONCE, peers, async (peer) => {
    const address = peer.address ?? authorOf(await peer.logTail(LAST_LINES)) ?? "";
    places.set(peer, placeOf(address));
  });
  const place = (peer: ComposePeer): number => places.get(peer) ?? 0;
  return peers.toSorted((a, b) => place(a) - place(b));
}

function placeOf(address: string): number {
  return address.split(/[.:]/).reduce((sum, part) => sum * 256 + Number(part), 0);
}
