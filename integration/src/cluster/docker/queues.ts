import type { Fault, NetworkFault } from "../../fault/fault.js";

type Ips = ReadonlyMap<number, string>;
type Queued = Fault<"delay" | "bandwidth">;

/** The burst of the token bucket: how much leaves at once at most. Below the size of a packet nothing would leave. */
const BURST = "16kb";
/** How long a packet waits for its turn before it is lost. */
const QUEUE = "400ms";
/** A class of htb has a rate; this one limits nothing. */
const UNLIMITED = "htb rate 10gbit quantum 60000";

/** The command that takes all queues of a device away; it succeeds also where there are none. */
export function unqueueing(device: string): string {
  return `tc qdisc del dev ${device} root 2>/dev/null || true`;
}

/**
 * The commands that give a device the queues for delay and bandwidth, whatever it had before; none where neither is.
 * Where a link has faults of its own, what is sent to that other peer goes into a class of its own, with the link's delay
 * and bandwidth and, where it has only one of them, the other one of all.
 */
export function queueing(device: string, faults: readonly NetworkFault[], ips: Ips): string[] {
  const queued = faults.filter((fault) => fault.kind === "delay" || fault.kind === "bandwidth");
  const ofAll = queued.filter(isOfAll);
  const others = [...new Set(queued.map(({ other }) => other))];
  const links = others.flatMap((other) => {
    const ip = other === undefined ? undefined : ips.get(other);
    // The first of each kind counts.
    return ip === undefined
      ? []
      : { ip, queue: queueOf([...queued.filter((fault) => fault.other === other), ...ofAll]) };
  });
  const queue = queueOf(ofAll);
  if (links.length === 0) return queue === undefined ? [] : [`tc qdisc replace dev ${device} root ${queue}`];
  return [
    unqueueing(device),
    `tc qdisc add dev ${device} root handle 1: htb default 1`,
    ...classOf(device, "1:1", queue),
    ...links.flatMap(({ ip, queue }, at) => {
      const id = `1:${(at + 2).toString(16)}`;
      const filter = `tc filter add dev ${device} parent 1: protocol ip prio 1 u32 match ip dst ${ip}/32 flowid ${id}`;
      return [...classOf(device, id, queue), filter];
    }),
  ];
}

/** Whether a fault is of all links of its network, and not of one. */
export function isOfAll({ other }: { readonly other?: number }): boolean {
  return other === undefined;
}

function classOf(device: string, id: string, queue: string | undefined): string[] {
  const made = `tc class add dev ${device} parent 1: classid ${id} ${UNLIMITED}`;
  return queue === undefined ? [made] : [made, `tc qdisc add dev ${device} parent ${id} ${queue}`];
}

/** netem can do both; for a bandwidth alone a token bucket is enough, and the kernel need not have netem. */
function queueOf(faults: readonly Queued[]): string | undefined {
  const delay = faults.find((fault) => fault.kind === "delay");
  const limit = faults.find((fault) => fault.kind === "bandwidth");
  if (delay !== undefined && delay.latencyMs + delay.jitterMs > 0) {
    const rate = limit === undefined ? "" : ` rate ${limit.kbits}kbit`;
    return `netem delay ${delay.latencyMs}ms ${delay.jitterMs}ms${rate}`;
  }
  return limit === undefined ? undefined : `tbf rate ${limit.kbits}kbit burst ${BURST} latency ${QUEUE}`;
}
