import { failureOf, type Belief, type RunRecord } from "../experiment/run-record.js";
import { Replay } from "../experiment/replay.js";
import type { PeerState } from "../view/views.js";
import { duration } from "../lib/text.js";
import { data, el, type Markup } from "./markup.js";

/** With more peers than this the matrix is left out, since it could not be read. */
export const MOST_SEEN = 100;

/** The letter and the symbol of each belief; `script.ts` names the beliefs by the same letters. */
export const BELIEFS: Readonly<Record<Belief, readonly [letter: string, symbol: string]>> = {
  alive: ["a", "●"],
  suspect: ["s", "?"],
  failed: ["f", "✗"],
  left: ["l", "←"],
  unknown: ["u", "·"],
};
const STATES: Readonly<Record<PeerState, string>> = { running: "r", paused: "p", down: "d" };

/**
 * The matrix of which peer sees which, with a slider over time. It starts at the moment of the failure, or where a peer
 * was found to have ended by itself, else at the end, and without scripts stays there.
 */
export function sight(record: RunRecord): Markup {
  const { peers, fromMs, toMs } = record;
  if (peers.length > MOST_SEEN) return el("p", {}, `${peers.length} peers are too many for a picture of who saw whom.`);
  const failedMs = failureOf(record)?.failedMs ?? record.misbehavedMs;
  const atMs = Math.ceil(failedMs ?? toMs);
  const slider = { type: "range", min: Math.floor(fromMs), max: Math.ceil(toMs), value: atMs, step: 1 };
  return el(
    "div",
    { class: "sight" },
    el(
      "div",
      { class: "controls" },
      el("button", { type: "button", id: "earlier", "aria-label": "to the change before" }, "‹ change"),
      el("input", { ...slider, id: "moment", "aria-label": "moment", "aria-describedby": "at" }),
      el("button", { type: "button", id: "later", "aria-label": "to the next change" }, "change ›"),
    ),
    el(
      "p",
      { id: "at", role: "status" },
      `at ${duration(atMs)}, ${failedMs === undefined ? "the end" : "the failure"}`,
    ),
    matrix(record, atMs),
    legend(),
    data("record", packed(record)),
  );
}

function matrix(record: RunRecord, atMs: number): Markup {
  const { peers } = record;
  const cell = peers.length <= 12 ? 34 : peers.length <= 30 ? 20 : 13;
  const side = 34;
  const replay = new Replay(record);
  replay.goTo(atMs);
  const numbers = peers.map(({ number }) => number);
  const isMarked = (number: number): boolean => cell > 13 || number === 1 || number % 5 === 0;
  const size = side + numbers.length * cell + 4;
  return el(
    "svg",
    {
      viewBox: `0 0 ${size} ${size}`,
      style: `max-width:${size}px`,
      role: "img",
      "aria-label": "Who sees whom: a row for each peer, a column for what it believes of each",
      class: `matrix${cell > 13 ? "" : " dense"}`,
    },
    numbers.map((number, index) =>
      isMarked(number)
        ? [
            el("text", { class: "tick", x: side + (index + 0.5) * cell, y: side - 8 }, number),
            el("text", { class: "name", x: side - 6, y: side + (index + 0.5) * cell + 4 }, number),
          ]
        : undefined,
    ),
    numbers.map((viewer, row) =>
      el(
        "g",
        { id: `row${viewer}`, class: `row ${STATES[replay.stateOf(viewer)]}` },
        numbers.map((subject, column) => {
          const belief = replay.beliefOf(viewer, subject);
          const [letter, symbol] = BELIEFS[belief];
          const [x, y] = [side + column * cell, side + row * cell];
          return el(
            "g",
            { id: `c${viewer}-${subject}`, class: `cell ${letter}` },
            el("rect", { x: x + 0.5, y: y + 0.5, width: cell - 1, height: cell - 1, rx: 2 }),
            cell > 13 ? el("text", { x: x + cell / 2, y: y + cell / 2 + 4.5 }, symbol) : undefined,
            el("title", {}, `peer ${viewer} of peer ${subject}: ${belief}`),
          );
        }),
      ),
    ),
  );
}

function legend(): Markup {
  const beliefs = Object.entries(BELIEFS).map(([belief, [letter, symbol]]) =>
    el("li", {}, el("span", { class: `swatch ${letter}` }, symbol), belief),
  );
  const faded = el("li", {}, el("span", { class: "swatch faded" }), "a pale row: paused or down");
  return el("ul", { class: "legend" }, beliefs, faded);
}

/** The data for the slider: the states of the peers and their belief changes, with times in whole ms. */
function packed({ peers, lives, beliefs, fromMs }: RunRecord): unknown {
  return {
    peers: peers.map(({ number }) => number),
    fromMs,
    lives: lives.map(({ atMs, peer, state }) => [Math.ceil(atMs), peer, STATES[state]]),
    beliefs: beliefs.map(({ atMs, viewer, subject, belief }) => [Math.ceil(atMs), viewer, subject, BELIEFS[belief][0]]),
  };
}
