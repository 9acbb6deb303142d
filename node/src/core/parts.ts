import { Accusations } from "./accusations.js";
import { AntiEntropy } from "./anti-entropy.js";
import { Calls } from "./calls.js";
import { ClosedConnections } from "./closed-connections.js";
import { Dissemination } from "./dissemination.js";
import { FailureDetector } from "./failure-detector.js";
import { Hearsay } from "./hearsay.js";
import { IndirectProbes } from "./indirect-probes.js";
import { LocalHealth } from "./local-health.js";
import { Membership } from "./membership.js";
import { Merging } from "./merging.js";
import { Newcomers } from "./newcomers.js";
import { Outcomes } from "./outcomes.js";
import { PartnerSelection } from "./partner-selection.js";
import { Proofs } from "./proofs.js";
import { Reachability } from "./reachability.js";
import { Reconnect } from "./reconnect.js";
import { isLive } from "./record.js";
import { RegularExchange } from "./regular-exchange.js";
import { Returns } from "./returns.js";
import { RoundTrip } from "./round-trip.js";
import { Seeds } from "./seeds.js";
import { Settling } from "./settling.js";
import type { State } from "./state.js";
import { SuspicionFloor } from "./suspicion-floor.js";
import { Suspicions } from "./suspicions.js";
import { Timeouts } from "./timeouts.js";

export type Parts = ReturnType<typeof makeParts>;

/**
 * Makes the parts of a protocol, which share its state. Each knows those made before it and no others; only what
 * follows from a change of the view is handed to `Membership` as a function, since later parts both change the view and
 * hear of changes.
 */
export function makeParts(state: State) {
  const { timing } = state;
  const [roundTrip, localHealth] = [new RoundTrip(timing), new LocalHealth(timing)];
  const partnerSelection = new PartnerSelection();
  const newcomers = new Newcomers(state, partnerSelection);
  const settling = new Settling(state);
  const floor = new SuspicionFloor(timing, newcomers, roundTrip);
  const [suspicions, proofs] = [new Suspicions(timing, floor), new Proofs(timing)];
  const antiEntropy = new AntiEntropy(state, suspicions, proofs);
  const timeouts = new Timeouts(timing, { localHealth, newcomers, roundTrip });
  const calls = new Calls(state, antiEntropy, partnerSelection, timeouts);
  const dissemination = new Dissemination(state, calls);
  const membership = new Membership(state, localHealth, partnerSelection, (change, context, now) => {
    const { before, after } = change;
    settling.changed(now);
    newcomers.changed(before, after, now);
    failureDetector.changed(change, context, now);
    if (!isLive(after)) partnerSelection.forget(after.address);
    else if (before === undefined || !isLive(before)) partnerSelection.add(after.address);
    dissemination.spread(after.address, context.spread ?? "all", now);
  });
  const closedConnections = new ClosedConnections(state, { newcomers, partnerSelection, timeouts });
  const indirectProbes = new IndirectProbes(state, calls);
  const acting = { calls, closedConnections, dissemination, indirectProbes, membership, partnerSelection };
  const judging = { localHealth, newcomers, proofs, suspicions, timeouts };
  const accusations = new Accusations(state, { ...acting, ...judging });
  const failureDetector = new FailureDetector(state, { ...acting, ...judging, accusations });
  const hearsay = new Hearsay(state, calls, membership, suspicions);
  const [reachability, returns] = [new Reachability(state), new Returns(state, calls)];
  const merging = new Merging(state, {
    ...acting,
    accusations,
    failureDetector,
    hearsay,
    reachability,
    returns,
    settling,
  });
  const seeds = new Seeds(state, partnerSelection);
  const regularExchange = new RegularExchange(state, calls, partnerSelection, seeds);
  const reconnect = new Reconnect(state, calls, regularExchange, seeds);
  const outcomes = new Outcomes(state, { ...acting, antiEntropy, failureDetector, merging, seeds, settling });
  return {
    antiEntropy,
    calls,
    closedConnections,
    dissemination,
    failureDetector,
    localHealth,
    membership,
    merging,
    outcomes,
    partnerSelection,
    reachability,
    reconnect,
    regularExchange,
    returns,
    roundTrip,
    seeds,
    settling,
  };
}
