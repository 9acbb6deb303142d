export { protobufCodec } from "./protobuf-codec.js";
export type { MessageCodec } from "./message-codec.js";
export {
  CHANGES,
  runExperiment,
  type Change,
  type Distribution,
  type ExperimentOptions,
  type Load,
  type Report,
  type Spread,
} from "./experiment.js";
export type { Random } from "../core/random.js";
export { INVARIANTS, Invariants, Violation, type InvariantName } from "./invariants.js";
export { FACT_KINDS, Knowledge, type Fact, type FactKind } from "./knowledge.js";
export { disagreement } from "./disagreement.js";
export { GOOD_LINK, SimulatedNetwork, type LinkSettings } from "./simulated-network.js";
export { describePlan, drawPlan, type Fault, type Plan, type PlannedFault } from "./plan.js";
export { Faults, runPlan, type Outcome } from "./run-plan.js";
export { quantile } from "./quantile.js";
export { shrink } from "./shrink.js";
export { type Rhythm, type SimulatedPeer } from "./simulated-peer.js";
export { Simulation, type SimulationOptions } from "./simulation.js";
export { stream } from "./streams.js";
export { TrafficSampler } from "./traffic-sampler.js";
export type { Cause, Watcher } from "./watcher.js";
