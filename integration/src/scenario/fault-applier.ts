import { isDeepStrictEqual } from "node:util";
import type { Fault, NetworkFault } from "../fault/fault.js";
import { isNothing, isOfNetwork, rowOf, wayOf, wrongStateFor } from "../fault/kinds.js";
import { NetworkFaults } from "../fault/network.js";
import { inParallel } from "../lib/parallel.js";
import type { ScenarioCluster } from "./cluster.js";
import { faultsOf, type FaultStep } from "./fault-steps.js";
import { ScenarioProblem } from "./problem.js";
import type { Stage } from "./stage.js";

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
  readonly #stage: Stage;
  readonly #cluster: ScenarioCluster;
  #network = new NetworkFaults();
  #bitesBefore = 0;
  /** The last fault of a kind that was applied to a peer, of the kinds that give a peer a state. */
  readonly #states = new Map<string, Fault>();
  /** The faults that go on while other steps are carried out, and until when. */
  readonly #goingOn: Promise<void>[] = [];
  #goingOnUntilMs = -Infinity;
  readonly #end = new AbortController();

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#cluster = stage.cluster;
  }

  async apply(step: FaultStep): Promise<void> {
    const named = faultsOf(step, this.#stage);
    for (const fault of named) this.#expectState(fault);
    await this.#expectChange(named);
    const faults = named.filter((fault) => !this.#isThere(fault));
    const [fault] = faults;
    if (fault === undefined) throw new ScenarioProblem(alreadyThere(named));
    if (fault.kind === "heal") await this.#beforeHealing();
    else if (isNothing(fault) && isOfNetwork(fault)) await this.expectBites();
    else if (isOfNetwork(fault)) await this.#beforeBreaking(fault);
    for (const each of faults) this.#note(each);
    const atOnce = Math.min(faults.length, rowOf(fault.kind).atOnce ?? AT_ONCE);
    const goesOn = "goesOn" in step && step.goesOn === true;
    const applied = inParallel(atOnce, faults, (each) => this.#applyOne(each, goesOn));
    if (!goesOn) return applied;
    applied.catch(() => undefined); // told at the end
    this.#goingOn.push(applied);
    const forMs = Math.max(...faults.map((each) => ("forMs" in each ? each.forMs : 0)));
    this.#goingOnUntilMs = Math.max(this.#goingOnUntilMs, this.#cluster.nowMs + forMs);
  }

  /** Resolves when the faults that go on beside other steps are over. Rejects as the first of them has. */
  async ended(): Promise<void> {
    const leftMs = this.#goingOnUntilMs - this.#cluster.nowMs;
    if (leftMs > 0) await this.#cluster.pass(leftMs);
    await Promise.all(this.#goingOn);
  }

  /** Ends the faults that go on beside other steps, before their time. Never rejects. */
  async end(): Promise<void> {
    this.#end.abort();
    await Promise.allSettled(this.#goingOn);
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

  async #applyOne(fault: Fault, goesOn: boolean): Promise<void> {
    const { closed } = await this.#cluster.apply(fault, { goesOn, signal: this.#end.signal });
    if (closed === 0 && "peer" in fault)
      throw new ScenarioProblem(`peer ${fault.peer} has no connection that could close: no effect`);
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
      if (isOfState(fault) && isDeepStrictEqual(this.#states.get(placeOf(fault)) ?? normal(fault), fault))
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
    if (fault.kind === "heal") this.#network = new NetworkFaults();
    else if (isOfNetwork(fault)) this.#network.put(fault);
    else if (isOfState(fault)) this.#states.set(placeOf(fault), fault);
  }
}

function alreadyThere([fault]: readonly Fault[]): string {
  if (fault === undefined) return "it is done to nobody: no effect";
  if (wayOf(fault) !== undefined) return `all ways of this ${fault.kind} are closed already: no effect`;
  return `the network has ${rowOf(fault.kind).status?.(fault) ?? fault.kind} already: no effect`;
}

/** The kinds of which a peer always has one or another, so that to have the same again changes nothing. */
type StateFault = Fault<"cpu" | "ca">;

function isOfState(fault: Fault): fault is StateFault {
  return fault.kind === "cpu" || fault.kind === "ca";
}

function placeOf({ kind, peer }: StateFault): string {
  return `${kind} ${peer}`;
}

/** What a peer has before the first fault of the kind. */
function normal({ kind, peer }: StateFault): StateFault {
  return kind === "cpu" ? { kind, peer } : { kind, peer, trusts: "first" };
}
