// The page: takes in what the observer sees, and draws the moment that is asked for.
import { Control } from "./control.js";
import { Curve } from "./curve.js";
import { byAddress } from "./conditions.js";
import { byId, setText } from "./dom.js";
import { listen } from "./event-stream.js";
import { Headline } from "./headline.js";
import { drawLegend } from "./legend.js";
import { Matrix } from "./matrix.js";
import { spreadMs } from "./news-history.js";
import { NewsList } from "./news-list.js";
import { Player } from "./player.js";
import { Recording, ROOM } from "./recording.js";
import { Timeline } from "./timeline.js";
import { TrafficPanel } from "./traffic-panel.js";

/** How often the page is drawn though nothing happens: clocks and the timeline move on. */
const REDRAW_EVERY_MS = 500;

const headline = new Headline();
const control = new Control(redraw);
const matrix = new Matrix((address, how) => control.pick(address, how));
const curve = new Curve();
const newsList = new NewsList((item) => {
  player.seek(item.at + spreadMs(item) + 1);
  chosen = item.key;
});
const timeline = new Timeline((share) => {
  const { from, until } = player.span(shownAt);
  player.seek(from + share * (until - from));
});
const traffic = new TrafficPanel(redraw);
const player = new Player(() => {
  chosen = undefined;
  redraw();
}, leap);
const blocks = byId("blocks", HTMLInputElement);
const state = byId("state", HTMLElement);

let recording = new Recording();
let present = recording.at(0);
/** The past that was shown last. A later moment is reached more quickly from there than from the beginning. */
let past = { ...recording.at(0), cuts: 0 };
/** The time that the observer told last, in ms since 1970, and when that was by `performance.now()`. */
let told = { at: 0, here: 0 };
let isReplay = false;
let isConnected = false;
let shownAt = 0;
/**
 * The key of the change whose curve was chosen; undefined for the latest of the moment that is shown.
 * @type {string | undefined}
 */
let chosen;
/** Whether the page will be drawn with the next frame. */
let isDue = false;

listen({
  recording({ isReplay: replays, saved }) {
    isReplay = replays;
    player.open({ isReplay });
    recording = new Recording(replays ? Infinity : ROOM);
    for (const sighting of saved.sightings) recording.add(sighting);
    recording.reach(saved.until);
    present = recording.at(Infinity);
    past = { ...recording.at(-Infinity), cuts: 0 };
    tick(saved.until);
  },
  sightings(sightings) {
    for (const sighting of sightings) {
      recording.add(sighting);
      present.model.take(sighting);
    }
    redraw();
  },
  tick,
  connected() {
    isConnected = true;
    control.connected();
    redraw();
  },
  lost() {
    isConnected = false;
    control.lost();
    redraw();
  },
});
drawLegend();
setInterval(redraw, REDRAW_EVERY_MS);
window.addEventListener("resize", redraw);
blocks.addEventListener("change", redraw);

/** The observer told its time. @param {number} at in ms since 1970 */
function tick(at) {
  told = { at, here: performance.now() };
  recording.reach(at);
  redraw();
}

/** Has the page drawn with the next frame, once however often it is asked for. */
function redraw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    draw();
  });
}

function draw() {
  const until =
    isReplay || !isConnected ? recording.until : Math.max(recording.until, told.at + performance.now() - told.here);
  const moment = player.moment(recording.from, until);
  shownAt = moment;
  const model = player.isLive ? present.model : pastAt(moment);
  const item = model.news.items.find(({ key }) => key === chosen) ?? model.news.items.at(-1);
  document.body.dataset["mode"] = isReplay ? "replay" : player.isLive ? "live" : "past";
  const live = isConnected ? "live" : "the observer does not answer";
  setText(state, isReplay ? "replay of a recording" : player.isLive ? live : "the past");
  document.body.classList.toggle("lost", !isConnected);
  headline.draw(model, moment);
  control.draw(present.model, model, blockedBy());
  matrix.draw(model, moment, { inBlocks: blocks.checked });
  matrix.mark(byAddress(model.conditions), (address) => control.isSelected(address));
  curve.draw(model, item);
  newsList.draw(model, item);
  player.draw(moment);
  traffic.draw(model);
  timeline.draw(present.model, { ...player.span(moment), cursor: moment });
  if (player.isPlaying) redraw();
}

/** Why nothing can be broken or healed now; undefined when it can. */
function blockedBy() {
  if (!isConnected) return "the page's server does not answer";
  return player.isLive ? undefined : "the past is shown; go back to Live first";
}

/** The model of a past moment. @param {number} moment */
function pastAt(moment) {
  if (past.cuts !== recording.cuts || past.model.now > moment)
    past = { ...recording.at(-Infinity), cuts: recording.cuts };
  past = { ...recording.at(moment, past), cuts: recording.cuts };
  return past.model;
}

/** Shows the moment of the change before, or after, the one that is shown. @param {1 | -1} direction */
function leap(direction) {
  const { items } = present.model.news;
  const change =
    direction === 1
      ? items.find(({ at }) => at + 1 > shownAt + 0.5)
      : items.findLast(({ at }) => at + 1 < shownAt - 0.5);
  if (change !== undefined) player.seek(change.at + 1);
}
