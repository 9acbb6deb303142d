// The matrix of who believes what: a row for each peer that is observed, a column for each member that any peer speaks
// of.
import { marks } from "./conditions.js";
import { byId, html, setAttribute, setText } from "./dom.js";
import { MatrixCursor } from "./matrix-cursor.js";
import { matrixOrder } from "./matrix-order.js";
import { colourOf, placeOf } from "./sides.js";
import { Tip } from "./tip.js";
import { duration, LINKS, nameOf, ownName } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { Condition, ObservedPeer } from "./types.js" */

/** How large a cell is, by how many there are in a row. @type {[most: number, pixels: number][]} */
const SIZES = [
  [6, 54],
  [9, 44],
  [14, 34],
  [22, 26],
  [36, 18],
  [64, 12],
  [Infinity, 9],
];
/** Smaller cells have no room for signs, nor for names beside them. */
const LEGIBLE = 18;

/**
 * @typedef {{ peer: ObservedPeer, group: number | undefined }} MatrixRow Group is the place of the peer's group, if
 * there are several.
 */

export class Matrix {
  #table = byId("matrix", HTMLTableElement);
  #head = html("tr");
  #body = html("tbody");
  #tip = new Tip();
  #cursor = new MatrixCursor(this.#table, this.#body, (cell) => this.#point(cell));
  /** @type {Model | undefined} */
  #model;
  /** The moment that is shown, in ms since 1970. */
  #now = 0;
  /** The addresses of the rows, from top to bottom. @type {string[]} */
  #rows = [];
  /** The addresses of the columns, from left to right. @type {string[]} */
  #columns = [];
  #isSmall = false;
  /** The class of each cell: only cells that change are touched. @type {string[][]} */
  #shown = [];

  /**
   * @param {(address: string, how: { shiftKey: boolean }) => void} pick Called with the peer of a row that is picked.
   */
  constructor(pick) {
    const scroll = this.#table.parentElement;
    // Names that stay in sight cost a layer of their own, so they stay only where there is something to scroll.
    const observer = new ResizeObserver(() =>
      this.#table.classList.toggle("overflows", (scroll?.scrollWidth ?? 0) > (scroll?.clientWidth ?? 0)),
    );
    for (const element of [this.#table, scroll]) if (element) observer.observe(element);
    this.#table.append(html("thead", {}, this.#head), this.#body);
    this.#table.addEventListener("keydown", (event) => {
      const address = peerOf(event.target);
      if (event.key !== " " || address === undefined) return;
      event.preventDefault();
      pick(address, event);
    });
    this.#body.addEventListener("click", (event) => {
      const address = peerOf(event.target);
      if (address !== undefined && event.target instanceof Element && event.target.closest("th")) pick(address, event);
    });
  }

  /**
   * `inBlocks`: whether peers that agree stand together.
   * @param {Model} model @param {number} now @param {{ inBlocks: boolean }} options
   */
  draw(model, now, options) {
    this.#model = model;
    this.#now = now;
    const { names, rows, columns } = matrixOrder(model, now, options);
    [this.#rows, this.#columns] = [rows, columns];
    this.#resize();
    this.#fit();
    this.#drawHead(names);
    const groups = new Map(model.groups.flatMap(({ peers }, at) => peers.map((peer) => [peer, at])));
    const areSeveral = model.groups.length > 1;
    rows.forEach((address, at) => {
      const peer = model.peers.get(address);
      if (peer !== undefined) this.#drawRow(at, { peer, group: areSeveral ? groups.get(address) : undefined }, now);
    });
  }

  /**
   * Marks the rows of peers that are broken on purpose, and of those that are selected. A row has the colour of its
   * peer's side, as on the board; where there are no sides, that of its group.
   * @param {ReadonlyMap<string, Condition>} conditions By address. @param {(address: string) => boolean} isSelected
   */
  mark(conditions, isSelected) {
    for (const row of this.#body.rows) {
      const address = row.dataset["peer"] ?? "";
      const condition = conditions.get(address);
      setAttribute(row, "data-state", condition?.state);
      const { side } = condition ?? {};
      setAttribute(row, "data-colour", side === undefined ? row.dataset["group"] : colourOf(placeOf(side)));
      setAttribute(row, "aria-selected", condition === undefined ? undefined : String(isSelected(address)));
      const note = row.cells[0]?.lastElementChild;
      const words = condition === undefined ? [] : marks(condition);
      if (note) setAttribute(note, "data-marks", words.length > 0 ? words.join(" · ") : undefined);
    }
  }

  /** Chooses the size of the cells by how many there are. */
  #resize() {
    const count = Math.max(this.#rows.length, this.#columns.length);
    const size = (SIZES.find(([most]) => count <= most) ?? SIZES[0])?.[1] ?? 9;
    this.#isSmall = size < LEGIBLE;
    this.#table.style.setProperty("--cell", `${size}px`);
    this.#table.style.setProperty("--columns", String(this.#columns.length));
    this.#table.classList.toggle("small", this.#isSmall);
    document.body.classList.toggle("many", this.#isSmall);
  }

  /** Adds or removes rows and cells, so that there are as many as are needed. The others stay. */
  #fit() {
    const { rows } = this.#body;
    while (rows.length > this.#rows.length) this.#body.deleteRow(-1);
    while (rows.length < this.#rows.length) this.#body.append(emptyRow());
    this.#shown.length = this.#rows.length;
    for (const [at, row] of [...rows].entries()) {
      const shown = (this.#shown[at] ??= []);
      while (row.cells.length > this.#columns.length + 1) row.deleteCell(-1);
      while (row.cells.length < this.#columns.length + 1) row.append(html("td", { tabindex: -1 }));
      shown.length = this.#columns.length;
    }
    this.#cursor.resize(this.#rows.length, this.#columns.length);
  }

  /** @param {ReadonlyMap<string, string>} names */
  #drawHead(names) {
    const { cells } = this.#head;
    if (cells.length === 0) this.#head.append(html("td"));
    while (cells.length > this.#columns.length + 1) this.#head.deleteCell(-1);
    while (cells.length < this.#columns.length + 1) this.#head.append(html("th", { scope: "col" }, html("span")));
    this.#columns.forEach((address, at) => {
      const cell = cells[at + 1]?.firstElementChild;
      if (!cell) return;
      const number = at + 1;
      setText(cell, this.#isSmall ? (number % 10 === 0 ? String(number) : "") : (names.get(address) ?? address));
      setAttribute(cell, "title", `${number}. ${names.get(address) ?? address}`);
    });
  }

  /** @param {number} at @param {MatrixRow} shown @param {number} now */
  #drawRow(at, { peer, group }, now) {
    const row = this.#body.rows[at];
    if (row === undefined) return;
    setAttribute(row, "data-peer", peer.address);
    setAttribute(row, "data-link", peer.link);
    setAttribute(row, "data-group", group === undefined ? undefined : colourOf(group));
    this.#drawLabel(row, at, { peer, group }, now);
    this.#drawCells(row, at, peer);
  }

  /** @param {HTMLTableRowElement} row @param {number} at @param {MatrixRow} shown @param {number} now */
  #drawLabel(row, at, { peer, group }, now) {
    const model = this.#model;
    const [mark, name, note] = row.cells[0]?.children ?? [];
    if (!model || !mark || !name || !note) return;
    const isNumbered = (at + 1) % 5 === 0 || peer.link !== "followed" || (group ?? 0) > 0;
    setText(mark, group === undefined ? "" : String(group + 1));
    setText(name, !this.#isSmall ? nameOf(model, peer.address) : isNumbered ? String(at + 1) : "");
    setText(note, this.#isSmall ? "" : noteOf(model, peer, now));
  }

  /** @param {HTMLTableRowElement} row @param {number} at @param {ObservedPeer} peer */
  #drawCells(row, at, peer) {
    const shown = this.#shown[at];
    if (shown === undefined) return;
    for (let column = 0; column < this.#columns.length; column++) {
      const of = this.#columns[column] ?? "";
      const status = peer.members?.get(of)?.status ?? "unknown";
      const next = of === peer.address ? `${status} self` : status;
      if (shown[column] === next) continue;
      shown[column] = next;
      const cell = row.cells[column + 1];
      if (cell === undefined) continue;
      cell.className = next;
      cell.setAttribute("aria-label", status);
    }
  }

  /**
   * Shows the belief behind a cell, and highlights its row and column; undefined hides both.
   * @param {HTMLTableCellElement | undefined} cell
   */
  #point(cell) {
    this.#tip.hide();
    for (const pointed of this.#table.querySelectorAll(".pointed")) pointed.classList.remove("pointed");
    const row = cell?.parentElement;
    const by = row?.dataset["peer"];
    const of = cell && this.#columns[cell.cellIndex - 1];
    if (!cell || !row || !by || of === undefined || !this.#model) return;
    this.#tip.show(this.#model, { by, of, now: this.#now }, cell);
    row.classList.add("pointed");
    this.#head.cells[cell.cellIndex]?.classList.add("pointed");
  }
}

function emptyRow() {
  const parts = ["group", "name", "note"].map((name) => html("span", { class: name }));
  return html("tr", {}, html("th", { scope: "row" }, ...parts));
}

/** @param {EventTarget | null} target */
function peerOf(target) {
  const row = target instanceof Element ? target.closest("tr") : null;
  return row?.dataset["peer"];
}

/** @param {Model} model @param {ObservedPeer} peer @param {number} now */
function noteOf(model, peer, now) {
  if (peer.link !== "followed") return `${LINKS[peer.link]} for ${duration(now - peer.since)}`;
  if (peer.trouble !== undefined) {
    const { state, reason } = peer.trouble;
    return reason === "" ? state : `${state}: ${reason}`;
  }
  const name = nameOf(model, peer.address);
  const own = ownName(model, peer.address);
  const parts = [own, peer.address].filter((part) => part !== undefined && part !== name);
  return parts.join(" · ");
}
