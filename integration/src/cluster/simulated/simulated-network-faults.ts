import type { Address } from "gossip-peer";
import type { LinkSettings, SimulatedNetwork, Simulation } from "gossip-peer/simulator";
import type { Fault, NetworkFault } from "../../fault/fault.js";
import { impossible } from "../../fault/kinds.js";
import { linkOf } from "../../fault/links.js";
import { Unsupported } from "../../fault/unsupported.js";

/** What the end of each fault of look-ups sets. */
const ENDED = {
  dns: { areRefused: false },
  "mute-dns": { areUnanswered: false },
  "slow-dns": { lateMs: 0 },
  "wrong-dns": { leadTo: undefined },
} as const;

/** Applies faults to the network of a simulation, and ends them one by one. */
export class SimulatedNetworkFaults {
  readonly #simulation: Simulation;
  readonly #addressOf: (peer: number) => Address;

  /** `addressOf` throws an Error for the number of a peer that is not there. */
  constructor(simulation: Simulation, addressOf: (peer: number) => Address) {
    this.#simulation = simulation;
    this.#addressOf = addressOf;
  }

  /** Throws Unsupported, with nothing done, for a fault that a simulation cannot have. */
  apply(fault: NetworkFault): void {
    const { lookUps } = this.#network;
    switch (fault.kind) {
      case "cut":
      case "reject":
        this.#close(fault);
        break;
      case "nat":
        this.#network.refuseCalls(this.#addressOf(fault.peer));
        break;
      case "dns":
        lookUps.set(this.#addressOf(fault.peer), { areRefused: true });
        break;
      case "mute-dns":
        lookUps.set(this.#addressOf(fault.peer), { areUnanswered: true });
        break;
      case "slow-dns":
        lookUps.set(this.#addressOf(fault.peer), { lateMs: fault.lateMs });
        break;
      case "wrong-dns":
        lookUps.set(this.#addressOf(fault.peer), { leadTo: this.#addressOf(fault.leadsTo) });
        break;
      case "loss":
        this.#setLinks(fault, { loss: fault.share });
        break;
      case "delay":
        this.#setLinks(fault, { latencyMs: fault.latencyMs, jitterMs: fault.jitterMs });
        break;
      case "duplicate":
      case "reorder":
        this.#network.setAll({ [fault.kind]: fault.share });
        break;
      case "bandwidth":
        throw impossible(fault, "simulator") ?? new Error(`a simulation does not do ${fault.kind}`);
    }
  }

  /** Ends this fault and no other. */
  end(fault: NetworkFault): void {
    const { settings, lookUps } = this.#network;
    switch (fault.kind) {
      case "cut":
        this.#network.mend(this.#addressOf(fault.from), this.#addressOf(fault.to));
        break;
      case "reject":
        this.#network.accept(this.#addressOf(fault.from), this.#addressOf(fault.to));
        break;
      case "nat":
        this.#network.allowCalls(this.#addressOf(fault.peer));
        break;
      case "dns":
      case "mute-dns":
      case "slow-dns":
      case "wrong-dns":
        lookUps.set(this.#addressOf(fault.peer), ENDED[fault.kind]);
        break;
      case "loss":
        if (fault.other === undefined) this.#simulation.restoreLinks("loss");
        else this.#setLinks(fault, { loss: settings.loss });
        break;
      case "delay":
        if (fault.other === undefined) this.#simulation.restoreLinks("latencyMs", "jitterMs");
        else this.#setLinks(fault, { latencyMs: settings.latencyMs, jitterMs: settings.jitterMs });
        break;
      case "duplicate":
      case "reorder":
        this.#simulation.restoreLinks(fault.kind);
        break;
      case "bandwidth":
        throw impossible(fault, "simulator") ?? new Error(`a simulation does not do ${fault.kind}`);
    }
  }

  get #network(): SimulatedNetwork {
    return this.#simulation.network;
  }

  /** Closes a way in one manner, in the place of another. */
  #close(fault: Fault<"cut" | "reject">): void {
    const way = [this.#addressOf(fault.from), this.#addressOf(fault.to)] as const;
    this.#network.accept(...way);
    this.#network.mend(...way);
    if (fault.kind === "cut") this.#network.cut(...way);
    else this.#network.reject(...way);
  }

  /** Sets the one link that a fault is of, or all. */
  #setLinks(fault: Fault<"loss" | "delay">, change: Partial<LinkSettings>): void {
    const link = linkOf(fault);
    if (link !== undefined) this.#network.setLink(this.#addressOf(link.sender), this.#addressOf(link.receiver), change);
    else if (fault.peer === undefined) this.#network.setAll(change);
    else throw new Unsupported("the simulator breaks the network of all, or one link, and not that of one peer");
  }
}
