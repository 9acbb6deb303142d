// The figures that say at a glance how the cluster is.
import { byId, setAttribute, setText } from "./dom.js";
import { isListed } from "./groups.js";
import { patienceOf } from "./patience.js";
import { reach, sentence } from "./sentences.js";
import { clock, duration, LINKS, plural } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { Link } from "./types.js" */

export class Headline {
  #peers = byId("peers", HTMLElement);
  #links = byId("links", HTMLElement);
  #views = byId("views", HTMLElement);
  #agreement = byId("agreement", HTMLElement);
  #patience = byId("patience", HTMLElement);
  #patienceNote = byId("patience-note", HTMLElement);
  #last = byId("last", HTMLElement);
  #lastAt = byId("last-at", HTMLElement);
  /** The headline in one sentence, for screen readers. */
  #said = byId("said", HTMLElement);

  /** @param {Model} model @param {number} now */
  draw(model, now) {
    const { groups, agreedSince } = model;
    setText(this.#peers, String(model.peers.size));
    setText(this.#links, [`${liveIn(model)} live`, linksText(model)].filter((part) => part !== "").join(" · "));
    setText(this.#views, String(groups.length));
    setAttribute(this.#views, "data-agreed", String(groups.length === 1));
    const agreement =
      agreedSince === undefined
        ? sizesText(groups.map(({ peers }) => peers.length))
        : `one view for ${duration(now - agreedSince)}`;
    setText(this.#agreement, agreement);
    const { names, note, meaning } = patienceOf(model);
    setText(this.#patience, names);
    setText(this.#patienceNote, note);
    for (const element of [this.#patience, this.#patienceNote]) setAttribute(element, "title", meaning);
    const item = model.news.items.at(-1);
    setText(this.#last, item === undefined ? "none yet" : sentence(model, item));
    setText(this.#lastAt, item === undefined ? "" : `${clock(item.at)} · ${reach(item)}`);
    const parts = [plural(model.peers.size, "peer"), plural(groups.length, "view")];
    if (item !== undefined) parts.push(`last: ${sentence(model, item)}`);
    setText(this.#said, parts.join(", "));
  }
}

/** How many members are live, as far as any peer that is followed says. @param {Model} model */
function liveIn(model) {
  const live = new Set();
  for (const { link, members } of model.peers.values())
    if (link === "followed")
      for (const member of members?.values() ?? []) if (isListed(member)) live.add(member.address);
  return live.size;
}

/** @param {Model} model */
function linksText(model) {
  /** @type {Map<Link, number>} */
  const counts = new Map();
  for (const { link } of model.peers.values()) counts.set(link, (counts.get(link) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => order(a) - order(b))
    .map(([link, count]) => `${count} ${LINKS[link]}`)
    .join(", ");
}

/** @param {Link} link */
const order = (link) => Object.keys(LINKS).indexOf(link);

/** The sizes of the groups, the largest first. @param {number[]} sizes */
function sizesText(sizes) {
  if (sizes.length === 0) return "nobody answers";
  const shown = sizes.slice(0, 4).join(" + ");
  return `${sizes.length} views: ${shown}${sizes.length > 4 ? " + …" : ""} peers`;
}
