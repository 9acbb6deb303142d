import { engine } from "./engine.js";
import { ownRun, RUN_LABEL } from "./owner.js";
import type { RuledKind } from "./rules.js";
import { Tools } from "./tools.js";

/** For each kind, why the kernel that the containers share cannot do it; undefined when it can. */
export type Kernel = Readonly<Record<RuledKind, string | undefined>>;

/** For each kind of fault, a command that does something of it, and the part of the kernel that the command needs. */
const TRIALS: Readonly<Record<RuledKind, { readonly command: string; readonly needs: string }>> = {
  cut: { command: "iptables -A INPUT -s 192.0.2.1 -j DROP", needs: "iptables' filter table" },
  reject: {
    command: "iptables -A INPUT -s 192.0.2.1 -p tcp ! --tcp-flags RST RST -j REJECT --reject-with tcp-reset",
    needs: "iptables' target REJECT",
  },
  nat: {
    command: "iptables -A INPUT -p tcp --dport 7946 ! --tcp-flags RST RST -j REJECT --reject-with tcp-reset",
    needs: "iptables' target REJECT",
  },
  dns: { command: "iptables -A OUTPUT -d 127.0.0.11 -j REJECT", needs: "iptables' target REJECT" },
  loss: {
    command: "iptables -A INPUT -s 192.0.2.1 -m statistic --mode random --probability 0.5 -j DROP",
    needs: "iptables' match statistic",
  },
  delay: { command: "tc qdisc replace dev lo root netem delay 1ms", needs: "the queueing discipline netem" },
  bandwidth: {
    command: "tc qdisc replace dev lo root tbf rate 1mbit burst 16kb latency 400ms",
    needs: "the queueing discipline tbf",
  },
};

/** Tries the command of each kind once, in a network namespace that exists for that alone. */
export async function askKernel(tools: Tools): Promise<Kernel> {
  const trials = Object.entries(TRIALS);
  const script = trials.map(([kind, { command }]) => `${command} 2>/dev/null && echo ${kind}`).join("; ");
  const possible = (await tools.run(`${script}; true`)).split("\n");
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
