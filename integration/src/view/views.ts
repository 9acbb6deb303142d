import type { Address, Member, PeerMeta, RemotePeer, Status } from "gossip-peer";

/** `down` covers every end: killed, stopped, crashed. */
export type PeerState = "running" | "paused" | "down";

/** The peers that can be chosen from. */
export type Candidates = readonly { readonly number: number; readonly state: PeerState }[];

/** Somebody who can be asked whom it sees. */
export interface Observer {
  readonly number: number;
  /** Its id in the gossip; undefined as long as it never answered. */
  readonly address: Address | undefined;
  readonly state: PeerState;
  readonly remote: RemotePeer | undefined;
}

/** What one observer said when it was asked. */
export interface View {
  readonly number: number;
  readonly address: Address | undefined;
  readonly state: PeerState;
  /** By address, the remembered failed and left ones too. Undefined when it was not asked or did not answer. */
  readonly members: ReadonlyMap<Address, Member> | undefined;
  /** Why a running peer gave no answer. */
  readonly problem: string | undefined;
}

/** One view for each peer there is, running or not, in the order of their numbers. */
export type Views = readonly View[];

/** An observer that also has a log. */
export interface Narrator extends Observer {
  /** The last lines of its log, oldest first. */
  logTail(lines: number): Promise<string[]>;
}

/** Whatever has peers to look at: a cluster of a test, a Compose project. */
export interface Observed {
  views(): Promise<Views>;
  /** For a reader who must find out what went wrong: who sees whom, and the end of every log. */
  report(): Promise<string>;
}

/** Asks everybody that runs, at the same time. Never rejects: who does not answer has a `problem`. */
export async function lookAt(observers: readonly Observer[]): Promise<Views> {
  const views = await Promise.all(observers.map(ask));
  return views.sort((a, b) => a.number - b.number);
}

async function ask({ number, address, state, remote }: Observer): Promise<View> {
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

/** What the view holds of an address: undefined for one it never heard of, or forgot. */
export function statusAt(view: View, address: Address | undefined): Status | undefined {
  return address === undefined ? undefined : view.members?.get(address)?.status;
}

export function lists(view: View, address: Address): boolean {
  const status = statusAt(view, address);
  return status === "alive" || status === "suspect";
}

/** The addresses a view lists, sorted. */
export function listed(view: View): Address[] {
  return [...(view.members?.keys() ?? [])].filter((address) => lists(view, address)).sort();
}

export function running<T extends { readonly state: PeerState }>(peers: readonly T[]): T[] {
  return peers.filter(({ state }) => state === "running");
}

/** Whether everybody that runs answered and lists exactly those that run, or those `expected` of it. */
export function everyoneSees(views: Views, expected: (view: View) => Views = () => running(views)): boolean {
  return running(views).every((view) => {
    const addresses = expected(view).flatMap(({ address }) => address ?? []);
    return view.members !== undefined && addresses.sort().join() === listed(view).join();
  });
}

/** Whether everybody that runs answered and says this of the address. */
export function everyoneHas(views: Views, address: Address, check: (member: Member | undefined) => boolean): boolean {
  return running(views).every(({ members }) => members !== undefined && check(members.get(address)));
}

/** Whether anybody that answered does not list one of these. */
export function someoneMisses(views: Views, addresses: readonly Address[]): boolean {
  return views.some((view) => view.members !== undefined && addresses.some((address) => !lists(view, address)));
}

/** Whether anybody that answered lists the address with metadata for which `check` holds. */
export function someoneShows(views: Views, address: Address, check: (meta: PeerMeta) => boolean): boolean {
  return views.some((view) => lists(view, address) && check(view.members?.get(address)?.meta ?? {}));
}

/** Whether anybody that answered lists the address; whether it lists itself says nothing. */
export function someoneLists(views: Views, address: Address): boolean {
  return views.some((view) => view.address !== address && lists(view, address));
}

/** Those who answered, grouped by whom they list, the largest group first. */
export function distinctViews(views: Views): Views[] {
  const groups = new Map<string, View[]>();
  for (const view of views) {
    if (view.members === undefined) continue;
    const key = listed(view).join();
    groups.set(key, [...(groups.get(key) ?? []), view]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}
