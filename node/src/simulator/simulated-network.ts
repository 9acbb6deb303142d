import type { Address } from "../core/address.js";
import type { Random } from "../core/random.js";
import type { Millis } from "../core/timing.js";
import type { TlsMode } from "../tls/tls-options.js";
import { LookUps } from "./look-ups.js";

/** How one direction between two peers behaves. Shares are from 0 to 1. */
export interface LinkSettings {
  /** How long each message takes at least. */
  readonly latencyMs: Millis;
  /** Each message takes up to this much longer, evenly drawn. */
  readonly jitterMs: Millis;
  /** The share of messages that are lost. */
  readonly loss: number;
  /** The share of messages that arrive twice. */
  readonly duplicate: number;
  /** The share of messages that are held back so long that later ones overtake them. */
  readonly reorder: number;
}

/** A link of 1 ms that loses nothing. */
export const GOOD_LINK: LinkSettings = { latencyMs: 1, jitterMs: 0, loss: 0, duplicate: 0, reorder: 0 };

/**
 * How often faults had effect: messages that were lost, came upon a cut, arrived twice, or were held back so that later ones
 * overtook them; calls that were refused; look-ups that found nothing.
 */
export type Bites = Record<"lost" | "cut" | "refused" | "duplicated" | "reordered" | "unresolved", number>;

/** The CA of all certificates, where nothing else is said. */
export const FIRST_CA = "first";

/** The network between all peers: what happens to a message sent now, and who is cut off from whom. */
export class SimulatedNetwork {
  readonly #random: Random;
  readonly #cuts = new Map<string, number>();
  /** Ways on which calls are refused, as by a firewall that rejects. */
  readonly #rejects = new Set<string>();
  /** Peers that nobody can call, as behind NAT. */
  readonly #uncallable = new Set<Address>();
  /** The CA that has issued each peer's certificate, and those that a peer trusts; where it is not said, FIRST_CA. */
  readonly #issuers = new Map<Address, string>();
  readonly #trusted = new Map<Address, readonly string[]>();
  /** When the certificate of a peer, or its trust, changed last. */
  readonly #believedSince = new Map<Address, Millis>();
  /** Whether peers speak TLS, where that is not required, as it is of the others. */
  readonly #tls = new Map<Address, TlsMode>();
  /** When each peer that nobody could call could be called again. */
  readonly #callableAt = new Map<Address, Millis>();
  /** When each way that was closed was last open again. */
  readonly #mendedAt = new Map<string, Millis>();
  readonly #links = new Map<string, LinkSettings>();
  readonly #now: () => Millis;
  #all: LinkSettings;
  /** What the faults did so far, so that a run can prove that they had effect. */
  readonly bites: Bites = { lost: 0, cut: 0, refused: 0, duplicated: 0, reordered: 0, unresolved: 0 };

  /** What names mean to each peer. */
  readonly lookUps = new LookUps(() => this.bites.unresolved++);

  /** Chance decides what is lost, doubled, late; `now` is the virtual time. */
  constructor(random: Random, settings: LinkSettings = GOOD_LINK, now: () => Millis = () => 0) {
    this.#random = random;
    this.#all = settings;
    this.#now = now;
  }

  /** How all links are, except those that were set one by one. */
  get settings(): LinkSettings {
    return this.#all;
  }

  /** Changes all links, except those that were set one by one. */
  setAll(change: Partial<LinkSettings>): void {
    this.#all = { ...this.#all, ...change };
  }

  /** Changes this one direction. */
  setLink(from: Address, to: Address, change: Partial<LinkSettings>): void {
    this.#links.set(direction(from, to), { ...this.#link(from, to), ...change });
  }

  /** Cuts this one direction: nothing gets through. Cuts add up, and `mend` undoes one. */
  cut(from: Address, to: Address): void {
    this.#cuts.set(direction(from, to), (this.#cuts.get(direction(from, to)) ?? 0) + 1);
  }

  /** Undoes one cut of this direction; nothing happens where there is none. */
  mend(from: Address, to: Address): void {
    const left = (this.#cuts.get(direction(from, to)) ?? 0) - 1;
    if (left > 0) this.#cuts.set(direction(from, to), left);
    else if (this.#cuts.delete(direction(from, to))) this.#mendedAt.set(direction(from, to), this.#now());
  }

  /** Refuses every call in this direction at once, and lets nothing else through. */
  reject(from: Address, to: Address): void {
    this.#rejects.add(direction(from, to));
  }

  /** Ends a rejection of this direction. */
  accept(from: Address, to: Address): void {
    if (this.#rejects.delete(direction(from, to))) this.#mendedAt.set(direction(from, to), this.#now());
  }

  /** From now on whoever calls that peer is refused at once; it can call others, and gets their answers. */
  refuseCalls(to: Address): void {
    this.#uncallable.add(to);
  }

  /** Lets others call that peer again. */
  allowCalls(to: Address): void {
    if (this.#uncallable.delete(to)) this.#callableAt.set(to, this.#now());
  }

  /** Whether nobody can call that peer. */
  refusesCalls(to: Address): boolean {
    return this.#uncallable.has(to);
  }

  /** Gives a peer a certificate of this CA from now on. */
  setIssuer(address: Address, ca: string): void {
    this.#issuers.set(address, ca);
    this.#believedSince.set(address, this.#now());
  }

  /** Makes a peer trust these CAs from now on, and talk to nobody else. */
  setTrusted(address: Address, cas: readonly string[]): void {
    this.#trusted.set(address, cas);
    this.#believedSince.set(address, this.#now());
  }

  #trusts(one: Address, other: Address): boolean {
    return (this.#trusted.get(one) ?? [FIRST_CA]).includes(this.#issuers.get(other) ?? FIRST_CA);
  }

  /** Sets whether a peer speaks TLS from now on. Where one side does not and the other insists, calls are refused. */
  setTls(address: Address, mode: TlsMode): void {
    this.#tls.set(address, mode);
  }

  #speakAlike(one: Address, other: Address): boolean {
    if (this.#tls.size === 0) return true;
    const modes = [one, other].map((address) => this.#tls.get(address) ?? "require");
    return !(modes.includes("off") && modes.includes("require"));
  }

  /** Ends all faults: each link is as at first, and names can be looked up. */
  heal(settings: LinkSettings): void {
    for (const each of [...this.#cuts.keys(), ...this.#rejects]) this.#mendedAt.set(each, this.#now());
    this.#cuts.clear();
    this.#rejects.clear();
    for (const to of this.#uncallable) this.#callableAt.set(to, this.#now());
    this.#uncallable.clear();
    this.lookUps.heal();
    this.#links.clear();
    this.#all = settings;
  }

  /** Whether nothing gets through in this direction. */
  isCut(from: Address, to: Address): boolean {
    return this.#cuts.has(direction(from, to));
  }

  /** Whether calls in this direction are refused. */
  isRejected(from: Address, to: Address): boolean {
    const isBelieved = this.#believedSince.size === 0 || (this.#trusts(from, to) && this.#trusts(to, from));
    return !isBelieved || !this.#speakAlike(from, to) || this.#rejects.has(direction(from, to));
  }

  /** Whether this direction is closed, or was at that moment or later. */
  wasCutSince(moment: Millis, from: Address, to: Address): boolean {
    const isClosed = this.isCut(from, to) || this.isRejected(from, to) || this.refusesCalls(to);
    if (isClosed || (this.#callableAt.get(to) ?? -Infinity) >= moment) return true;
    const believedSince = [from, to].map((address) => this.#believedSince.get(address) ?? -Infinity);
    return Math.max(...believedSince, this.#mendedAt.get(direction(from, to)) ?? -Infinity) >= moment;
  }

  /** The delays, in ms, of the copies of a message that is sent now; none when the message is lost. */
  delays(from: Address, to: Address): readonly Millis[] {
    if (this.isCut(from, to)) {
      this.bites.cut++;
      return [];
    }
    const link = this.#link(from, to);
    if (this.#occurs(link.loss)) {
      this.bites.lost++;
      return [];
    }
    const copies = this.#occurs(link.duplicate) ? 2 : 1;
    this.bites.duplicated += copies - 1;
    return Array.from({ length: copies }, () => this.#delay(link));
  }

  #delay({ latencyMs, jitterMs, reorder }: LinkSettings): Millis {
    const delay = latencyMs + (jitterMs > 0 ? this.#random.next() * jitterMs : 0);
    if (!this.#occurs(reorder)) return delay;
    this.bites.reordered++;
    return delay + this.#random.next() * 10 * (latencyMs + jitterMs);
  }

  #link(from: Address, to: Address): LinkSettings {
    return this.#links.size === 0 ? this.#all : (this.#links.get(direction(from, to)) ?? this.#all);
  }

  /**
   * Whether something of this probability happens now. Nothing is drawn when the share is 0, so that a fault that is
   * off moves no other draw.
   */
  #occurs(share: number): boolean {
    return share > 0 && this.#random.next() < share;
  }
}

function direction(from: Address, to: Address): string {
  return `${from} ${to}`;
}
