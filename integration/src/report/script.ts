/**
 * The script of the page, in plain JavaScript for a browser. The slider shows the matrix at a moment, the buttons go to
 * the change before and after, and a line in the timeline marks the moment. All data is read from the page itself.
 */
export const SCRIPT = `
"use strict";
(() => {
  const source = document.getElementById("record");
  if (source === null) return;
  const { peers, lives, beliefs, fromMs } = JSON.parse(source.textContent);
  const SYMBOLS = { a: "●", s: "?", f: "✗", l: "←", u: "·" };
  const BELIEFS = { a: "alive", s: "suspect", f: "failed", l: "left", u: "unknown" };
  const STATES = { r: "running", p: "paused", d: "down" };
  const slider = document.getElementById("moment");
  const text = document.getElementById("at");
  const moments = [...new Set([...lives, ...beliefs].map(([at]) => at))].sort((a, b) => a - b);
  const cells = new Map();
  for (const viewer of peers)
    for (const subject of peers) cells.set(viewer + "-" + subject, document.getElementById("c" + viewer + "-" + subject));

  const duration = (ms) => (ms < 1000 ? Math.round(ms) + " ms" : (ms / 1000).toFixed(2) + " s");

  function stateAt(at) {
    const states = new Map(peers.map((peer) => [peer, "d"]));
    const held = new Map();
    const since = new Map();
    for (const [when, peer, state] of lives) if (when <= at) states.set(peer, state);
    for (const [when, viewer, subject, belief] of beliefs) {
      if (when > at) break;
      held.set(viewer + "-" + subject, belief);
      since.set(viewer + "-" + subject, when);
    }
    for (const peer of peers) held.set(peer + "-" + peer, states.get(peer) === "d" ? "u" : "a");
    return { states, held, since };
  }

  function tip(viewer, subject, belief, since, states) {
    const begun = since === undefined ? "" : " since " + duration(since);
    return "peer " + viewer + " of peer " + subject + ": " + BELIEFS[belief] + begun + "; peer " + subject + " is " + STATES[states.get(subject)];
  }

  function show() {
    const at = Number(slider.value);
    const { states, held, since } = stateAt(at);
    const lists = new Set();
    for (const viewer of peers) {
      document.getElementById("row" + viewer).setAttribute("class", "row " + states.get(viewer));
      let list = "";
      for (const subject of peers) {
        const pair = viewer + "-" + subject;
        const belief = held.get(pair) ?? "u";
        const cell = cells.get(pair);
        if (cell.getAttribute("class") !== "cell " + belief) {
          cell.setAttribute("class", "cell " + belief);
          const symbol = cell.querySelector("text");
          if (symbol !== null) symbol.textContent = SYMBOLS[belief];
        }
        cell.querySelector("title").textContent = tip(viewer, subject, belief, since.get(pair), states);
        list += belief === "a" || belief === "s" ? "1" : "0";
      }
      if (states.get(viewer) === "r") lists.add(list);
    }
    const counts = Object.entries(STATES).map(([letter, word]) => [[...states.values()].filter((each) => each === letter).length, word]);
    const views = lists.size === 1 ? "one view" : lists.size + " different views";
    text.textContent = "at " + duration(at) + ": " + views + "; " + counts.filter(([count]) => count > 0).map((each) => each.join(" ")).join(", ");
    slider.setAttribute("aria-valuetext", text.textContent);
    moveCursor(at);
  }

  function moveCursor(at) {
    const svg = document.querySelector("svg.timeline");
    const cursor = svg?.querySelector(".cursor");
    if (!cursor) return;
    const [left, right] = [Number(svg.dataset.left), Number(svg.dataset.right)];
    const [from, to] = [fromMs, Number(slider.max)];
    const x = left + ((at - from) / Math.max(1, to - from)) * (right - left);
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    cursor.setAttribute("class", "cursor on");
  }

  function jump(moment) {
    if (moment === undefined) return;
    slider.value = moment;
    show();
  }
  slider.addEventListener("input", show);
  document.getElementById("earlier").addEventListener("click", () => jump(moments.findLast((each) => each < Number(slider.value))));
  document.getElementById("later").addEventListener("click", () => jump(moments.find((each) => each > Number(slider.value))));
  const timeline = document.querySelector("svg.timeline");
  timeline?.addEventListener("click", (event) => {
    const box = timeline.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * timeline.viewBox.baseVal.width;
    const [left, right] = [Number(timeline.dataset.left), Number(timeline.dataset.right)];
    const share = Math.min(1, Math.max(0, (x - left) / (right - left)));
    jump(Math.round(fromMs + share * (Number(slider.max) - fromMs)));
  });
  show();
})();
`;
