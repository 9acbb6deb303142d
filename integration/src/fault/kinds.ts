import {
  FAULTS,
  type ButtonKind,
  type CommandKind,
  type Fault,
  type FaultKind,
  type LifeKind,
  type LinkKind,
  type NetworkFault,
  type WayKind,
} from "./fault.js";
import type { Candidates, PeerState } from "../view/views.js";
import type { KindOf, Place } from "./kind.js";
import { Unsupported } from "./unsupported.js";

/** A direction between two peers: from, to. */
export type Way = readonly [number, number];

export const KINDS = Object.keys(FAULTS) as FaultKind[];
/** The kinds that have a button, in the order in which the buttons stand. */
export const BUTTONS = KINDS.filter((kind): kind is ButtonKind => "button" in FAULTS[kind]);
/** The kinds that have a command, in the order in which the commands stand. */
export const COMMANDS = KINDS.filter((kind): kind is CommandKind => typeof FAULTS[kind].command !== "string");
export const WAYS = KINDS.filter(isWayKind);

/** The row of a kind. Call its functions with faults of that kind only. */
export function rowOf(kind: FaultKind): KindOf<Fault, Fault> {
  return FAULTS[kind] as unknown as KindOf<Fault, Fault>;
}

export function isLifeKind(kind: FaultKind): kind is LifeKind {
  return rowOf(kind).of === "life";
}

export function isWayKind(kind: FaultKind): kind is WayKind {
  return rowOf(kind).of === "way";
}

export function isLinkKind(kind: FaultKind): kind is LinkKind {
  return rowOf(kind).link !== undefined;
}

export function isNetworkKind(kind: FaultKind): kind is NetworkFault["kind"] {
  const { of } = rowOf(kind);
  return of === "way" || of === "network";
}

export function isOfLife(fault: Fault): fault is Fault<LifeKind> {
  return isLifeKind(fault.kind);
}

/** Whether a fault is of a way or of a network. */
export function isOfNetwork(fault: Fault): fault is NetworkFault {
  return isNetworkKind(fault.kind);
}

/** Whether the values of a fault mean "no fault". */
export function isNothing(fault: Fault): boolean {
  return rowOf(fault.kind).isNothing?.(fault) ?? false;
}

/** The peers that a fault is done to, or between; undefined where that is everybody. */
export function peersOf(fault: Fault): readonly number[] | undefined {
  if ("from" in fault) return [fault.from, fault.to];
  if (!("peer" in fault)) return undefined;
  return "other" in fault ? [fault.peer, fault.other] : [fault.peer];
}

/** A peer in a state that does not allow a fault, and the states that would. */
export interface WrongState {
  readonly peer: number;
  readonly state: PeerState;
  readonly needs: readonly PeerState[];
}

/** The first peer that the fault concerns whose state does not allow it; undefined when all states do. */
export function wrongStateFor(fault: Fault, peers: Candidates): WrongState | undefined {
  const { needs } = rowOf(fault.kind);
  if (needs === undefined) return undefined;
  const concerned = peersOf(fault) ?? [];
  const wrong = peers.find(({ number, state }) => concerned.includes(number) && !needs.includes(state));
  return wrong && { peer: wrong.number, state: wrong.state, needs };
}

/** The way that a fault closes; undefined for a fault that closes none. */
export function wayOf(fault: Fault): Way | undefined {
  return "from" in fault ? [fault.from, fault.to] : undefined;
}

/** The ways that these faults close. */
export function waysOf(faults: readonly Fault[]): Way[] {
  return faults.map(wayOf).filter((way) => way !== undefined);
}

/** The place of a fault, which has one fault at a time: a way, or a kind of fault and a peer, or all peers. */
export function placeOf(fault: Fault): string {
  return "from" in fault ? `way ${fault.from} ${fault.to}` : `${fault.kind} ${peersOf(fault)?.join() ?? "all"}`;
}

/** The kinds of faults that a fault ends, at the peers that it concerns; its own where it is over when it is done. */
export function kindsEndedBy(fault: Fault): readonly FaultKind[] {
  if (fault.kind === "heal" && fault.only !== undefined) return [fault.only.kind];
  const { ends = [], lasts } = rowOf(fault.kind);
  const others = ends === "all of ways and networks" ? KINDS.filter(isNetworkKind) : ends;
  return lasts === "while done" || isNothing(fault) ? [...others, fault.kind] : others;
}

/** Whether a fault ends another, at a peer that both concern. A fault that names no peer concerns all. */
export function ends(fault: Fault, other: Fault): boolean {
  if (fault.kind === "heal" && fault.only !== undefined)
    return fault.only.kind === other.kind && placeOf(fault.only) === placeOf(other);
  const [own, others] = [peersOf(fault), peersOf(other)];
  const concernsSame = own === undefined || others === undefined || own.some((peer) => others.includes(peer));
  return concernsSame && kindsEndedBy(fault).includes(other.kind);
}

/** The fault that ends this lasting one and no other; undefined where nothing can. */
export function endOf(fault: Fault): Fault | undefined {
  return isOfNetwork(fault) ? { kind: "heal", only: fault } : rowOf(fault.kind).inverse(fault, undefined);
}

/** The reason why a fault cannot be done there, as an error; undefined where it can. */
export function impossible(fault: Fault, place: Place): Unsupported | undefined {
  const why = rowOf(fault.kind).cannot?.[place];
  return why === undefined ? undefined : new Unsupported(why);
}
