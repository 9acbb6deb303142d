import type { Address, Member } from "gossip-peer";
import { Follower, type Audience } from "./follower.js";
import type { Sightings } from "./sightings.js";
import { Names } from "./names.js";
import { isListed } from "./page/model.js";
import type { Figures, Kind, Link } from "./page/types.js";

/** How many peers are followed at most, those that somebody only claims there are included. */
const MOST_PEERS = 250;
/** Names are asked again after this: a service's replicas come and go. */
const FIND_EVERY_MS = 3000;
/** A peer that is gone, and that nobody lists, is tried and shown for so long. */
const FORGET_AFTER_MS = 5 * 60_000;
/** Each look costs those who are looked at, too: so long at least between two of one peer, and between two of any. */
const LOOK_EVERY_MS = 2000;
const LOOKS_APART_MS = 40;
/** The same for what they count; that moves slowly, so it is asked for seldom. */
const MEASURE_EVERY_MS = 4000;
const MEASURES_APART_MS = 100;

export interface ObserverOptions {
  /** Where peers are: addresses, or names that stand for many. */
  readonly at: readonly Address[];
  /** Follow those alone, and not the members they list. Default false. */
  readonly only?: boolean;
  /** Ask DNS what the peers' machines are called, as Docker's answers for containers. Default false. */
  readonly reverseNames?: boolean;
}

interface Following {
  readonly follower: Follower;
  /** Whoever was given, or is behind a name that was, may turn out to be a peer of another address. */
  readonly isGiven: boolean;
  readonly ended: Promise<void>;
}

/**
 * Finds the peers as a program of any user would, through names and then through the members themselves, and writes down
 * what each of them says. It changes nothing.
 */
export class Observer implements Audience, AsyncDisposable {
  readonly #sightings: Sightings;
  readonly #options: ObserverOptions;
  readonly #names: Names;
  /** By where they dial. */
  readonly #followers = new Map<Address, Following>();
  /** Who speaks for each peer that has said who it is. */
  readonly #speakers = new Map<Address, Follower>();
  /** What each of the given addresses and names stands for now. */
  readonly #given = new Map<Address, readonly Address[]>();
  #at: readonly Address[];
  #labels: ReadonlyMap<Address, string> = new Map();
  readonly #finding: NodeJS.Timeout;

  constructor(sightings: Sightings, options: ObserverOptions) {
    this.#sightings = sightings;
    this.#options = options;
    this.#at = options.at;
    this.#names = new Names();
    this.#find();
    this.#finding = setInterval(() => {
      this.#find();
      this.#forget();
    }, FIND_EVERY_MS);
  }

  /** Where peers are from now on, instead: whom to follow elsewhere is not followed there any more. */
  set at(at: readonly Address[]) {
    for (const gone of this.#at.filter((each) => !at.includes(each))) this.#close(gone);
    this.#at = at;
    this.#find();
  }

  /** What the machines are called behind the addresses that are given. */
  set labels(labels: ReadonlyMap<Address, string>) {
    this.#labels = labels;
  }

  /** Resolves when all connections are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#finding);
    const all = [...this.#followers.values()];
    for (const { follower } of all) follower.stop();
    await Promise.all(all.map(({ ended }) => ended));
  }

  // ---- what followers report ----------------------------------------------------------------------------------------

  identified(follower: Follower, address: Address): string | undefined {
    const { door, identity } = follower;
    if (door !== address && this.#followers.get(door)?.isGiven !== true) return `it says that it is ${address}`;
    const speaker = this.#speakers.get(address);
    if (speaker !== undefined && speaker !== follower) return `it says that it is ${address}, which answers elsewhere`;
    if (identity !== undefined && identity !== address) this.#replaced(follower, identity);
    // Until now it was known by where it is dialled.
    if (door !== address && this.#sightings.model.peers.has(door))
      this.#sightings.note({ type: "forgotten", peer: door });
    this.#speakers.set(address, follower);
    if (this.#sightings.model.peers.get(address)?.link === "followed") return undefined;
    const label = this.#labels.get(door);
    this.#sightings.note({ type: "link", peer: address, link: "followed", ...(label === undefined ? {} : { label }) });
    if (this.#options.reverseNames === true) void this.#name(address);
    return undefined;
  }

  lost(follower: Follower, link: Exclude<Link, "followed">, why: string): void {
    const peer = follower.identity ?? follower.door;
    const known = this.#sightings.model.peers.get(peer);
    if (known?.link !== link || known.why !== why) this.#sightings.note({ type: "link", peer, link, why });
  }

  saw(follower: Follower, members: readonly Member[]): void {
    this.#sightings.note({ type: "view", peer: peerOf(follower), members });
    for (const member of members) this.#meet(member);
  }

  told(follower: Follower, kind: Kind, member: Member): void {
    this.#sightings.note({ type: "change", peer: peerOf(follower), kind, member });
    this.#meet(member);
  }

  held(follower: Follower): ReadonlyMap<Address, Member> | undefined {
    return this.#sightings.model.peers.get(peerOf(follower))?.members;
  }

  lookEveryMs(): number {
    return Math.max(LOOK_EVERY_MS, this.#followers.size * LOOKS_APART_MS);
  }

  measured(follower: Follower, traffic: Figures | null): void {
    this.#sightings.note({ type: "traffic", peer: peerOf(follower), traffic });
  }

  measureEveryMs(): number {
    return Math.max(MEASURE_EVERY_MS, this.#followers.size * MEASURES_APART_MS);
  }

  // ---- whom to follow -----------------------------------------------------------------------------------------------

  #find(): void {
    for (const given of this.#at) {
      this.#names.resolve(given, (addresses) => {
        this.#given.set(given, addresses);
        if (addresses.length === 0) this.#unknown(given);
        else if (!addresses.includes(given) && this.#sightings.model.peers.has(given))
          this.#sightings.note({ type: "forgotten", peer: given });
        for (const address of addresses) this.#follow(address, true);
      });
    }
  }

  #unknown(name: Address): void {
    if (!this.#sightings.model.peers.has(name))
      this.#sightings.note({ type: "link", peer: name, link: "unreachable", why: "no such name" });
  }

  #meet(member: Member): void {
    if (this.#options.only !== true && isListed(member) && !this.#speakers.has(member.address))
      this.#follow(member.address, false);
  }

  #follow(door: Address, isGiven: boolean): void {
    if (this.#followers.has(door) || this.#followers.size >= MOST_PEERS) return;
    const follower = new Follower(door, this);
    const following = { follower, isGiven, ended: Promise.resolve() };
    this.#followers.set(door, following); // before it runs, since what it finds is asked of this
    following.ended = follower.run();
  }

  /** Whoever has been away for long, and is missed by nobody, makes room. */
  #forget(): void {
    const { peers } = this.#sightings.model;
    const given = new Set([...this.#at, ...[...this.#given.values()].flat()]);
    const away = [...peers.values()].filter(
      ({ link, since }) => link !== "followed" && this.#sightings.now() - since > FORGET_AFTER_MS,
    );
    for (const { address } of away) {
      const follower = this.#speakers.get(address) ?? this.#followers.get(address)?.follower;
      const isMissed = [...peers.values()].some(
        ({ link, members }) => link === "followed" && isListed(members?.get(address)),
      );
      if (isMissed || given.has(follower?.door ?? address)) continue;
      follower?.stop();
      if (follower !== undefined) this.#followers.delete(follower.door);
      this.#speakers.delete(address);
      this.#sightings.note({ type: "forgotten", peer: address });
    }
  }

  /** Nobody is behind this address any more. */
  #close(door: Address): void {
    for (const each of [door, ...(this.#given.get(door) ?? [])]) {
      const follower = this.#followers.get(each)?.follower;
      if (follower === undefined) continue;
      follower.stop();
      this.#followers.delete(each);
      const { identity } = follower;
      if (identity === undefined || this.#speakers.get(identity) !== follower) continue;
      this.#speakers.delete(identity);
      this.lost(follower, "unreachable", "its address is gone");
    }
    this.#given.delete(door);
  }

  #replaced(by: Follower, address: Address): void {
    if (this.#speakers.get(address) === by) this.#speakers.delete(address);
    this.#sightings.note({
      type: "link",
      peer: address,
      link: "unreachable",
      why: "another peer answers in its place",
    });
  }

  async #name(peer: Address): Promise<void> {
    const label = await this.#names.labelOf(peer);
    const known = this.#sightings.model.peers.get(peer);
    if (label !== undefined && known?.link === "followed" && known.label !== label)
      this.#sightings.note({ type: "link", peer, link: "followed", label });
  }
}

function peerOf({ identity, door }: Follower): Address {
  return identity ?? door;
}
