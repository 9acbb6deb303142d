// Reads a saved recording, which may come from anybody: every field is checked before the page shows it.
import { Recording } from "./recording.js";

/** @import { Sighting } from "./types.js" */

const KINDS = ["joined", "updated", "suspected", "recovered", "failed", "left"];
const STATUSES = ["alive", "suspect", "failed", "left"];
const LINKS = ["followed", "silent", "unreachable", "malformed"];
const STATES = ["running", "paused", "down"];
const MOST_TEXT = 2000;

/**
 * What must hold of the fields of each type of sighting, beside `at` and `type`.
 * @type {Record<Sighting["type"], (sighting: Record<string, any>, path: string) => void>}
 */
const CHECKS = {
  link: ({ peer, link, since, why, label }, path) => {
    checkText(peer, `${path}.peer`);
    checkOneOf(LINKS, link, `${path}.link`);
    if (since !== undefined) checkNumber(since, `${path}.since`);
    if (why !== undefined) checkText(why, `${path}.why`);
    if (label !== undefined) checkText(label, `${path}.label`);
  },
  view: ({ peer, members }, path) => {
    checkText(peer, `${path}.peer`);
    if (!Array.isArray(members)) throw new Error(`${path}.members is not a list`);
    members.forEach((each, index) => checkMember(each, `${path}.members[${index}]`));
  },
  change: ({ peer, kind, member }, path) => {
    checkText(peer, `${path}.peer`);
    checkOneOf(KINDS, kind, `${path}.kind`);
    checkMember(member, `${path}.member`);
  },
  traffic: ({ peer, traffic }, path) => {
    checkText(peer, `${path}.peer`);
    if (traffic !== null) checkTraffic(traffic, `${path}.traffic`);
  },
  state: ({ peer, state, reason, preset }, path) => {
    checkText(peer, `${path}.peer`);
    checkText(state, `${path}.state`);
    checkText(reason, `${path}.reason`);
    if (preset !== undefined) checkText(preset, `${path}.preset`);
  },
  conditions: ({ peers }, path) => {
    if (!Array.isArray(peers)) throw new Error(`${path}.peers is not a list`);
    peers.forEach((each, index) => checkCondition(each, `${path}.peers[${index}]`));
  },
  forgotten: ({ peer }, path) => checkText(peer, `${path}.peer`),
  command: ({ what, since, problem }, path) => {
    checkText(what, `${path}.what`);
    checkNumber(since, `${path}.since`);
    if (problem !== undefined) checkText(problem, `${path}.problem`);
  },
};

/**
 * The recording that was saved as this JSON value. Throws an Error that names the first field that is wrong, such as
 * "sightings[3].member.status is none of alive, suspect, failed, left". Version 1 called a command a deed, and
 * before version 3 there were no conditions; otherwise they are the same.
 * @param {unknown} saved @returns {Recording}
 */
export function readRecording(saved) {
  const { format, version, sightings, until } = fieldsOf(saved, "it");
  if (format !== "gossip-recording" || ![1, 2, 3].includes(version))
    throw new Error('it is no recording of the observer: its format should be "gossip-recording", version 1, 2 or 3');
  if (!Array.isArray(sightings)) throw new Error("sightings is not a list");
  const recording = new Recording(Infinity);
  let at = 0;
  sightings.forEach((each, index) => {
    const sighting = version === 1 ? withoutDeeds(each) : each;
    checkSighting(sighting, `sightings[${index}]`);
    if (sighting.at < at) throw new Error(`sightings[${index}].at is before the one that precedes it`);
    at = sighting.at;
    recording.add(sighting);
  });
  recording.reach(checkNumber(until, "until"));
  return recording;
}

/** @param {any} sighting A sighting of version 1, not checked yet. */
function withoutDeeds(sighting) {
  return sighting?.type === "deed" ? { ...sighting, type: "command" } : sighting;
}

/** @param {unknown} sighting @param {string} path */
function checkSighting(sighting, path) {
  const fields = fieldsOf(sighting, path);
  checkNumber(fields["at"], `${path}.at`);
  const type = checkOneOf(Object.keys(CHECKS), fields["type"], `${path}.type`);
  CHECKS[/** @type {Sighting["type"]} */ (type)](fields, path);
}

/** @param {unknown} member @param {string} path */
function checkMember(member, path) {
  const { address, status, generation, incarnation, meta } = fieldsOf(member, path);
  checkText(address, `${path}.address`);
  checkOneOf(STATUSES, status, `${path}.status`);
  checkNumber(generation, `${path}.generation`);
  checkNumber(incarnation, `${path}.incarnation`);
  const { name, tags } = fieldsOf(meta, `${path}.meta`);
  if (name !== undefined) checkText(name, `${path}.meta.name`);
  if (tags !== undefined)
    for (const [key, value] of Object.entries(fieldsOf(tags, `${path}.meta.tags`)))
      checkText(value, `${path}.meta.tags.${key}`);
}

/** @param {unknown} condition @param {string} path */
function checkCondition(condition, path) {
  const { peer, address, state, side, deafTo, faults } = fieldsOf(condition, path);
  checkNumber(peer, `${path}.peer`);
  checkOneOf(STATES, state, `${path}.state`);
  for (const [name, text] of Object.entries({ address, side, deafTo }))
    if (text !== undefined) checkText(text, `${path}.${name}`);
  if (!Array.isArray(faults)) throw new Error(`${path}.faults is not a list`);
  faults.forEach((each, index) => checkText(each, `${path}.faults[${index}]`));
}

/** @param {unknown} traffic @param {string} path */
function checkTraffic(traffic, path) {
  const { forMs, exchanges, unanswered, sent, received, p50, p99, total } = fieldsOf(traffic, path);
  for (const [name, count] of Object.entries({ forMs, exchanges, unanswered, sent, received, total }))
    checkNumber(count, `${path}.${name}`);
  if (forMs === 0) throw new Error(`${path}.forMs is 0`);
  for (const [name, ms] of Object.entries({ p50, p99 })) if (ms !== null) checkNumber(ms, `${path}.${name}`);
}

/** @param {unknown} value @param {string} path @returns {Record<string, any>} */
function fieldsOf(value, path) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${path} is not an object`);
  return value;
}

/** @param {unknown} value @param {string} path */
function checkText(value, path) {
  if (typeof value !== "string" || value.length > MOST_TEXT)
    throw new Error(`${path} is not a text of at most ${MOST_TEXT} characters`);
}

/** @param {unknown} value @param {string} path @returns {number} */
function checkNumber(value, path) {
  if (typeof value !== "number" || !(value >= 0 && value <= 2 ** 53))
    throw new Error(`${path} is not a number from 0 to 2^53`);
  return value;
}

/** @param {readonly string[]} words @param {unknown} value @param {string} path @returns {string} */
function checkOneOf(words, value, path) {
  if (typeof value !== "string" || !words.includes(value)) throw new Error(`${path} is none of ${words.join(", ")}`);
  return value;
}
