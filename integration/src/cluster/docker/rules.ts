import { isWell, type NetworkFaults } from "../../fault/network.js";

/** All rules are in this chain, so that they can be told from everybody else's, read back and taken away. */
const CHAIN = "GOSSIP_TESTBED";

/** At most this much goes out in one piece; more than a packet, or nothing ever would. */
const BURST = "16kb";
/** What waits for its turn longer than this is lost. */
const QUEUE = "400ms";

/**
 * The lines of a shell script that makes the network of peer `number` have these faults and no others, whatever it had
 * before. `ips` are those of all peers, by number; who has none cannot be cut off. `notes` are kept with the rules, and
 * do nothing.
 */
export function breaking(
  number: number,
  faults: NetworkFaults,
  ips: ReadonlyMap<number, string>,
  notes: readonly string[] = [],
): string[] {
  const rules = [...notes.map((note) => `-m comment --comment "${note}"`), ...drops(number, faults, ips)];
  if (isWell(faults) && rules.length === 0) return mending();
  return [
    "iptables-restore --noflush <<END",
    "*filter",
    `:${CHAIN} - [0:0]`, // makes it, or empties it
    ...rules.map((rule) => `-A ${CHAIN} ${rule}`),
    "COMMIT",
    "END",
    `iptables -C INPUT -j ${CHAIN} 2>/dev/null || iptables -A INPUT -j ${CHAIN}`,
    ...queueing(faults),
  ];
}

/** Takes away all of it, also where there is nothing. */
function mending(): string[] {
  const quietly = "2>/dev/null || true";
  return [
    `iptables -D INPUT -j ${CHAIN} ${quietly}`,
    `iptables -F ${CHAIN} ${quietly}`,
    `iptables -X ${CHAIN} ${quietly}`,
    `tc qdisc del dev eth0 root ${quietly}`,
  ];
}

/**
 * What others send is dropped where it arrives, as a wire would lose it. Refused where it is sent, the sender's own
 * system would know.
 */
function drops(number: number, { deafTo, loss }: NetworkFaults, ips: ReadonlyMap<number, string>): string[] {
  const others = [...ips].filter(([other]) => other !== number);
  const share = loss === 0 ? undefined : `-m statistic --mode random --probability ${loss}`;
  return others.flatMap(([other, ip]) => {
    if (deafTo.includes(other)) return `-s ${ip} -j DROP`;
    return share === undefined ? [] : `-s ${ip} ${share} -j DROP`;
  });
}

/** Of delay and bandwidth, netem can do both; where only the bandwidth ends, a bucket of tokens does and netem is not needed. */
function queueing({ delay, kbits }: NetworkFaults): string[] {
  const replace = "tc qdisc replace dev eth0 root";
  if (delay !== undefined) {
    const rate = kbits === undefined ? "" : ` rate ${kbits}kbit`;
    return [`${replace} netem delay ${delay.latencyMs}ms ${delay.jitterMs}ms${rate}`];
  }
  if (kbits !== undefined) return [`${replace} tbf rate ${kbits}kbit burst ${BURST} latency ${QUEUE}`];
  return ["tc qdisc del dev eth0 root 2>/dev/null || true"];
}

/** Prints the rules there are, with how many packets met each. */
export const READING = `iptables-save -c -t filter | grep -- '-A ${CHAIN}' || true`;

/** How many packets the rules have dropped that READING printed. */
export function droppedIn(printed: string): number {
  const counts = [...printed.matchAll(/^\[(\d+):\d+\] -A .* -j DROP$/gm)].map(([, packets]) => Number(packets));
  return counts.reduce((sum, each) => sum + each, 0);
}

/** Whether the rules that READING printed are those for these faults. What is queued cannot be seen in them. */
export function areInForce(
  printed: string,
  number: number,
  faults: NetworkFaults,
  ips: ReadonlyMap<number, string>,
): boolean {
  const source = /-s ([\d.]+)/;
  const wanted = drops(number, faults, ips).map((rule) => source.exec(rule)?.[1]);
  const present = printed.split("\n").filter((rule) => rule.endsWith("-j DROP"));
  return (
    wanted.sort().join() ===
    present
      .map((rule) => source.exec(rule)?.[1])
      .sort()
      .join()
  );
}

/** The notes that are kept with the rules that READING printed. */
export function notesIn(printed: string): string[] {
  return [...printed.matchAll(/--comment "([^"]*)"/g)].map(([, note = ""]) => note);
}
