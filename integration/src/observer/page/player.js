// Which moment is shown: the present, or a past one, or a past that is being played.
import { byId, setAttribute, setText } from "./dom.js";
import { clock, fineClock } from "./words.js";

export class Player {
  #scrubber = byId("scrubber", HTMLInputElement);
  #play = byId("play", HTMLButtonElement);
  #live = byId("live", HTMLButtonElement);
  #speed = byId("speed", HTMLSelectElement);
  #span = byId("span", HTMLSelectElement);
  #time = byId("time", HTMLOutputElement);
  /** The moment that is shown, in ms since 1970; undefined for the present. @type {number | undefined} */
  #cursor;
  /**
   * When the past that is being played was last moved on, by `performance.now()`; undefined while it stands still.
   * @type {number | undefined}
   */
  #movedAt;
  #isReplay = false;
  /** The times from and until which the recording reaches. */
  #reach = { from: 0, until: 0 };
  #changed;

  /**
   * `changed` is called when another moment is to be shown, `leap` when that is to be the next change or the one
   * before.
   * @param {() => void} changed @param {(direction: 1 | -1) => void} leap
   */
  constructor(changed, leap) {
    this.#changed = changed;
    this.#scrubber.addEventListener("input", () => this.seek(Number(this.#scrubber.value)));
    this.#live.addEventListener("click", () => this.#resume());
    this.#play.addEventListener("click", () => this.#toggle());
    this.#span.addEventListener("change", changed);
    byId("back", HTMLButtonElement).addEventListener("click", () => leap(-1));
    byId("forward", HTMLButtonElement).addEventListener("click", () => leap(1));
  }

  /** Another recording is shown. A replay has no present. @param {{ isReplay: boolean }} options */
  open({ isReplay }) {
    this.#isReplay = isReplay;
    this.#live.hidden = isReplay;
  }

  get isPlaying() {
    return this.#movedAt !== undefined;
  }

  /** Whether the present is shown, of a recording that has one. */
  get isLive() {
    return this.#cursor === undefined && !this.#isReplay;
  }

  /**
   * The moment to show, given the times from and until which the recording reaches. A past that plays moves on.
   * @param {number} from @param {number} until
   */
  moment(from, until) {
    this.#reach = { from, until };
    if (this.#cursor !== undefined && this.#movedAt !== undefined) {
      const now = performance.now();
      this.#cursor += (now - this.#movedAt) * Number(this.#speed.value);
      this.#movedAt = now;
      if (this.#cursor >= until) this.#resume();
    }
    if (this.#cursor !== undefined) this.#cursor = Math.max(from, this.#cursor);
    return this.#cursor ?? until;
  }

  /** The times over which the timeline and the scrubber reach when this moment is shown. @param {number} moment */
  span(moment) {
    const { from, until } = this.#reach;
    const chosen = Number(this.#span.value);
    if (chosen === 0 || until - from <= chosen) return { from, until };
    const end = Math.max(from + chosen, moment >= until - chosen ? until : Math.min(until, moment + chosen / 2));
    return { from: end - chosen, until: end };
  }

  /** Shows a moment, and stops playing. @param {number} at in ms since 1970 */
  seek(at) {
    this.#movedAt = undefined;
    this.#cursor = at >= this.#reach.until ? undefined : at;
    this.#changed();
  }

  /** @param {number} moment */
  draw(moment) {
    const { from, until } = this.span(moment);
    setAttribute(this.#scrubber, "min", String(from));
    setAttribute(this.#scrubber, "max", String(until));
    this.#scrubber.value = String(moment);
    setAttribute(this.#scrubber, "aria-valuetext", this.isLive ? `now, ${clock(moment)}` : fineClock(moment));
    setText(this.#time, this.isLive ? clock(moment) : fineClock(moment));
    setText(this.#play, this.isPlaying ? "Pause" : "Play");
    setAttribute(this.#live, "aria-pressed", String(this.isLive));
    this.#play.disabled = this.isLive && until === from;
  }

  #toggle() {
    if (this.#movedAt !== undefined) this.#movedAt = undefined;
    else {
      this.#cursor ??= this.span(this.#reach.until).from; // from the beginning of what is shown, where the present was shown
      this.#movedAt = performance.now();
    }
    this.#changed();
  }

  #resume() {
    this.#cursor = undefined;
    this.#movedAt = undefined;
    this.#changed();
  }
}
