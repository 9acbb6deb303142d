import type { Contender } from "./contender.js";
import { Serf } from "./contenders/serf.js";
import { fetched } from "./fetched.js";

/** The rivals that can be measured against, by their names. Each was fetched before it is made. */
export const RIVALS: Readonly<Record<string, () => Contender>> = {
  serf: () => new Serf("serf", fetched("serf")),
  "serf-0.10": () => new Serf("serf-0.10", fetched("serf-0.10")),
};
