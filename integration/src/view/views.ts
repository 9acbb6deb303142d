import type { Address, Member, PeerMeta, RemotePeer, Status } from "gossip-peer";
import { printable } from "gossip-peer/testbed";

/** The state of a peer. "down" is any end: a kill, a stop, a crash. */
export type PeerState = "running" | "paused" | "down";

/** The peers among which a command or a scenario's step can choose. */
export type Candidates = readonly { readonly number: number; readonly state: PeerState }[];

/** A peer that can be asked for its view. */
export interface AskablePeer {
  readonly number: number;
  /** The address by which the other peers know it; undefined until it has answered once. */
  readonly address: Address | undefined;
  readonly state: PeerState;
  /** The connection to ask by; undefined where there is none to be had. */
  readonly remote: RemotePeer | undefined;
}

/** A peer whose log can be read, too. */
export interface LoggingPeer extends AskablePeer {
  /** Resolves to at most so many of the last lines of the log, oldest first. */
  logTail(lines: number): Promise<string[]>;
}

/** Peers that can all be asked for their views: a cluster of a test, a Compose project. */
export interface AskableCluster {
  views(): Promise<Views>;
  /** A report for finding out what went wrong: who sees whom, and the end of every log. */
  report(): Promise<string>;
}

/** What one peer answered when it was asked for its view. */
export interface PeerView {
  readonly number: number;
  readonly address: Address | undefined;
  readonly state: PeerState;
  /**
   * The members by address, with those that failed or left and are remembered. Undefined when the peer gave no answer.
   */
  readonly members: ReadonlyMap<Address, Member> | undefined;
  /** Why a running peer gave no answer. */
  readonly problem: string | undefined;
}

/** One view for each peer there is, running or not, in the order of their numbers. */
export type Views = readonly PeerView[];

/** Asks all running peers at the same time. Never rejects: the view of a peer that does not answer has a `problem`. */
export async function askForViews(peers: readonly AskablePeer[]): Promise<Views> {
  const views = await Promise.all(peers.map(ask));
  return views.sort((a, b) => a.number - b.number);
}

async function ask({ number, address, state, remote }: AskablePeer): Promise<PeerView> {
  const silent = { number, address, state, members: undefined, problem: undefined };
  if (state !== "running" || remote === undefined) return silent;
  try {
    const answer = await remote.getMembers({ includeGone: true });
    const members = new Map(answer.members.map((member) => [member.address, member]));
    return { ...silent, address: answer.address, members };
  } catch (error) {
    return { ...silent, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The status that an address has in the view; undefined when the peer never heard of it, or forgot it. */
export function statusAt(view: PeerView, address: Address | undefined): Status | undefined {
  return address === undefined ? undefined : view.members?.get(address)?.status;
}

/** Whether the view has the address as alive or suspect. */
export function lists(view: PeerView, address: Address): boolean {
  const status = statusAt(view, address);
  return status === "alive" || status === "suspect";
}

/** The addresses that the view lists, sorted. */
export function listed(view: PeerView): Address[] {
  return [...(view.members?.keys() ?? [])].filter((address) => lists(view, address)).sort();
}

/**
 * What a peer calls itself or, where it gave no answer, what one of these views has as its name; empty when none has.
 */
export function nameOf(view: PeerView, views: Views = []): string {
  const { address = "" } = view;
  const heard = [view, ...views].map(({ members }) => members?.get(address)?.meta.name);
  return printable(heard.find((name) => name !== undefined) ?? "");
}

/** The peers that run, or the views of such peers. */
export function running<T extends { readonly state: PeerState }>(peers: readonly T[]): T[] {
  return peers.filter(({ state }) => state === "running");
}

/** Whether all peers that run answered and list exactly those that run, or the peers that `expected` gives for each. */
export function everyoneSees(views: Views, expected: (view: PeerView) => Views = () => running(views)): boolean {
  return running(views).every((view) => {
    const addresses = expected(view).flatMap(({ address }) => address ?? []);
    return view.members !== undefined && addresses.sort().join() === listed(view).join();
  });
}

/** Whether all peers that run answered, and `check` holds for what each has of the address. */
export function everyoneHas(views: Views, address: Address, check: (member: Member | undefined) => boolean): boolean {
  return running(views).every(({ members }) => members !== undefined && check(members.get(address)));
}

/** Whether any peer that answered does not list one of these. */
export function someoneMisses(views: Views, addresses: readonly Address[]): boolean {
  return views.some((view) => view.members !== undefined && addresses.some((address) => !lists(view, address)));
}

/** Whether any peer that answered lists the address with metadata for which `check` holds. */
export function someoneShows(views: Views, address: Address, check: (meta: PeerMeta) => boolean): boolean {
  return views.some((view) => lists(view, address) && check(view.members?.get(address)?.meta ?? {}));
}

/** Whether any other peer that answered lists the address. That a peer lists itself does not count. */
export function someoneLists(views: Views, address: Address): boolean {
  return views.some((view) => view.address !== address && lists(view, address));
}

/** The views of the peers that answered, grouped by whom they list, the largest group first. */
export function distinctViews(views: Views): Views[] {
  const groups = new Map<string, PeerView[]>();
  for (const view of views) {
    if (view.members === undefined) continue;
    const key = listed(view).join();
    groups.set(key, [...(groups.get(key) ?? []), view]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}
