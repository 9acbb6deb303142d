// A board of the peers that can be broken, grouped by the sides in force or in the draft. Peers are selected with mouse
// or keyboard, and moved from side to side by dragging, or with the button of a side.
import { describe } from "./conditions.js";
import { html, setAttribute, setText } from "./dom.js";
import { colourOf, letter } from "./sides.js";

/** @import { Condition } from "./types.js" */
/** @import { Selection } from "./selection.js" */

/** Boards with more peers than this show their numbers instead of their names. */
const NAMED = 12;
const SIGNS = { running: "", paused: "❚❚", down: "✕" };

/**
 * @typedef {object} Scene
 * @property {readonly Condition[]} peers
 * @property {readonly (readonly number[])[]} sides
 * @property {boolean} canPart Whether peers can be moved to other sides.
 * @property {(peer: Condition) => string} nameOf
 */

export class Board {
  element = html("div", { class: "board" });
  #selection;
  #move;
  /** @type {Map<number, HTMLElement>} */
  #chips = new Map();
  /** @type {{ box: HTMLElement, heading: HTMLElement, list: HTMLElement, button: HTMLButtonElement }[]} */
  #boxes = [];
  /** The peers in the order in which their chips stand. @type {number[]} */
  #order = [];
  /** The peer whose chip the tab key leads to; only one chip is a tab stop. */
  #focus = 0;
  /** @type {readonly number[] | undefined} */
  #dragged;

  /** @param {Selection} selection @param {(peers: readonly number[], side: number) => void} move */
  constructor(selection, move) {
    this.#selection = selection;
    this.#move = move;
    this.element.addEventListener("keydown", (event) => this.#onKeyDown(event));
    this.element.addEventListener("focusin", (event) => this.#setTabStop(numberOf(event.target)));
    this.element.addEventListener("click", (event) => {
      const peer = numberOf(event.target);
      if (peer !== undefined) this.#selection.pick(peer, event, this.#order);
    });
    this.element.addEventListener("dragstart", (event) => this.#startDrag(event));
    this.element.addEventListener("dragend", () => (this.#dragged = undefined));
  }

  get order() {
    return this.#order;
  }

  /** @param {Scene} scene */
  draw({ peers, sides, canPart, nameOf }) {
    const isParted = sides.filter((side) => side.length > 0).length > 1;
    const shown = canPart ? [...sides, []] : sides;
    this.element.classList.toggle("dense", peers.length > NAMED);
    while (this.#boxes.length > shown.length) this.#boxes.pop()?.box.remove();
    while (this.#boxes.length < shown.length) this.#boxes.push(this.#box(this.#boxes.length));
    this.#order = shown.flat();
    const byNumber = new Map(peers.map((peer) => [peer.peer, peer]));
    for (const [number, chip] of this.#chips) if (!byNumber.has(number)) (chip.remove(), this.#chips.delete(number));
    shown.forEach((side, at) => {
      const parts = this.#boxes[at];
      if (parts === undefined) return;
      const { box, heading, list, button } = parts;
      const name = isParted ? `Side ${letter(at)}` : "Peers";
      setText(heading, side.length === 0 ? "Another side" : `${name} · ${side.length}`);
      setAttribute(list, "aria-label", side.length === 0 ? "Another side, empty" : name);
      setAttribute(box, "data-colour", isParted && side.length > 0 ? colourOf(at) : undefined);
      box.classList.toggle("empty", side.length === 0);
      button.hidden = !canPart || (side.length > 0 && !isParted);
      setAttribute(button, "aria-label", `Move here, to side ${letter(at)}, the selected`);
      this.#place(
        list,
        side.flatMap((number) => byNumber.get(number) ?? []),
        canPart,
        nameOf,
      );
    });
    this.#setTabStop(this.#order.includes(this.#focus) ? this.#focus : this.#order[0]);
  }

  /**
   * @param {HTMLElement} list
   * @param {Condition[]} side
   * @param {boolean} canPart
   * @param {(peer: Condition) => string} nameOf
   */
  #place(list, side, canPart, nameOf) {
    side.forEach((peer, at) => {
      const chip = this.#chips.get(peer.peer) ?? html("li", { role: "option", tabindex: -1 }, html("span"), html("i"));
      this.#chips.set(peer.peer, chip);
      const [text, sign] = chip.children;
      const name = nameOf(peer);
      if (text) setText(text, this.element.classList.contains("dense") ? String(peer.peer) : name);
      if (sign) setText(sign, SIGNS[peer.state]);
      const words = [`peer ${peer.peer}, ${name}`, ...describe(peer)].join(", ");
      setAttribute(chip, "data-peer", String(peer.peer));
      setAttribute(chip, "data-state", peer.state);
      setAttribute(chip, "data-faulty", peer.faults.length > 0 ? "" : undefined);
      setAttribute(chip, "aria-label", words);
      setAttribute(chip, "title", words);
      setAttribute(chip, "aria-selected", String(this.#selection.has(peer.peer)));
      setAttribute(chip, "draggable", String(canPart));
      if (list.children[at] === chip) return;
      const hadFocus = document.activeElement === chip;
      list.insertBefore(chip, list.children[at] ?? null);
      if (hadFocus) chip.focus();
    });
  }

  /** @param {number} side */
  #box(side) {
    const heading = html("h3");
    const list = html("ul", { role: "listbox", "aria-multiselectable": "true", "aria-orientation": "horizontal" });
    const button = html("button", { type: "button" }, "Move here");
    button.addEventListener("click", () => this.#move(this.#selection.all, side));
    const box = html("div", { class: "side" }, html("div", { class: "title" }, heading, button), list);
    box.addEventListener("dragover", (event) => {
      if (this.#dragged === undefined) return;
      event.preventDefault();
      box.classList.add("over");
    });
    box.addEventListener("dragleave", (event) => {
      if (!(event.relatedTarget instanceof Node && box.contains(event.relatedTarget))) box.classList.remove("over");
    });
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      box.classList.remove("over");
      if (this.#dragged !== undefined) this.#move(this.#dragged, side);
    });
    this.element.append(box);
    return { box, heading, list, button };
  }

  /** Dragging one of the selected peers drags all of them. @param {DragEvent} event */
  #startDrag(event) {
    const peer = numberOf(event.target);
    if (peer === undefined || event.dataTransfer === null) return;
    this.#dragged = this.#selection.has(peer) ? this.#selection.all : [peer];
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.#dragged.join());
  }

  /** Makes this peer's chip the one that the tab key leads to. @param {number | undefined} peer */
  #setTabStop(peer) {
    if (peer === undefined) return;
    if (peer !== this.#focus) this.#chips.get(this.#focus)?.setAttribute("tabindex", "-1");
    this.#focus = peer;
    const chip = this.#chips.get(peer);
    if (chip) setAttribute(chip, "tabindex", "0");
  }

  /** @param {KeyboardEvent} event */
  #onKeyDown(event) {
    const peer = numberOf(event.target);
    if (peer === undefined) return;
    const at = this.#order.indexOf(peer);
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: Infinity };
    const next = steps[event.key];
    if (next !== undefined) {
      const other = this.#order[Math.max(0, Math.min(next, this.#order.length - 1))] ?? peer;
      if (event.shiftKey)
        for (const each of [peer, other])
          if (!this.#selection.has(each)) this.#selection.pick(each, { shiftKey: false }, this.#order);
      this.#chips.get(other)?.focus();
    } else if (event.key === " " || event.key === "Enter") this.#selection.pick(peer, event, this.#order);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) this.#selection.set(this.#order);
    else if (event.key === "Escape") this.#selection.set([]);
    else return;
    event.preventDefault();
  }
}

/** @param {EventTarget | null} target */
function numberOf(target) {
  const chip = target instanceof Element ? target.closest("[data-peer]") : null;
  return chip instanceof HTMLElement ? Number(chip.dataset["peer"]) : undefined;
}
