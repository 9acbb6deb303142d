import type { Address } from "./address.js";
import type { Calls } from "./calls.js";
import { Told } from "./told.js";
import { branches, News, nextOf, type Branch, type Range } from "./news.js";
import { sample } from "./random.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** To whom what is learnt is to be passed on at once. Whoever is asked to tell it later on still does. */
export type Spread = "nobody" | "all" | Range;

/** Whom a goodbye is told to directly at least; they pass it on. */
const GOODBYES = 3;

/**
 * While so many calls of news are unanswered more is gathered and none is told: the answers set the pace. Measured in the
 * simulator with a processor that all peers share: without it a hundred who start on one that is overloaded never agree; with
 * 4 a failure that follows on an accusation waits for the answers to that.
 */
const MOST_TELLINGS = 8;

/** Tells news, and has others tell it on. */
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

  /** When news is to be told next. */
  get dueAt(): Millis {
    return this.#calls.count("news") < MOST_TELLINGS ? this.#news.dueAt : Infinity;
  }

  /** Has what is new about an address told to these. */
  spread(address: Address, spread: Spread, now: Millis): void {
    this.#told.begin(address);
    if (spread !== "nobody") this.#add(address, spread === "all" ? undefined : spread, now);
  }

  /** Has what we know of an address told to these, unless it was. */
  passOn(address: Address, range: Range, now: Millis): void {
    if (!this.#told.covers(address, range)) this.#add(address, range, now);
  }

  #add(address: Address, range: Range | undefined, now: Millis): void {
    const { view, isLeaving, timing } = this.#state;
    if (isLeaving || timing.newsFanout === 0) return;
    this.#news.add(address, range, range === undefined ? view.liveCount : this.#countWithin(range), now);
  }

  /** Tells the head of all what we hold of an address, who keeps it to itself. */
  tellHead(address: Address, now: Millis): void {
    const { view, isLeaving, timing } = this.#state;
    if (isLeaving || timing.newsFanout === 0) return;
    this.#tellOne({ items: [address], members: view.ring, range: undefined, tried: [] }, now);
  }

  /** Once a period. */
  forgetOld(): void {
    this.#told.age();
  }

  /** A message may hold hundreds of records that go to one range, so it is counted once. */
  #countWithin(range: Range): number {
    if (this.#counted?.range !== range) this.#counted = { range, count: this.#state.view.countWithin(range) };
    return this.#counted.count;
  }

  /** Tells what is due. */
  tell(now: Millis): void {
    const { view } = this.#state;
    if (now < this.dueAt) return;
    for (const { items, range } of this.#news.take(now)) {
      this.#divide([...items], range === undefined ? view.ring : view.within(range), range, now);
    }
  }

  /** Tells a part of the ring, or all of it. Our own part of that may be left to another, who may ask us for less. */
  #divide(items: readonly Address[], ring: readonly Address[], range: Range | undefined, now: Millis): void {
    const { address, timing } = this.#state;
    let isOurs = true;
    for (const branch of branches(items, ring, timing.newsFanout)) {
      const told = this.#tellOne(branch, now);
      if (told !== address && branch.members.includes(address)) isOurs = false;
    }
    if (isOurs) for (const item of items) this.#told.extend(item, range);
  }

  /** One of a branch did not answer. */
  tellAnother(branch: Branch, to: Address, now: Millis): void {
    this.#tellOne({ ...branch, tried: [...branch.tried, to] }, now);
  }

  /** Tells the others, as they were before it, that we go. */
  goodbye(others: readonly Address[], strangers: readonly Address[], now: Millis): void {
    const { address, timing, random } = this.#state;
    const fanout = Math.max(GOODBYES, timing.newsFanout);
    for (const branch of branches([address], others, fanout)) this.#tellOne(branch, now);
    for (const stranger of sample(random, strangers, GOODBYES)) this.#calls.exchange(stranger, { for: "seed" }, now);
  }

  /**
   * Tells the next of a branch, who tells the others; returns who that is. What of it a message has no room for is left to
   * the exchange. Whom the news is about knows it best; who is accused is told apart.
   */
  #tellOne(branch: Branch, now: Millis): Address | undefined {
    const { address } = this.#state;
    const { items, members, range } = branch;
    const isHearer = (member: Address): boolean =>
      (items.length > 1 || member !== items[0]) && !this.#calls.owesTooMuch(member);
    const to = nextOf(branch, isHearer, (member) => this.#isSlow(member));
    if (to !== undefined && to !== address) this.#calls.exchange(to, { for: "news", branch }, now);
    // Nobody else is to divide the part of which we are the head.
    else if (to === address && range !== undefined && members.length > 1) this.#divide(items, members, range, now);
    return to;
  }

  #isSlow(member: Address): boolean {
    const { address, view } = this.#state;
    return member !== address && (this.#calls.owes(member) || view.get(member)?.status !== "alive");
  }
}
