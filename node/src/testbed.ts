// What the testbed of this repository takes from the package beyond its public API, as `gossip-peer/testbed`. Nobody
// else is to depend on it: it may change with any version.
export { variableName } from "./environment.js";
export { printable } from "./table.js";
export { ROUND_TRIP_BOUNDS_MS, roundTripWithin, trafficBetween } from "./traffic.js";
