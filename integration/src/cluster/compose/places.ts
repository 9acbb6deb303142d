import type { ComposePeer } from "./compose-project.js";
import { authorOf } from "../log.js";
import { inParallel } from "../../lib/parallel.js";

const AT_ONCE = 8;
/** How many lines of a log are read to find whose log it is. Nearly every line names the peer. */
const LAST_LINES = 20;

/** The peers by their addresses, the lowest first. The address of a peer that is down is read from its log. */
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
