import type { Address, LookTls, Member, MemberEventKind, StateOfPeer } from "gossip-peer";
import { Follower, type FollowerDelegate, type Loss } from "./follower.js";
import { Names } from "./names.js";
import { isListed } from "./page/groups.js";
import type { Figures } from "./page/types.js";
import type { Sightings } from "./sightings.js";

/** How many peers are followed at most, including those that somebody only claims to exist. */
const MOST_PEERS = 250;
/** How often names are looked up: the replicas of a service come and go. */
const RESOLVE_EVERY_MS = 3000;
/** How long a peer that is gone, and that nobody lists, is still dialled and shown. */
const FORGET_AFTER_MS = 5 * 60_000;
/** The least time between two looks at one peer, and between two at any: looks cost the peers, too. */
const LOOK_EVERY_MS = 2000;
const LOOKS_APART_MS = 40;
/** The same two times for the traffic, whose counters move slowly. */
const TRAFFIC_EVERY_MS = 4000;
const TRAFFIC_APART_MS = 100;

export interface ObserverOptions {
  /** Where the peers are: addresses, or names that stand for several. */
  readonly at: readonly Address[];
  /** Whether these alone are followed, and not the members that they list. Default false. */
  readonly only?: boolean;
  /**
   * Whether DNS is asked for the names of the peers' machines; Docker's answers with those of containers. Default
   * false.
   */
  readonly reverseNames?: boolean;
  /** What the peers are looked at with. Default: plain text. */
  readonly tls?: LookTls | undefined;
}

interface Following {
  readonly follower: Follower;
  /**
   * Whether the address was given, or a given name stands for it. Only then the peer there may call itself by another
   * address.
   */
  readonly isGiven: boolean;
  /** Resolves when the follower has ended. */
  readonly ended: Promise<void>;
}

/**
 * Finds peers as any user's program would, through names and then through the members that the peers list, follows each
 * of them and records what each says. An observer changes nothing. Disposing closes all connections.
 */
export class Observer implements FollowerDelegate, AsyncDisposable {
  readonly #sightings: Sightings;
  readonly #options: ObserverOptions;
  readonly #names = new Names();
  readonly #byDialAddress = new Map<Address, Following>();
  /** For each address by which a peer calls itself: the follower that this peer answers. */
  readonly #byIdentity = new Map<Address, Follower>();
  /** The addresses that each given address or name stands for now. */
  readonly #resolved = new Map<Address, readonly Address[]>();
  #at: readonly Address[];
  #labels: ReadonlyMap<Address, string> = new Map();
  readonly #resolving: NodeJS.Timeout;

  constructor(sightings: Sightings, options: ObserverOptions) {
    this.#sightings = sightings;
    this.#options = options;
    this.#at = options.at;
    this.#resolve();
    this.#resolving = setInterval(() => {
      this.#resolve();
      this.#forgetAbsent();
    }, RESOLVE_EVERY_MS);
  }

  /**
   * Replaces the addresses and names that were given; whoever was followed at one that is gone is no longer followed
   * there.
   */
  set at(at: readonly Address[]) {
    for (const gone of this.#at.filter((each) => !at.includes(each))) this.#unfollow(gone);
    this.#at = at;
    this.#resolve();
  }

  /** Sets the names of the machines at the given addresses. */
  set labels(labels: ReadonlyMap<Address, string>) {
    this.#labels = labels;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#resolving);
    const all = [...this.#byDialAddress.values()];
    for (const { follower } of all) follower.stop();
    await Promise.all(all.map(({ ended }) => ended));
  }

  // ---- what followers report ----------------------------------------------------------------------------------------

  /**
   * A member that was learnt of from others must call itself by the address at which it was dialled. A given address
   * may turn out to be that of somebody else, such as of a container behind a published port.
   */
  identified(follower: Follower, address: Address): string | undefined {
    const { dialAddress, identity } = follower;
    if (dialAddress !== address && this.#byDialAddress.get(dialAddress)?.isGiven !== true)
      return `it says that it is ${address}`;
    const other = this.#byIdentity.get(address);
    if (other !== undefined && other !== follower) return `it says that it is ${address}, which answers elsewhere`;
    if (identity !== undefined && identity !== address) this.#replaced(follower, identity);
    // Until now the peer was known by the address at which it is dialled.
    if (dialAddress !== address && this.#sightings.model.peers.has(dialAddress))
      this.#sightings.note({ type: "forgotten", peer: dialAddress });
    this.#byIdentity.set(address, follower);
    if (this.#sightings.model.peers.get(address)?.link === "followed") return undefined;
    const label = this.#labels.get(dialAddress);
    this.#sightings.note({ type: "link", peer: address, link: "followed", ...(label === undefined ? {} : { label }) });
    if (this.#options.reverseNames === true) void this.#labelByDns(address);
    return undefined;
  }

  lost(follower: Follower, link: Loss, why: string): void {
    const peer = peerOf(follower);
    const known = this.#sightings.model.peers.get(peer);
    if (known?.link !== link || known.why !== why) this.#sightings.note({ type: "link", peer, link, why });
  }

  viewReceived(follower: Follower, members: readonly Member[]): void {
    this.#sightings.note({ type: "view", peer: peerOf(follower), members });
    for (const member of members) this.#discover(member);
  }

  changeReceived(follower: Follower, kind: MemberEventKind, member: Member): void {
    this.#sightings.note({ type: "change", peer: peerOf(follower), kind, member });
    this.#discover(member);
  }

  lastView(follower: Follower): ReadonlyMap<Address, Member> | undefined {
    return this.#sightings.model.peers.get(peerOf(follower))?.members;
  }

  lookEveryMs(): number {
    return Math.max(LOOK_EVERY_MS, this.#byDialAddress.size * LOOKS_APART_MS);
  }

  trafficReceived(follower: Follower, traffic: Figures | null): void {
    this.#sightings.note({ type: "traffic", peer: peerOf(follower), traffic });
  }

  stateReceived(follower: Follower, { name, reason, preset }: StateOfPeer): void {
    const peer = peerOf(follower);
    const known = this.#sightings.model.peers.get(peer);
    // A peer that has joined is worth a line only where it had not, or says another preset.
    if (name === "joined" && known?.trouble === undefined && known?.preset === preset) return;
    this.#sightings.note({ type: "state", peer, state: name, reason, ...(preset === undefined ? {} : { preset }) });
  }

  trafficEveryMs(): number {
    return Math.max(TRAFFIC_EVERY_MS, this.#byDialAddress.size * TRAFFIC_APART_MS);
  }

  // ---- whom to follow -----------------------------------------------------------------------------------------------

  #resolve(): void {
    for (const given of this.#at) {
      this.#names.resolve(given, (addresses) => {
        this.#resolved.set(given, addresses);
        if (addresses.length === 0) this.#noteUnresolved(given);
        else if (!addresses.includes(given) && this.#sightings.model.peers.has(given))
          this.#sightings.note({ type: "forgotten", peer: given });
        for (const address of addresses) this.#follow(address, { isGiven: true });
      });
    }
  }

  #noteUnresolved(name: Address): void {
    if (!this.#sightings.model.peers.has(name))
      this.#sightings.note({ type: "link", peer: name, link: "unreachable", why: "no such name" });
  }

  /** Follows a member that somebody lists. */
  #discover(member: Member): void {
    if (this.#options.only !== true && isListed(member) && !this.#byIdentity.has(member.address))
      this.#follow(member.address, { isGiven: false });
  }

  #follow(dialAddress: Address, { isGiven }: { isGiven: boolean }): void {
    if (this.#byDialAddress.has(dialAddress) || this.#byDialAddress.size >= MOST_PEERS) return;
    const follower = new Follower(dialAddress, this, this.#options.tls);
    const following = { follower, isGiven, ended: Promise.resolve() };
    this.#byDialAddress.set(dialAddress, following); // before the follower runs, since its reports are looked up here
    following.ended = follower.run();
  }

  /** Forgets the peers that have been away for long and that nobody lists, unless their address was given. */
  #forgetAbsent(): void {
    const { peers } = this.#sightings.model;
    const given = new Set([...this.#at, ...[...this.#resolved.values()].flat()]);
    const absent = [...peers.values()].filter(
      ({ link, since }) => link !== "followed" && this.#sightings.now() - since > FORGET_AFTER_MS,
    );
    for (const { address } of absent) {
      const follower = this.#byIdentity.get(address) ?? this.#byDialAddress.get(address)?.follower;
      const isMissed = [...peers.values()].some(
        ({ link, members }) => link === "followed" && isListed(members?.get(address)),
      );
      if (isMissed || given.has(follower?.dialAddress ?? address)) continue;
      follower?.stop();
      if (follower !== undefined) this.#byDialAddress.delete(follower.dialAddress);
      this.#byIdentity.delete(address);
      this.#sightings.note({ type: "forgotten", peer: address });
    }
  }

  /** Stops following at an address or name that is no longer given. */
  #unfollow(given: Address): void {
    for (const dialAddress of [given, ...(this.#resolved.get(given) ?? [])]) {
      const follower = this.#byDialAddress.get(dialAddress)?.follower;
      if (follower === undefined) continue;
      follower.stop();
      this.#byDialAddress.delete(dialAddress);
      const { identity } = follower;
      if (identity === undefined || this.#byIdentity.get(identity) !== follower) continue;
      this.#byIdentity.delete(identity);
      this.lost(follower, "unreachable", "its address is gone");
    }
    this.#resolved.delete(given);
  }

  /** Another peer answers this follower now, in place of the one that had the address. */
  #replaced(follower: Follower, address: Address): void {
    if (this.#byIdentity.get(address) === follower) this.#byIdentity.delete(address);
    this.#sightings.note({
      type: "link",
      peer: address,
      link: "unreachable",
      why: "another peer answers in its place",
    });
  }

  async #labelByDns(peer: Address): Promise<void> {
    const label = await this.#names.labelOf(peer);
    const known = this.#sightings.model.peers.get(peer);
    if (label !== undefined && known?.link === "followed" && known.label !== label)
      this.#sightings.note({ type: "link", peer, link: "followed", label });
  }
}

/** The address under which sightings of the peer are recorded. */
function peerOf({ identity, dialAddress }: Follower): Address {
  return identity ?? dialAddress;
}
