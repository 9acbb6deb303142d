// Who believes what: a row for each peer that is observed, a column for each member that anybody speaks of.
import { byId, html, setAttribute, setText } from "./dom.js";
import { isListed } from "./model.js";
import { Tip } from "./tip.js";
import { duration, LINKS, nameOf, ownName } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { ObservedPeer, Condition } from "./types.js" */

/** Members that are gone have columns as long as there are few of them. */
const GONE_SHOWN = 16;
/** More than a screen has room for. */
const MOST_COLUMNS = 250;
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
/** Cells too small for words have neither signs in them nor names beside them. */
const LEGIBLE = 18;

export class Matrix {
  #table = byId("matrix", HTMLTableElement);
  #head = html("tr");
  #body = html("tbody");
  #tip = new Tip();
  /** @type {Model | undefined} */
  #model;
  /** @type {string[]} */
  #rows = [];
  /** @type {string[]} */
  #columns = [];
  /** What each cell shows, to touch only those that change. @type {string[][]} */
  #shown = [];
  /** Where the one cell is that the tab key leads to. */
  #focus = { row: 0, column: 0 };

  /** @param {(address: string, how: { shiftKey: boolean }) => void} pick Called for the peer of a row that is picked. */
  constructor(pick) {
    const scroll = this.#table.parentElement;
    // A name that stays in sight costs a layer of its own, so names do where there is something to scroll to.
    const observer = new ResizeObserver(() =>
      this.#table.classList.toggle("overflows", (scroll?.scrollWidth ?? 0) > (scroll?.clientWidth ?? 0)),
    );
    for (const element of [this.#table, scroll]) if (element) observer.observe(element);
    this.#table.append(html("thead", {}, this.#head), this.#body);
    this.#table.addEventListener("keydown", (event) => this.#move(event));
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
    this.#table.addEventListener("focusin", (event) => this.#point(event.target));
    this.#table.addEventListener("focusout", () => this.#leave());
    this.#table.addEventListener("pointerover", (event) => this.#point(event.target));
    this.#table.addEventListener("pointerleave", () => this.#leave());
  }

  /** @param {Model} model @param {number} now @param {boolean} inBlocks Whether those who agree stand together. */
  draw(model, now, inBlocks) {
    this.#model = model;
    const groups = model.settledGroups(now);
    const order =
      inBlocks && groups.length > 1
        ? new Map(groups.flatMap(({ peers }, at) => peers.map((peer) => [peer, at])))
        : new Map();
    const names = new Map([...model.peers.keys()].map((address) => [address, nameOf(model, address)]));
    const before = (/** @type {string} */ a, /** @type {string} */ b) =>
      (order.get(a) ?? groups.length) - (order.get(b) ?? groups.length) ||
      natural(names.get(a) ?? a, names.get(b) ?? b) ||
      natural(a, b);
    this.#rows = [...model.peers.keys()].sort(before);
    const others = strangers(model);
    for (const address of others) names.set(address, nameOf(model, address));
    this.#columns = [...this.#rows, ...others.sort(before)].slice(0, MOST_COLUMNS);
    const count = Math.max(this.#rows.length, this.#columns.length);
    const size = (SIZES.find(([most]) => count <= most) ?? SIZES[0])?.[1] ?? 9;
    this.#table.style.setProperty("--cell", `${size}px`);
    const isSmall = size < LEGIBLE;
    this.#table.style.setProperty("--columns", String(this.#columns.length));
    this.#table.classList.toggle("small", isSmall);
    document.body.classList.toggle("many", isSmall);
    this.#fit();
    this.#drawHead(names, isSmall);
    const current = new Map(model.groups.flatMap(({ peers }, at) => peers.map((peer) => [peer, at])));
    this.#rows.forEach((address, at) => {
      const peer = model.peers.get(address);
      if (peer !== undefined)
        this.#drawRow(peer, at, now, isSmall, model.groups.length > 1 ? current.get(address) : undefined);
    });
  }

  /** What was done to the peers on purpose, and who is selected. @param {ReadonlyMap<string, Condition>} conditions @param {(address: string) => boolean} isSelected */
  mark(conditions, isSelected) {
    for (const row of this.#body.rows) {
      const address = row.dataset["peer"] ?? "";
      const condition = conditions.get(address);
      setAttribute(row, "data-state", condition?.state);
      setAttribute(row, "data-side", condition?.side);
      setAttribute(row, "aria-selected", condition === undefined ? undefined : String(isSelected(address)));
      const note = row.cells[0]?.lastElementChild;
      const marks = condition === undefined ? [] : marksOf(condition);
      if (note) setAttribute(note, "data-marks", marks.length > 0 ? marks.join(" · ") : undefined);
    }
  }

  /** As many rows and cells as are needed; those that are there stay. */
  #fit() {
    const { rows } = this.#body;
    while (rows.length > this.#rows.length) this.#body.deleteRow(-1);
    while (rows.length < this.#rows.length) {
      const label = html(
        "th",
        { scope: "row" },
        html("span", { class: "group" }),
        html("span", { class: "name" }),
        html("span", { class: "note" }),
      );
      this.#body.append(html("tr", {}, label));
    }
    this.#shown.length = this.#rows.length;
    for (const [at, row] of [...rows].entries()) {
      const shown = (this.#shown[at] ??= []);
      while (row.cells.length > this.#columns.length + 1) row.deleteCell(-1);
      while (row.cells.length < this.#columns.length + 1) row.append(html("td", { tabindex: -1 }));
      shown.length = this.#columns.length;
    }
    this.#keepFocus();
  }

  /** @param {Map<string, string>} names @param {boolean} isSmall */
  #drawHead(names, isSmall) {
    const { cells } = this.#head;
    if (cells.length === 0) this.#head.append(html("td"));
    while (cells.length > this.#columns.length + 1) this.#head.deleteCell(-1);
    while (cells.length < this.#columns.length + 1) this.#head.append(html("th", { scope: "col" }, html("span")));
    this.#columns.forEach((address, at) => {
      const cell = cells[at + 1]?.firstElementChild;
      if (!cell) return;
      const number = at + 1;
      setText(cell, isSmall ? (number % 10 === 0 ? String(number) : "") : (names.get(address) ?? address));
      setAttribute(cell, "title", `${number}. ${names.get(address) ?? address}`);
    });
  }

  /** @param {ObservedPeer} peer @param {number} at @param {number} now @param {boolean} isSmall @param {number | undefined} group */
  #drawRow(peer, at, now, isSmall, group) {
    const row = this.#body.rows[at];
    const model = this.#model;
    if (row === undefined || model === undefined) return;
    setAttribute(row, "data-peer", peer.address);
    setAttribute(row, "data-link", peer.link);
    setAttribute(row, "data-group", group === undefined ? undefined : String(Math.min(group, 5)));
    const [mark, name, note] = row.cells[0]?.children ?? [];
    if (mark) setText(mark, group === undefined ? "" : String(group + 1));
    const isNumbered = (at + 1) % 5 === 0 || peer.link !== "followed" || (group ?? 0) > 0;
    if (name) setText(name, !isSmall ? nameOf(model, peer.address) : isNumbered ? String(at + 1) : "");
    if (note) setText(note, isSmall ? "" : noteOf(model, peer, now));
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

  // ---- one cell at a time -------------------------------------------------------------------------------------------

  #cell({ row, column } = this.#focus) {
    return this.#body.rows[row]?.cells[column + 1];
  }

  #keepFocus() {
    const had = this.#table.querySelector("td[tabindex='0']");
    this.#focus.row = Math.max(0, Math.min(this.#focus.row, this.#rows.length - 1));
    this.#focus.column = Math.max(0, Math.min(this.#focus.column, this.#columns.length - 1));
    const cell = this.#cell();
    if (had === cell) return;
    had?.setAttribute("tabindex", "-1");
    cell?.setAttribute("tabindex", "0");
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const { row, column } = this.#focus;
    /** @type {Record<string, { row: number, column: number }>} */
    const steps = {
      ArrowLeft: { row, column: column - 1 },
      ArrowRight: { row, column: column + 1 },
      ArrowUp: { row: row - 1, column },
      ArrowDown: { row: row + 1, column },
      Home: { row: event.ctrlKey ? 0 : row, column: 0 },
      End: { row: event.ctrlKey ? this.#rows.length - 1 : row, column: this.#columns.length - 1 },
      Escape: { row, column },
    };
    const next = steps[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (event.key === "Escape") {
      this.#leave();
      return;
    }
    this.#focus = next;
    this.#keepFocus();
    this.#cell()?.focus();
  }

  /** @param {EventTarget | null} target */
  #point(target) {
    const cell = target instanceof Element ? target.closest("td") : null;
    const row = cell?.parentElement;
    const model = this.#model;
    this.#leave();
    if (
      !(cell instanceof HTMLTableCellElement) ||
      !(row instanceof HTMLTableRowElement) ||
      !row.dataset["peer"] ||
      !model
    )
      return;
    const column = cell.cellIndex - 1;
    const of = this.#columns[column];
    if (of === undefined) return;
    if (document.activeElement === cell) {
      this.#focus = { row: row.sectionRowIndex, column };
      this.#keepFocus();
    }
    this.#tip.show(model, row.dataset["peer"], of, cell);
    row.classList.add("pointed");
    this.#head.cells[column + 1]?.classList.add("pointed");
  }

  #leave() {
    this.#tip.hide();
    for (const pointed of this.#table.querySelectorAll(".pointed")) pointed.classList.remove("pointed");
  }
}

/** @param {EventTarget | null} target */
function peerOf(target) {
  const row = target instanceof Element ? target.closest("tr") : null;
  return row?.dataset["peer"];
}

/** @param {Condition} condition */
function marksOf({ state, side, faults }) {
  const marks = side === undefined ? [] : [`side ${side}`];
  if (state !== "running") marks.push(state === "paused" ? "frozen" : "down");
  return [...marks, ...faults];
}

/** Members that are not observed themselves: those that somebody lists, and the last that went. @param {Model} model */
function strangers(model) {
  const listed = new Set();
  const gone = new Set();
  for (const { members } of model.peers.values()) {
    for (const member of members?.values() ?? []) {
      if (!model.peers.has(member.address)) (isListed(member) ? listed : gone).add(member.address);
    }
  }
  const latest = model.news.items.filter(
    ({ kind, subject }) => (kind === "failed" || kind === "left") && gone.has(subject),
  );
  const shown = new Set(latest.reverse().map(({ subject }) => subject));
  return [...listed, ...[...new Set([...shown, ...gone])].filter((each) => !listed.has(each)).slice(0, GONE_SHOWN)];
}

/** @param {Model} model @param {ObservedPeer} peer @param {number} now */
function noteOf(model, peer, now) {
  if (peer.link !== "followed") return `${LINKS[peer.link]} for ${duration(now - peer.since)}`;
  const name = nameOf(model, peer.address);
  const own = ownName(model, peer.address);
  const parts = [own, peer.address].filter((part) => part !== undefined && part !== name);
  return parts.join(" · ");
}

const collator = new Intl.Collator("en", { numeric: true });
/** @param {string} a @param {string} b */
export const natural = (a, b) => collator.compare(a, b);
