import { engine } from "./engine.js";
import { ownRun, RUN_LABEL } from "./owner.js";
import { queueing } from "./queues.js";
import { replacing, type RuledFault, type RuledKind } from "./rules.js";
import { Tools } from "./tools.js";

/** What is tried: the kinds of faults, and queues of their own for single links. */
type Tried = RuledKind | "links";
/** For each of them, why the kernel that the containers share cannot do it; undefined when it can. */
export type Kernel = Readonly<Record<Tried, string | undefined>>;

/** For each, a fault that is tried, and the part of the kernel that it needs. */
const TRIALS: Readonly<Record<Tried, { readonly fault: RuledFault; readonly needs: string }>> = {
  cut: { fault: { kind: "cut", from: 2, to: 1 }, needs: "nftables" },
  reject: { fault: { kind: "reject", from: 2, to: 1 }, needs: "nftables' statement reject" },
  nat: { fault: { kind: "nat", peer: 1 }, needs: "nftables' statement reject" },
  dns: { fault: { kind: "dns", peer: 1 }, needs: "nftables' statement reject" },
  "mute-dns": { fault: { kind: "mute-dns", peer: 1 }, needs: "nftables" },
  "wrong-dns": { fault: { kind: "wrong-dns", peer: 1, leadsTo: 2 }, needs: "nftables" },
  loss: { fault: { kind: "loss", peer: 1, share: 0.5 }, needs: "nftables' expression numgen" },
  delay: {
    fault: { kind: "delay", peer: 1, latencyMs: 1, jitterMs: 0 },
    needs: "the queueing discipline netem",
  },
  bandwidth: { fault: { kind: "bandwidth", peer: 1, kbits: 1000 }, needs: "the queueing discipline tbf" },
  links: {
    fault: { kind: "delay", peer: 1, other: 2, latencyMs: 0, jitterMs: 0 },
    needs: "the queueing discipline htb and the classifier u32",
  },
};
/** Addresses for the rules that are tried, from a range that is nobody's. */
const IPS = new Map([
  [1, "192.0.2.1"],
  [2, "192.0.2.2"],
]);

/** Tries the rules or the queue of each kind once, in a network namespace that exists for that alone. */
export async function askKernel(tools: Tools): Promise<Kernel> {
  const trials = Object.entries(TRIALS);
  const script = trials.map(([kind, { fault }]) => {
    const queues = queueing("lo", [fault], IPS);
    const trial = queues.length === 0 ? replacing(1, [fault], { ips: IPS, names: [] }) : queues.join(" && ");
    return `if ${trial}\nthen echo ${kind}; fi`;
  });
  const possible = (await tools.run(["exec 2>/dev/null", ...script].join("\n"))).split("\n");
  const lacks = trials.map(([kind, { needs }]) => [
    kind,
    possible.includes(kind) ? undefined : `${kind} needs ${needs}, which this machine's kernel does not have`,
  ]);
  return Object.fromEntries(lacks) as Kernel;
}

/** Asks the kernel of the engine's machine, without a cluster. Rejects when the engine does not answer. */
export async function kernelHere(): Promise<Kernel> {
  return askKernel(await Tools.open(await engine(), { [RUN_LABEL]: ownRun() }));
}
