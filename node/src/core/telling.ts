import type { Address } from "./address.js";
import type { Calls } from "./calls.js";
import { branches, News, nextOf, type Branch, type Range } from "./news.js";
import { sample } from "./random.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** To whom what is learnt is to be passed on. */
export type Spread = "nobody" | "all" | Range;

/** Whom a goodbye is told to directly at least; they pass it on. */
const GOODBYES = 3;

/** Tells news, and has others tell it on. */
export class Telling {
  readonly #state: State;
  readonly #calls: Calls;
  readonly #news: News;
  #counted: { readonly range: Range; readonly count: number } | undefined;

  constructor(state: State, calls: Calls) {
    this.#state = state;
    this.#calls = calls;
    this.#news = new News(state.timing);
  }

  /** When news is to be told next. */
  get dueAt(): Millis {
    return this.#news.dueAt;
  }

  /** Whether news keeps coming, more than comes of a single change. */
  get isStorm(): boolean {
    return this.#news.isBusy;
  }

  /** Has what is held of an address told to these. */
  spread(address: Address, spread: Spread, now: Millis): void {
    const { view, isLeaving, timing } = this.#state;
    if (spread === "nobody" || isLeaving || timing.newsFanout === 0) return;
    if (spread === "all") this.#news.add(address, undefined, view.liveCount, now);
    else this.#news.add(address, spread, this.#countWithin(spread), now);
  }

  /** A message may hold hundreds of records that go to one range, so it is counted once. */
  #countWithin(range: Range): number {
    if (this.#counted?.range !== range) this.#counted = { range, count: this.#state.view.countWithin(range) };
    return this.#counted.count;
  }

  /** Tells what is due. */
  tell(now: Millis): void {
    const { view, address, timing } = this.#state;
    if (now < this.#news.dueAt) return;
    for (const { items, range } of this.#news.take(now)) {
      // Whom the news is about knows it best; who is accused is told apart.
      const hearers = range === undefined ? view.ring : view.within(range);
      const members = hearers.filter((member) => member !== address && !(items.size === 1 && items.has(member)));
      for (const branch of branches([...items], members, timing.newsFanout)) this.#tellOne(branch, now);
    }
  }

  /** One of a branch did not answer, or (a strike) knew it already and passes nothing on. */
  tellAnother(branch: Branch, to: Address, strikes: number, now: Millis): void {
    this.#tellOne({ ...branch, tried: [...branch.tried, to], strikes: branch.strikes + strikes }, now);
  }

  /** Tells the others, as they were before it, that we go. */
  goodbye(others: readonly Address[], strangers: readonly Address[], now: Millis): void {
    const { address, timing, random } = this.#state;
    const fanout = Math.max(GOODBYES, timing.newsFanout);
    for (const branch of branches([address], others, fanout)) this.#tellOne(branch, now);
    for (const stranger of sample(random, strangers, GOODBYES)) this.#calls.exchange(stranger, now, { isSeed: true });
  }

  /** Tells the next of a branch, who tells the others. What of it a message has no room for is left to the exchange. */
  #tellOne(branch: Branch, now: Millis): void {
    const [isNear, owesTooMuch] = [this.#calls.isNear.bind(this.#calls), this.#calls.owesTooMuch.bind(this.#calls)];
    const to = nextOf(branch, this.#state.random, isNear, owesTooMuch);
    if (to !== undefined) this.#calls.exchange(to, now, { branch });
  }
}
