// What one peer believes of another, in full, beside the cell of the matrix that says it in short.
import { byId, html } from "./dom.js";
import { belief } from "./sentences.js";
import { LINKS } from "./words.js";

/** @import { Model } from "./model.js" */

export class Tip {
  #element = byId("tip", HTMLDivElement);

  /**
   * Shows the belief, and makes it the label of the cell for screen readers.
   * @param {Model} model @param {{ by: string, of: string, now: number }} shown @param {HTMLElement} cell
   */
  show(model, shown, cell) {
    const { head, details } = belief(model, shown);
    const peer = model.peers.get(shown.by);
    const why = peer?.why === undefined ? "" : ` (${peer.why})`;
    const last =
      peer === undefined || peer.link === "followed"
        ? undefined
        : `${LINKS[peer.link]}${why}; this is what it said last`;
    const list = details.flatMap(([term, text]) => [html("dt", {}, term), html("dd", {}, text)]);
    const notes = last === undefined ? [] : [html("p", { class: "note" }, last)];
    this.#element.replaceChildren(html("p", {}, head), ...notes, html("dl", {}, ...list));
    cell.setAttribute(
      "aria-label",
      [head, ...(last === undefined ? [] : [last]), ...details.map((pair) => pair.join(" "))].join(", "),
    );
    this.#element.hidden = false;
    this.#place(cell.getBoundingClientRect());
  }

  hide() {
    this.#element.hidden = true;
  }

  /** Puts the tip below the cell, or above where there is no room below. @param {DOMRect} cell */
  #place(cell) {
    const { width, height } = this.#element.getBoundingClientRect();
    const isAbove = cell.bottom + height + 12 > window.innerHeight && cell.top > height + 12;
    this.#element.style.left = `${Math.max(8, Math.min(cell.left, window.innerWidth - width - 8))}px`;
    this.#element.style.top = `${isAbove ? cell.top - height - 8 : cell.bottom + 8}px`;
  }
}
