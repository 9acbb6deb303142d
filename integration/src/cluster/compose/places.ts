import type { Replica } from "./replicas.js";
import { authorOf } from "../log.js";
import { inParallel } from "../../lib/parallel.js";

const AT_ONCE = 8;
/** Of a log: nearly each says who wrote it. */
const LAST_LINES = 20;

/** The lowest address first; of who is down, the one at which it wrote its log. */
export async function byPlace(replicas: readonly Replica[]): Promise<Replica[]> {
  const places = new Map<Replica, number>();
  await inParallel(AT_ONCE, replicas, async (replica) => {
    const address = replica.address ?? authorOf(await replica.logTail(LAST_LINES)) ?? "";
    places.set(replica, placeOf(address));
  });
  const place = (replica: Replica): number => places.get(replica) ?? 0;
  return replicas.toSorted((a, b) => place(a) - place(b));
}

function placeOf(address: string): number {
  return address.split(/[.:]/).reduce((sum, part) => sum * 256 + Number(part), 0);
}
