// The conditions of the peers that can be broken: by address, and in words.

/** @import { Condition } from "./types.js" */

const STATES = { running: "runs", paused: "frozen", down: "down" };

/**
 * The conditions by address.
 * @param {readonly Condition[]} conditions @returns {ReadonlyMap<string, Condition>}
 */
export function byAddress(conditions) {
  // A peer that runs may have the address of one that is down: those that are down come first, and are overwritten.
  const last = [...conditions].sort((a, b) => Number(a.state !== "down") - Number(b.state !== "down"));
  return new Map(last.flatMap((each) => (each.address === undefined ? [] : [[each.address, each]])));
}

/** All that is to be said of a condition, beginning with the state. @param {Condition} condition */
export function describe({ state, side, deafTo, faults }) {
  const own = side === undefined ? [] : [`side ${side}`];
  return [STATES[state], ...own, ...(deafTo === undefined ? [] : [`hears nothing of ${deafTo}`]), ...faults];
}

/** What was done to a peer, in short; empty where nothing was. @param {Condition} condition */
export function marks({ state, side, faults }) {
  return [...(side === undefined ? [] : [`side ${side}`]), ...(state === "running" ? [] : [STATES[state]]), ...faults];
}
