// What the shapes on the timeline stand for.
import { byId, html, svg } from "./dom.js";
import { COMMAND, SHAPES } from "./shapes.js";

/** @import { ChangeKind } from "./types.js" */

/** @type {Record<ChangeKind, string>} */
const NAMES = {
  joined: "joined",
  updated: "changed",
  suspected: "suspected",
  recovered: "answers again",
  failed: "failed",
  left: "left",
};

export function drawLegend() {
  const kinds = /** @type {ChangeKind[]} */ (Object.keys(SHAPES));
  const entries = kinds.map((kind) => html("li", {}, picture(`shape ${kind}`, SHAPES[kind]), NAMES[kind]));
  entries.push(html("li", { class: "done" }, picture("command", COMMAND), "done from this page"));
  byId("shapes", HTMLUListElement).append(...entries);
}

/** @param {string} name @param {string} path */
function picture(name, path) {
  return svg("svg", { viewBox: "-6 -6 12 12", "aria-hidden": "true" }, svg("path", { class: name, d: path }));
}
