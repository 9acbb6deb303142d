import { isDeepStrictEqual } from "node:util";
import type { ProtocolTiming } from "gossip-peer";
import type { Fault, NetworkFault } from "../fault/fault.js";
import { isNothing, isOfNetwork, placeOf, rowOf, wayOf, wrongStateFor } from "../fault/kinds.js";
import { NetworkFaults } from "../fault/network.js";
import { inParallel } from "../lib/parallel.js";
import { Claims } from "./claims.js";
import type { HowToApply, Occasion, ScenarioCluster } from "./cluster.js";
import { faultsOf, type FaultStep } from "./fault-steps.js";
import type { GoingOn } from "./going-on.js";
import { ScenarioProblem } from "./problem.js";
import type { Stage } from "./stage.js";
import { someMs } from "./times.js";

/**
 * How many faults of one step are applied at a time, where the kind does not say: as many as an engine keeps up with,
 * since "all at once" is meant.
 */
const AT_ONCE = 16;

/**
 * Applies the faults of a scenario's steps to a cluster. A step that would change nothing throws a ScenarioProblem,
 * since what follows it would prove nothing.
 */
export class FaultApplier {
  readonly #cluster: ScenarioCluster;
  readonly #goingOn: GoingOn;
  readonly #claims = new Claims();
  #network = new NetworkFaults();
  #bitesBefore = 0;
  /** The last fault of a kind that was applied to a peer, of the kinds that give a peer a state. */
  readonly #states = new Map<string, Fault>();

  constructor(cluster: ScenarioCluster, goingOn: GoingOn) {
    this.#cluster = cluster;
    this.#goingOn = goingOn;
  }

  /**
   * Applies the faults of a step, whose peers the stage knows. Resolves when they are in force. Those that end by
   * themselves are among what goes on until then. `occasion` is the step as it was begun, where somebody listens.
   */
  async apply(step: FaultStep, stage: Stage, occasion: Occasion | undefined): Promise<void> {
    const named = faultsOf(step, stage);
    const forMs = endsAfterMs(step, named, stage.timing);
    for (const fault of named) this.#expectState(fault);
    await this.#expectChange(named);
    const faults = named.filter((fault) => !this.#isThere(fault));
    const [fault] = faults;
    if (fault === undefined) throw new ScenarioProblem(alreadyThere(named));
    if (fault.kind === "heal") await this.#beforeHealing();
    else if (isNothing(fault) && isOfNetwork(fault)) await this.expectBites();
    else if (isOfNetwork(fault)) await this.#beforeBreaking(fault);
    const bitesBefore = this.#bitesBefore;
    for (const each of faults) this.#note(each);
    const owner = {};
    this.#claims.add(named, owner);
    if ("forMs" in fault) return this.#begin(faults, step, occasion);
    await this.#applyAll(faults, { occasion });
    if (forMs === undefined) return;
    this.#goingOn.beside(step, async () => {
      await this.#goingOn.pass(forMs);
      await this.#end(owner, bitesBefore, occasion && { what: `end of ${occasion.what}`, line: occasion.line });
    });
  }

  /**
   * Throws a ScenarioProblem when a fault that loses messages is in force and has lost none. To be called before the
   * network is healed, and at the end.
   */
  async expectBites(): Promise<void> {
    const isLossy = [...this.#network].some(({ kind }) => rowOf(kind).losesMessages);
    if (isLossy && (await this.#cluster.bites()) === this.#bitesBefore) {
      throw new ScenarioProblem("the network was broken and no message met it; let time pass before it is mended");
    }
  }

  /** Begins faults that take their time. Resolves when all of them are in force. */
  async #begin(faults: readonly Fault[], step: FaultStep, occasion: Occasion | undefined): Promise<void> {
    const { signal } = this.#goingOn;
    await new Promise<void>((areInForce) => {
      let left = faults.length;
      const begun = (): void => {
        if (--left === 0) areInForce();
      };
      this.#goingOn.begin(step, () => this.#applyAll(faults, { occasion, signal, begun }).finally(areInForce));
    });
  }

  /** Ends what a step wanted for a time, and what others do not want as well. */
  async #end(owner: object, bitesBefore: number, occasion: Occasion | undefined): Promise<void> {
    const ends = this.#claims.drop(owner).filter((fault) => wrongStateFor(fault, this.#cluster.peers) === undefined);
    const isLossy = ends.some((fault) => fault.kind === "heal" && fault.only && rowOf(fault.only.kind).losesMessages);
    if (isLossy && (await this.#cluster.bites()) === bitesBefore)
      throw new ScenarioProblem("the fault ended before any message met it; let it last longer");
    for (const fault of ends) this.#note(fault);
    if (ends.length > 0) await this.#applyAll(ends, { occasion });
  }

  /** Applies faults of one kind. Resolves when all are applied and, where they take their time, over. */
  async #applyAll(faults: readonly Fault[], how: HowToApply): Promise<void> {
    const [fault] = faults;
    const atOnce = Math.min(faults.length, (fault && rowOf(fault.kind).atOnce) ?? AT_ONCE);
    await inParallel(atOnce, faults, async (each) => {
      const { closed } = await this.#cluster.apply(each, how);
      if (closed === 0 && "peer" in each)
        throw new ScenarioProblem(`peer ${each.peer} has no connection that could close: no effect`);
    });
  }

  #expectState(fault: Fault): void {
    const wrong = wrongStateFor(fault, this.#cluster.peers);
    if (wrong === undefined) return;
    const { peer, state, needs } = wrong;
    throw new ScenarioProblem(`peer ${peer} is ${state} and would have to be ${needs.join(" or ")}: no effect`);
  }

  /** Throws a ScenarioProblem when a fault ends what there is not, or gives a peer what it has. */
  async #expectChange(faults: readonly Fault[]): Promise<void> {
    for (const fault of faults) {
      if (fault.kind === "add-seed" && fault.seed === fault.peer)
        throw new ScenarioProblem(`peer ${fault.peer} is no seed of its own: no effect`);
      if (
        isOfState(fault) &&
        isDeepStrictEqual(this.#states.get(placeOf(fault)) ?? rowOf(fault.kind).inverse(fault, undefined), fault)
      )
        throw new ScenarioProblem(`peer ${fault.peer} has that already: no effect`);
    }
    const ending = faults.find((fault) => isOfNetwork(fault) && isNothing(fault) && !this.#network.has(fault.kind));
    if (ending !== undefined) throw new ScenarioProblem(`there is no ${ending.kind} that this would end: no effect`);
    if (!faults.some(({ kind }) => kind === "set-meta")) return;
    const views = await this.#cluster.views();
    for (const fault of faults) {
      if (fault.kind !== "set-meta") continue;
      const { members, address = "" } = views.find(({ number }) => number === fault.peer) ?? {};
      if (isDeepStrictEqual({ ...members?.get(address)?.meta }, { ...fault.meta }))
        throw new ScenarioProblem(`peer ${fault.peer} says that of itself already: no effect`);
    }
  }

  /** Whether the network has this fault already, so that it would have no effect. */
  #isThere(fault: Fault): boolean {
    return isOfNetwork(fault) && this.#network.includes(fault);
  }

  async #beforeHealing(): Promise<void> {
    if (this.#network.isEmpty) throw new ScenarioProblem("nothing is wrong with the network: no effect");
    await this.expectBites();
  }

  /**
   * Begins to count lost messages anew, with the first way that is closed and with every other fault that loses
   * messages.
   */
  async #beforeBreaking(fault: NetworkFault): Promise<void> {
    if (rowOf(fault.kind).losesMessages !== true) return;
    const isOneMore = wayOf(fault) !== undefined && this.#network.has(fault.kind);
    if (!isOneMore) this.#bitesBefore = await this.#cluster.bites();
  }

  #note(fault: Fault): void {
    const over = fault.kind === "heal" ? fault.only : undefined;
    if (over !== undefined && isOfNetwork(over)) this.#network.end(over);
    else if (fault.kind === "heal") this.#network = new NetworkFaults();
    else if (isOfNetwork(fault)) this.#network.put(fault);
    else if (isOfState(fault)) this.#states.set(placeOf(fault), fault);
  }
}

/** When the faults of a step end by themselves, in ms from when they are in force; undefined where they do not. */
function endsAfterMs(step: FaultStep, faults: readonly Fault[], timing: ProtocolTiming): number | undefined {
  if (!("for" in step) || step.for === undefined) return undefined;
  const forMs = someMs(step.for, timing);
  if (faults.some(isNothing)) throw new ScenarioProblem('it ends a fault, and has no end of its own: leave out "for"');
  return forMs;
}

function alreadyThere([fault]: readonly Fault[]): string {
  if (fault === undefined) return "it is done to nobody: no effect";
  if (wayOf(fault) !== undefined) return `all ways of this ${fault.kind} are closed already: no effect`;
  return `the network has ${rowOf(fault.kind).status?.(fault) ?? fault.kind} already: no effect`;
}

/**
 * Whether a peer always has one fault of the kind or another, that of before the first being the inverse: to have the
 * same again changes nothing.
 */
function isOfState(fault: Fault): fault is Fault<"ca" | "clock" | "cpu" | "memory"> {
  return ["ca", "clock", "cpu", "memory"].includes(fault.kind);
}
