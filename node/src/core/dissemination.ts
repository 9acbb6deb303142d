import type { Address } from "./address.js";
import { branches, nextOf, type Branch } from "./branches.js";
import type { Calls } from "./calls.js";
import { News } from "./news.js";
import { sample } from "./random.js";
import type { Range } from "./range.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";
import { Told } from "./told.js";

/** The members to whom something learnt is passed on at once. Whoever is asked to tell it later on still does. */
export type Spread = "nobody" | "all" | Range;

/** How many members a goodbye is told to directly, at least; they pass it on. */
const GOODBYES = 3;

/**
 * How many calls of news may be unanswered. With so many, more news is gathered and none is told: the answers set the
 * pace. Measured in the simulator with a processor that all peers share: without it a hundred that start on an
 * overloaded one never agree; with 4 a failure that follows on an accusation waits for the answers to that.
 */
const MOST_NEWS_CALLS = 8;

/** SWIM's dissemination component: tells news by dividing the ring. The head of each part is called, and tells it. */
export class Dissemination {
  readonly #state: State;
  readonly #calls: Calls;
  readonly #news: News;
  readonly #told = new Told();
  #counted: { readonly range: Range; readonly count: number } | undefined;

  constructor(state: State, calls: Calls) {
    this.#state = state;
    this.#calls = calls;
    this.#news = new News(state.timing);
  }

  /** When `sendDue` is wanted next; Infinity where there is no news, or too many calls of it are unanswered. */
  get dueAt(): Millis {
    return this.#calls.count("news") < MOST_NEWS_CALLS ? this.#news.dueAt : Infinity;
  }

  /** How many members there is news about that is not told yet. */
  get waiting(): number {
    return this.#news.size;
  }

  /** Spreads something new about a member to these members. */
  spread(item: Address, spread: Spread, now: Millis): void {
    this.#told.begin(item);
    if (spread !== "nobody") this.#add(item, spread === "all" ? undefined : spread, now);
  }

  /** Passes on the record of a member to the range, unless that was done lately. */
  passOn(item: Address, range: Range, now: Millis): void {
    if (!this.#told.covers(item, range)) this.#add(item, range, now);
  }

  /** Tells the head of the whole ring what is held of a member; the head keeps that to itself. */
  tellHead(item: Address, now: Millis): void {
    if (this.#isSilent()) return;
    this.#tell({ items: [item], members: this.#state.view.ring, range: undefined, tried: [] }, now);
  }

  /** Tells the news that is due. */
  sendDue(now: Millis): void {
    const { view } = this.#state;
    if (now < this.dueAt) return;
    for (const { items, range } of this.#news.take(now))
      this.#divide([...items], range === undefined ? view.ring : view.within(range), range, now);
  }

  /** Tells the next member of a branch after the one that was called did not answer. */
  tellNext(branch: Branch, unanswered: Address, now: Millis): void {
    this.#tell({ ...branch, tried: [...branch.tried, unanswered] }, now);
  }

  /** Tells the others, as they were before it, that this peer leaves; some strangers too, who may hold it already. */
  goodbye(others: readonly Address[], strangers: readonly Address[], now: Millis): void {
    const { address, timing, random } = this.#state;
    const fanout = Math.max(GOODBYES, timing.newsFanout);
    for (const branch of branches([address], others, fanout)) this.#tell(branch, now);
    for (const stranger of sample(random, strangers, GOODBYES)) this.#calls.exchange(stranger, { for: "seed" }, now);
  }

  /** Once a period: forgets to whom old news was told. */
  age(): void {
    this.#told.age();
  }

  #add(item: Address, range: Range | undefined, now: Millis): void {
    if (this.#isSilent()) return;
    const size = range === undefined ? this.#state.view.liveCount : this.#countWithin(range);
    this.#news.add(item, range, size, now);
  }

  #isSilent(): boolean {
    return this.#state.isLeaving || this.#state.timing.newsFanout === 0;
  }

  /** The number of members of a range, counted once for all the records of a message that go to it. */
  #countWithin(range: Range): number {
    if (this.#counted?.range !== range) this.#counted = { range, count: this.#state.view.countWithin(range) };
    return this.#counted.count;
  }

  /** Tells a part of the ring, or all of it. This peer's own branch may be left to another, who may ask it for less. */
  #divide(items: readonly Address[], ring: readonly Address[], range: Range | undefined, now: Millis): void {
    const { address, timing } = this.#state;
    let isComplete = true;
    for (const branch of branches(items, ring, timing.newsFanout)) {
      const called = this.#tell(branch, now);
      if (called !== address && branch.members.includes(address)) isComplete = false;
    }
    if (isComplete) for (const item of items) this.#told.add(item, range);
  }

  /**
   * Calls the next of a branch, who tells the others, and returns who that is. Records for which a message has no room
   * are left to the exchange. A member knows best what is new about itself; one that is accused is told apart.
   */
  #tell(branch: Branch, now: Millis): Address | undefined {
    const { address } = this.#state;
    const { items, members, range } = branch;
    const isHearer = (member: Address): boolean =>
      (items.length > 1 || member !== items[0]) && !this.#calls.owesTooMuch(member);
    const to = nextOf(branch, isHearer, (member) => this.#isSlow(member));
    if (to !== undefined && to !== address) this.#calls.exchange(to, { for: "news", branch }, now);
    // The part of which this peer is the head is divided here, and by nobody else.
    else if (to === address && range !== undefined && members.length > 1) this.#divide(items, members, range, now);
    return to;
  }

  #isSlow(member: Address): boolean {
    const { address, view } = this.#state;
    return member !== address && (this.#calls.owes(member) || view.get(member)?.status !== "alive");
  }
}
