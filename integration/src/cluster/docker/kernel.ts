import type { Tools } from "./tools.js";

/** Why a fault cannot be done with the kernel that the containers share; undefined when it can. */
export interface Kernel {
  readonly cut: string | undefined;
  readonly loss: string | undefined;
  readonly delay: string | undefined;
  readonly bandwidth: string | undefined;
}

const TRIALS = {
  cut: "iptables -A INPUT -s 192.0.2.1 -j DROP",
  loss: "iptables -A INPUT -s 192.0.2.1 -m statistic --mode random --probability 0.5 -j DROP",
  delay: "tc qdisc replace dev lo root netem delay 1ms",
  bandwidth: "tc qdisc replace dev lo root tbf rate 1mbit burst 16kb latency 400ms",
} as const satisfies Record<keyof Kernel, string>;

const NEEDED = {
  cut: "iptables' filter table",
  loss: "iptables' match statistic",
  delay: "the queueing discipline netem",
  bandwidth: "the queueing discipline tbf",
} as const satisfies Record<keyof Kernel, string>;

/** Tries everything once, in a network namespace that exists for it alone. */
export async function askKernel(tools: Tools): Promise<Kernel> {
  const trials = Object.entries(TRIALS).map(([fault, command]) => `${command} 2>/dev/null && echo ${fault}`);
  const possible = (await tools.run(`${trials.join("; ")}; true`)).split("\n");
  const lack = (fault: keyof Kernel): string | undefined =>
    possible.includes(fault) ? undefined : `${fault} needs ${NEEDED[fault]}, which this machine's kernel does not have`;
  return { cut: lack("cut"), loss: lack("loss"), delay: lack("delay"), bandwidth: lack("bandwidth") };
}
