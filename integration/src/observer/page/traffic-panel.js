// What the peers' traffic costs: of all together in the headline, of each in a row of a table that can be sorted.
import { byId, html, setAttribute, setText } from "./dom.js";
import { byName } from "./order.js";
import { figureOf, FIGURES, sorted, TOO_LONG, totals } from "./traffic.js";
import { LINKS, nameOf } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { Figure } from "./traffic.js" */
/** @import { ObservedPeer } from "./types.js" */

/** @type {Record<Figure, { head: string, about: string, text: (value: number) => string }>} */
const COLUMNS = {
  exchanges: {
    head: "exchanges/s",
    about: "requests about members, each with its reply, that the peer asked for",
    text: number,
  },
  sent: { head: "out", about: "bytes sent in a second", text: (value) => `${bytes(value)}/s` },
  received: { head: "in", about: "bytes received in a second", text: (value) => `${bytes(value)}/s` },
  p50: { head: "p50", about: "half of the answers came within", text: within },
  p99: { head: "p99", about: "99 % of the answers came within", text: within },
  unanswered: { head: "no answer/s", about: "its calls that brought none", text: number },
  total: { head: "since start", about: "bytes both ways since it started", text: bytes },
};

export class TrafficPanel {
  #total = byId("traffic-total", HTMLElement);
  #note = byId("traffic-note", HTMLElement);
  #table = byId("traffic", HTMLTableElement);
  #body = html("tbody");
  /** @type {HTMLTableCellElement[]} */
  #heads;
  /**
   * The column by which the rows are sorted, at first that of the names.
   * @type {{ by: Figure | "peer", isDescending: boolean }}
   */
  #order = { by: "peer", isDescending: false };

  /** @param {() => void} changed Called when the rows are to be sorted otherwise. */
  constructor(changed) {
    this.#heads = [
      this.#head("peer", "peer", "by name", changed),
      ...FIGURES.map((figure) => this.#head(figure, COLUMNS[figure].head, COLUMNS[figure].about, changed)),
    ];
    this.#table.append(html("thead", {}, html("tr", {}, ...this.#heads)), this.#body);
  }

  /** @param {Model} model */
  draw(model) {
    const { known, silent, exchanges, sent, p99 } = totals(model);
    setText(this.#total, known === 0 ? "–" : `${bytes(sent)}/s`);
    const notes = known === 0 ? [] : [`${number(exchanges)} exchanges/s`, ...(p99 === 0 ? [] : [`p99 ${within(p99)}`])];
    if (silent > 0) notes.push(`not published by ${silent}`);
    setText(this.#note, notes.join(", ") || "not known yet");
    this.#drawOrder();
    const peers = this.#inOrder(model);
    const { rows } = this.#body;
    while (rows.length > peers.length) this.#body.deleteRow(-1);
    while (rows.length < peers.length) this.#body.append(emptyRow());
    peers.forEach((peer, at) => {
      const row = rows[at];
      if (row !== undefined) drawRow(row, model, peer);
    });
  }

  /** @param {Model} model */
  #inOrder(model) {
    const { by, isDescending } = this.#order;
    const names = new Map([...model.peers.keys()].map((address) => [address, nameOf(model, address)]));
    const order = byName(names);
    const peers = [...model.peers.values()].sort((a, b) => order(a.address, b.address));
    if (by !== "peer") return sorted(peers, by, { isDescending });
    return isDescending ? peers.reverse() : peers;
  }

  /** @param {Figure | "peer"} by @param {string} text @param {string} about @param {() => void} changed */
  #head(by, text, about, changed) {
    const button = html("button", { type: "button", title: about }, text);
    button.addEventListener("click", () => {
      // A reader who sorts by a figure wants to see the largest first.
      const isDescending = this.#order.by === by ? !this.#order.isDescending : by !== "peer";
      this.#order = { by, isDescending };
      changed();
    });
    return html("th", { scope: "col" }, button);
  }

  #drawOrder() {
    const { by, isDescending } = this.#order;
    this.#heads.forEach((head, at) => {
      const isIt = (at === 0 ? "peer" : FIGURES[at - 1]) === by;
      setAttribute(head, "aria-sort", isIt ? (isDescending ? "descending" : "ascending") : undefined);
    });
  }
}

function emptyRow() {
  const name = html("th", { scope: "row" }, html("span", { class: "name" }), html("span", { class: "note" }));
  return html("tr", {}, name, ...FIGURES.map(() => html("td")));
}

/** @param {HTMLTableRowElement} row @param {Model} model @param {ObservedPeer} peer */
function drawRow(row, model, peer) {
  const [head, ...cells] = row.cells;
  const [name, note] = head?.children ?? [];
  if (name) setText(name, nameOf(model, peer.address));
  if (note) setText(note, noteOf(peer));
  cells.forEach((cell, at) => {
    const figure = FIGURES[at];
    if (figure === undefined) return;
    const value = figureOf(peer.traffic, figure);
    setText(cell, value === undefined ? "–" : COLUMNS[figure].text(value));
  });
}

/** Why a peer has no figures; empty when it has some. @param {ObservedPeer} peer */
function noteOf({ link, traffic }) {
  if (link !== "followed") return LINKS[link];
  return traffic === null ? "does not publish it" : "";
}

/** A number of things per second. @param {number} value */
function number(value) {
  return value === 0 || value >= 99.95 ? String(Math.round(value)) : value.toFixed(1);
}

/** A bound of round trips. @param {number} value in ms */
function within(value) {
  if (value >= TOO_LONG) return "> 5 s";
  return `≤ ${value < 1000 ? `${value} ms` : `${value / 1000} s`}`;
}

/** @param {number} value */
function bytes(value) {
  if (value < 999.5) return `${Math.round(value)} B`;
  const [unit, size] =
    value < 999_500 ? ["kB", value / 1000] : value < 999.5e6 ? ["MB", value / 1e6] : ["GB", value / 1e9];
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}
