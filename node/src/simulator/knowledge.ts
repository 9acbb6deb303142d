import type { Address } from "../core/address.js";
import type { Member, MemberEvent } from "../core/messages.js";
import { budgets, type Millis } from "../core/timing.js";
import { BitRows } from "./bit-rows.js";
import { isAsleep, type SimulatedPeer } from "./simulated-peer.js";
import type { Simulation } from "./simulation.js";
import type { Watcher } from "./watcher.js";

/** What can happen to a peer that the others are to learn. */
export const FACT_KINDS = ["join", "update", "crash", "silence", "leave"] as const;
/** One of FACT_KINDS. */
export type FactKind = (typeof FACT_KINDS)[number];

/** Something that is true from one moment on, and how far the news of it has got. */
export interface Fact {
  /** What is true. */
  readonly kind: FactKind;
  /** Of whom. */
  readonly subject: SimulatedPeer;
  /** Since when, in ms of virtual time. */
  readonly at: Millis;
  /** How long it took until the first other peer knew, in ms; undefined before that. */
  firstMs: Millis | undefined;
  /** How long it took until all running peers knew, in ms; undefined before that. */
  fullMs: Millis | undefined;
}

interface Tracked extends Fact {
  /** The fact's place among all facts. */
  readonly index: number;
  /** How many peers are to learn it still. */
  waiting: number;
  readonly isKnownBy: (event: MemberEvent) => boolean;
}

/** Follows how news of what happens to peers spreads, and counts the removals of peers that were there all along. */
export class Knowledge implements Watcher {
  readonly #simulation: Simulation;
  /** The facts that not all know yet, by the addresses of those they are about. */
  readonly #open = new Map<Address, Tracked[]>();
  readonly #facts: Tracked[] = [];
  /** Which facts each peer is to learn still: a row for each peer, a bit for each fact. */
  readonly #toLearn = new BitRows();
  /** Whether the first peer to call a record failed was wrong, by record. The others just believe the first. */
  readonly #verdicts = new Map<string, boolean>();
  readonly #ignored = new Set<SimulatedPeer>();
  /**
   * Removals of a peer that ran, was awake and was not cut off from the one who removed it first, throughout the
   * silence budget before that: a suspicion that began earlier may run out so much later.
   */
  wrongRemovals = 0;
  /** The number of `wrongRemovals` by peers that are not ignored. */
  wrongRemovalsByHealthy = 0;

  /** Nothing is followed before `simulation.watch(knowledge)`. */
  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** All facts so far, in the order in which they happened. They change as the news spreads. */
  get facts(): readonly Fact[] {
    return this.#facts;
  }

  /** Removals of these peers do not count as wrong from now on. Removals by them do. */
  ignore(peers: Iterable<SimulatedPeer>): void {
    for (const peer of peers) this.#ignored.add(peer);
  }

  /** Records that this has just happened to `subject`: everybody who runs and has not heard of it is to learn of it. */
  happened(kind: FactKind, subject: SimulatedPeer): Fact {
    const { peers, now } = this.#simulation;
    // A peer that is asleep takes nothing in, and one that does not list the subject can learn nothing but its join.
    const isToLearn = (peer: SimulatedPeer): boolean =>
      peer.state === "running" &&
      peer !== subject &&
      !isAsleep(peer) &&
      (kind === "join" || peer.protocol?.lists(subject.address) === true);
    const index = this.#facts.length;
    const learners = peers.filter(isToLearn);
    for (const peer of learners) this.#toLearn.set(peer.index, index);
    const fact: Tracked = {
      kind,
      subject,
      at: now,
      firstMs: undefined,
      fullMs: learners.length === 0 ? 0 : undefined,
      index,
      waiting: learners.length,
      isKnownBy: recognise(kind, subject),
    };
    this.#facts.push(fact);
    this.#open.set(subject.address, [...(this.#open.get(subject.address) ?? []), fact]);
    if (kind !== "join" && kind !== "update") this.#excuse(subject);
    return fact;
  }

  /** Takes in that a peer has learnt something. */
  announced(viewer: SimulatedPeer, event: MemberEvent): void {
    if (viewer.isTwin) return;
    if (event.kind === "failed" && this.#judge(event.member, viewer)) {
      this.wrongRemovals++;
      if (!this.#ignored.has(viewer)) this.wrongRemovalsByHealthy++;
    }
    for (const fact of this.#open.get(event.member.address) ?? [])
      if (fact.isKnownBy(event)) this.#learnt(fact, viewer);
  }

  /** Whether a removal is wrong. The first one of a record decides, and is remembered for the others of that record. */
  #judge({ address, generation, incarnation }: Member, viewer: SimulatedPeer): boolean {
    const subject = this.#simulation.peerAt(address);
    if (subject === undefined) return false;
    const record = `${address} ${generation} ${incarnation}`;
    const isPresent = subject.state === "running" && subject.protocol?.self.generation === generation;
    const verdict = this.#verdicts.get(record) ?? (isPresent && this.#wasThere(subject, viewer));
    this.#verdicts.set(record, verdict);
    return verdict && !this.#ignored.has(subject);
  }

  /** Whether the subject could be reached throughout the silence budget until now. */
  #wasThere(subject: SimulatedPeer, viewer: SimulatedPeer): boolean {
    const { network, now, timing, peers } = this.#simulation;
    const since = now - budgets(timing, peers.length).silenceMs;
    const wasCut = (from: SimulatedPeer, to: SimulatedPeer): boolean =>
      network.wasCutSince(since, from.address, to.address);
    return !isAsleep(subject) && subject.thawedAt < since && !wasCut(subject, viewer) && !wasCut(viewer, subject);
  }

  #learnt(fact: Tracked, viewer: SimulatedPeer): void {
    if (!this.#toLearn.clear(viewer.index, fact.index)) return;
    fact.firstMs ??= this.#simulation.now - fact.at;
    this.#countDown(fact);
  }

  /** Waits for this peer no more: one that is gone or frozen learns nothing. */
  #excuse(gone: SimulatedPeer): void {
    for (const fact of this.#facts) if (this.#toLearn.clear(gone.index, fact.index)) this.#countDown(fact);
  }

  #countDown(fact: Tracked): void {
    if (--fact.waiting > 0) return;
    fact.fullMs = this.#simulation.now - fact.at;
    const { address } = fact.subject;
    const left = (this.#open.get(address) ?? []).filter((other) => other !== fact);
    if (left.length > 0) this.#open.set(address, left);
    else this.#open.delete(address);
  }
}

/** A function that recognises the events by which a peer shows that it knows a fact. */
function recognise(kind: FactKind, subject: SimulatedPeer): (event: MemberEvent) => boolean {
  const { generation = 0, incarnation = 0 } = subject.protocol?.self ?? {};
  const isAsNew = ({ member }: MemberEvent): boolean =>
    member.generation > generation || (member.generation === generation && member.incarnation >= incarnation);
  const isGone = ({ kind: seen }: MemberEvent): boolean => seen === "failed" || seen === "left";
  return kind === "join" || kind === "update" ? (event) => !isGone(event) && isAsNew(event) : isGone;
}
