import type { Contender } from "./contender.js";
import { Alertmanager } from "./contenders/alertmanager.js";
import { Erlang } from "./contenders/erlang.js";
import { Program } from "./contenders/program.js";
import { Serf } from "./contenders/serf.js";
import { fetched } from "./fetched.js";

/** The rivals that can be measured against, by their names. Each was fetched before it is made. */
export const RIVALS: Readonly<Record<string, () => Contender>> = {
  serf: () => new Serf("serf", fetched("serf")),
  "serf-0.10": () => new Serf("serf-0.10", fetched("serf-0.10")),
  "happn-swim": () =>
    new Program("happn-swim", fetched("happn-swim"), {
      metadata: "has no call that changes them while it runs",
      leave: "says no goodbye: its leave() falls silent, as a kill does",
    }),
  moleculer: () =>
    new Program("moleculer", fetched("moleculer"), { metadata: "has no call that changes them while it runs" }),
  alertmanager: () => new Alertmanager(fetched("alertmanager")),
  erlang: () => new Erlang(fetched("erlang")),
};
