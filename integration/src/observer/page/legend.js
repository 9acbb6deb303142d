// What the shapes on the timeline stand for.
import { byId, html, svg } from "./dom.js";
import { COMMAND, SHAPES } from "./timeline.js";

/** @type {Record<keyof typeof SHAPES, string>} */
const NAMES = {
  joined: "joined",
  updated: "changed",
  suspected: "suspected",
  recovered: "answers again",
  failed: "failed",
  left: "left",
};

export function drawLegend() {
  const kinds = /** @type {(keyof typeof SHAPES)[]} */ (Object.keys(SHAPES));
  const entries = kinds.map((kind) => {
    const shape = svg("path", { class: `shape ${kind}`, d: SHAPES[kind] });
    return html("li", {}, svg("svg", { viewBox: "-6 -6 12 12", "aria-hidden": "true" }, shape), NAMES[kind]);
  });
  const command = svg(
    "svg",
    { viewBox: "-6 -6 12 12", "aria-hidden": "true" },
    svg("path", { class: "command", d: COMMAND }),
  );
  entries.push(html("li", { class: "done" }, command, "done from this page"));
  byId("shapes", HTMLUListElement).append(...entries);
}
