// Which rows and columns the matrix has, and in which order.
import { isListed } from "./groups.js";
import { byName } from "./order.js";
import { nameOf } from "./words.js";

/** @import { Model } from "./model.js" */

/** How many members that are gone have columns. */
const GONE_SHOWN = 16;
/** How many columns are made at most, which is more than a screen has room for. */
const MOST_COLUMNS = 250;

/**
 * The rows, one for each peer that is observed, and the columns, one for each of these and for each other member that a
 * peer speaks of; both as addresses, with the names of all. In blocks, the peers that agree stand together.
 * @param {Model} model @param {number} now @param {{ inBlocks: boolean }} options
 */
export function matrixOrder(model, now, { inBlocks }) {
  const others = strangers(model);
  const names = new Map([...model.peers.keys(), ...others].map((address) => [address, nameOf(model, address)]));
  const groups = model.settledGroups(now);
  const blocks = inBlocks && groups.length > 1 ? groups : [];
  const block = new Map(blocks.flatMap(({ peers }, at) => peers.map((peer) => [peer, at])));
  const place = (/** @type {string} */ address) => block.get(address) ?? blocks.length;
  const within = byName(names);
  const order = (/** @type {string} */ a, /** @type {string} */ b) => place(a) - place(b) || within(a, b);
  const rows = [...model.peers.keys()].sort(order);
  return { names, rows, columns: [...rows, ...others.sort(order)].slice(0, MOST_COLUMNS) };
}

/**
 * The members that are not observed themselves: those that somebody lists, and the last that went.
 * @param {Model} model
 */
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
