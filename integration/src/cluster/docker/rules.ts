import { PEER_PORT } from "./peer-container.js";
import type { Fault, NetworkFault, NoContainerKind } from "../../fault/fault.js";
import { impossible, wayOf } from "../../fault/kinds.js";

/** The kinds of faults that firewall rules and queues of the kernel can do. */
export type RuledKind = Exclude<NetworkFault["kind"], NoContainerKind>;
export type RuledFault = Fault<RuledKind>;

export function isRuled(fault: NetworkFault): fault is RuledFault {
  return impossible(fault, "containers") === undefined;
}

type Ips = ReadonlyMap<number, string>;

/**
 * The chains that hold all rules of the testbed, one for what arrives and one for what the peer sends. By their names
 * the rules are told from everybody else's, read back and taken away.
 */
const ARRIVING = "GOSSIP_TESTBED";
const LEAVING = `${ARRIVING}_OUT`;
const HOOKS = [
  ["INPUT", ARRIVING],
  ["OUTPUT", LEAVING],
] as const;

/** The address of Docker's own name server as seen from a container. Docker redirects it to a port of its choice. */
const DOCKERS_NAMES = "127.0.0.11";

/** The burst of the token bucket: how much leaves at once at most. Below the size of a packet nothing would leave. */
const BURST = "16kb";
/** How long a packet waits for its turn before it is lost. */
const QUEUE = "400ms";

/**
 * The lines of a shell script that makes the network of peer `number` have these faults and no others, whatever it had
 * before. `ips` are the addresses of all peers, by number; a peer without one cannot be cut off. `notes` become
 * comments of the rules, with no effect.
 */
export function breaking(
  number: number,
  faults: readonly RuledFault[],
  ips: Ips,
  notes: readonly string[] = [],
): string[] {
  const comments = notes.map((note) => `-A ${ARRIVING} -m comment --comment "${note}"`);
  const rules = [...comments, ...filtering(number, faults, ips)];
  if (faults.length === 0 && rules.length === 0) return mending();
  return [
    "iptables-restore --noflush <<END",
    "*filter",
    ...HOOKS.map(([, chain]) => `:${chain} - [0:0]`), // makes it, or empties it
    ...rules,
    "COMMIT",
    "END",
    ...HOOKS.map(([hook, chain]) => `iptables -C ${hook} -j ${chain} 2>/dev/null || iptables -A ${hook} -j ${chain}`),
    ...queueing(faults),
  ];
}

/** The lines that take all rules away; they succeed also where there are none. */
function mending(): string[] {
  const quietly = "2>/dev/null || true";
  return [
    ...HOOKS.flatMap(([hook, chain]) => [
      `iptables -D ${hook} -j ${chain} ${quietly}`,
      `iptables -F ${chain} ${quietly}`,
      `iptables -X ${chain} ${quietly}`,
    ]),
    `tc qdisc del dev eth0 root ${quietly}`,
  ];
}

/**
 * The rules of the filter table. Those that close a way come first; packets that they let through may be lost by the
 * others.
 */
function filtering(number: number, faults: readonly RuledFault[], ips: Ips): string[] {
  const inOrder = faults.toSorted((a, b) => Number(wayOf(b) !== undefined) - Number(wayOf(a) !== undefined));
  return inOrder.flatMap((fault) => rulesOf(fault, number, ips, faults));
}

/**
 * The rules for one fault. Packets of peers are dropped at the receiver, as if the network had lost them: if they were
 * dropped at the sender, its own system would report an error to the program. Lookups of names are to fail so.
 */
function rulesOf(fault: RuledFault, number: number, ips: Ips, all: readonly RuledFault[]): string[] {
  switch (fault.kind) {
    case "cut":
      return sourceOf(fault.from, ips).map((source) => `${source} -j DROP`);
    case "reject":
      return sourceOf(fault.from, ips).flatMap((source) => [
        // A reset is let through: where both ways reject, it is the answer to a connection that was refused.
        `${source} -p tcp ! --tcp-flags RST RST -j REJECT --reject-with tcp-reset`,
        `${source} ! -p tcp -j DROP`,
      ]);
    case "nat": {
      // What others send to the port at which the peer is called; answers to its own calls come from that port.
      const calls = `-p tcp --dport ${PEER_PORT} ! --tcp-flags RST RST -j REJECT --reject-with tcp-reset`;
      const others = [...ips.keys()].filter((other) => other !== number);
      return others.flatMap((other) => sourceOf(other, ips)).map((source) => `${source} ${calls}`);
    }
    case "dns":
      return [`-d ${DOCKERS_NAMES}`, "-p udp --dport 53", "-p tcp --dport 53"].map(
        (lookup) => `-A ${LEAVING} ${lookup} -j REJECT`,
      );
    case "loss": {
      const isOpen = (other: number): boolean => !all.some((each) => wayOf(each)?.[0] === other);
      const others = [...ips.keys()].filter((other) => other !== number && isOpen(other));
      const lossy = `-m statistic --mode random --probability ${fault.share} -j DROP`;
      return others.flatMap((other) => sourceOf(other, ips)).map((source) => `${source} ${lossy}`);
    }
    case "delay":
    case "bandwidth":
      return []; // these are a matter of queues
  }
}

/** The beginning of a rule for packets from that peer; none when the peer has no address. */
function sourceOf(peer: number, ips: Ips): string[] {
  const ip = ips.get(peer);
  return ip === undefined ? [] : [`-A ${ARRIVING} -s ${ip}`];
}

/**
 * The lines that set the queue for delay and bandwidth. netem can do both; for a bandwidth alone a token bucket is
 * enough, and the kernel need not have netem.
 */
function queueing(faults: readonly RuledFault[]): string[] {
  const replace = "tc qdisc replace dev eth0 root";
  const delay = faults.find((fault) => fault.kind === "delay");
  const limit = faults.find((fault) => fault.kind === "bandwidth");
  if (delay !== undefined) {
    const rate = limit === undefined ? "" : ` rate ${limit.kbits}kbit`;
    return [`${replace} netem delay ${delay.latencyMs}ms ${delay.jitterMs}ms${rate}`];
  }
  if (limit !== undefined) return [`${replace} tbf rate ${limit.kbits}kbit burst ${BURST} latency ${QUEUE}`];
  return ["tc qdisc del dev eth0 root 2>/dev/null || true"];
}

/** A script that prints the present rules, each with the number of packets that matched it. */
export const READING = `iptables-save -c -t filter | grep -- '-A ${ARRIVING}' || true`;

/** How many packets were dropped or refused, by the rules that READING printed. */
export function droppedIn(printed: string): number {
  const counts = [...printed.matchAll(/^\[(\d+):\d+\] -A .* -j (?:DROP$|REJECT )/gm)].map(([, packets]) =>
    Number(packets),
  );
  return counts.reduce((sum, each) => sum + each, 0);
}

/** Whether READING printed the rules for these faults. Delay and bandwidth are not among the rules, so not compared. */
export function areInForce(printed: string, number: number, faults: readonly RuledFault[], ips: Ips): boolean {
  const present = printed.split("\n").filter((rule) => / -j [A-Z]/.test(rule));
  return signature(filtering(number, faults, ips)) === signature(present);
}

/** The parts of the rules that the kernel prints as they were written, in an order of their own. */
function signature(rules: readonly string[]): string {
  const parts = rules.map((rule) => [...rule.matchAll(/-([sdpj]|-[sd]port) [\w.]+/g)].map(([text]) => text).join(" "));
  return parts.sort().join();
}

/** The notes that are kept with the rules that READING printed. */
export function notesIn(printed: string): string[] {
  return [...printed.matchAll(/--comment "([^"]*)"/g)].map(([, note = ""]) => note);
}
