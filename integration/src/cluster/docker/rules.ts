import { createHash } from "node:crypto";
import { PEER_PORT } from "./peer-container.js";
import type { Fault, NetworkFault, NoContainerKind } from "../../fault/fault.js";
import { impossible, isWayKind, KINDS, WAYS } from "../../fault/kinds.js";
import { unheard } from "../../fault/network.js";
import { hostLines, naming, type Places } from "./hosts.js";
import { isOfAll, queueing, unqueueing } from "./queues.js";

/** The kinds of faults that firewall rules and queues of the kernel can do. */
export type RuledKind = Exclude<NetworkFault["kind"], NoContainerKind>;
export type RuledFault = Fault<RuledKind>;

export function isRuled(fault: NetworkFault): fault is RuledFault {
  return impossible(fault, "containers") === undefined;
}

type Ips = Places["ips"];

/** The table of nftables that holds all rules of the testbed, and nothing of anybody else's. */
const TABLE = "ip gossip_testbed";
/** Counts the packets that are dropped or refused. */
const COUNTED = "counter name dropped";
/** The chain whose rules do nothing: their comments say what the other rules are, and what is noted with them. */
const NOTES = `${TABLE} notes`;
/** The kernel takes comments of up to 128 bytes. */
const COMMENT_BYTES = 120;
/** The first comment says which rules the table has: a hash of them, or that there are none. */
const NO_RULES = "none";

/** The address of Docker's own name server as seen from a container. Docker redirects it to a port of its choice. */
const DOCKERS_NAMES = "127.0.0.11";

/** A share of packets is counted in millionths: nftables draws a whole number. */
const MILLION = 1_000_000;

/** What a network is to have. */
export interface Ruleset {
  /** A shell script that makes it so. The path of the container's file of hosts is in $HOSTS. */
  readonly script: string;
  /** What READING, by `stampIn`, tells this ruleset from any other by; UNTOUCHED where nothing is to be there. */
  readonly stamp: string;
}

/** The stamp of a network that nobody has touched, or that was healed. */
export const UNTOUCHED = "";

/**
 * What makes the network of peer `number` have these faults and no others, whatever it had before. `note` is kept with
 * the rules, with no effect.
 */
export function breaking(number: number, faults: readonly RuledFault[], places: Places, note = ""): Ruleset {
  const queues = queueing("eth0", faults, places.ips);
  const script = [
    replacing(number, faults, places, note),
    ...(queues.length > 0 ? queues : [unqueueing("eth0")]),
    naming(hostLines(faults, places)),
  ];
  return { script: script.join("\n"), stamp: stampOf(commentsOf(number, faults, places, note)) };
}

/**
 * The command that replaces the table as a whole, or takes it away where nothing is to be in it. It is one transaction
 * of the kernel: no packet meets a half of it, and where it fails all is as before.
 */
export function replacing(number: number, faults: readonly RuledFault[], places: Places, note = ""): string {
  const comments = commentsOf(number, faults, places, note);
  const table = comments.length === 0 ? [] : [...noting(comments), ...filtering(number, faults, places.ips)];
  // Added first, or there might be none to delete.
  return ["nft -f - <<END", `add table ${TABLE}`, `delete table ${TABLE}`, ...table, "END"].join("\n");
}

/** The commands that make the table, and its chain of comments. */
function noting(comments: readonly string[]): string[] {
  return [
    `add table ${TABLE}`,
    `add counter ${TABLE} dropped`,
    `add chain ${NOTES}`,
    ...comments.map((comment) => `add rule ${NOTES} return comment "${comment}"`),
  ];
}

/** The commands that make the rules; none where the faults need none. */
function filtering(number: number, faults: readonly RuledFault[], ips: Ips): string[] {
  const rules = IN_ORDER.flatMap((kind) => {
    const alike = faults.filter((fault) => fault.kind === kind);
    const [first] = alike;
    return first === undefined ? [] : rulesOf(first.kind, alike, { number, ips, faults });
  });
  if (rules.length === 0) return [];
  return [
    `add chain ${TABLE} arriving { type filter hook input priority filter; }`,
    `add chain ${TABLE} leaving { type filter hook output priority filter; }`,
    ...rules,
  ];
}

/** The kinds in the order of their rules: those that close a way, then those that may lose what these let through. */
const IN_ORDER = [...WAYS, ...KINDS.filter((kind) => !isWayKind(kind))];

/** Whom the rules are for. */
interface Context {
  readonly number: number;
  readonly ips: Ips;
  /** All faults of this network, of any kind. */
  readonly faults: readonly RuledFault[];
}

/**
 * The rules for all the faults of one kind. Packets of peers are dropped at the receiver, as if the network had lost
 * them: if they were dropped at the sender, its own system would report an error to the program. Lookups of names are
 * to fail so.
 */
function rulesOf(kind: RuledKind, alike: readonly RuledFault[], { number, ips, faults }: Context): string[] {
  const others = [...ips.keys()].filter((other) => other !== number);
  const from = (senders: readonly number[], ...what: readonly string[]): string[] => rulesFor(kind, senders, ips, what);
  switch (kind) {
    case "cut":
      return from(unheard(alike), `${COUNTED} drop`);
    case "reject":
      return from(
        unheard(alike),
        // A reset is let through: where both ways reject, it is the answer to a connection that was refused.
        `tcp flags & rst == 0 ${COUNTED} reject with tcp reset`,
        `meta l4proto != tcp ${COUNTED} drop`,
      );
    case "nat":
      // What others send to the port at which the peer is called; answers to its own calls come from that port.
      return from(others, `tcp dport ${PEER_PORT} tcp flags & rst == 0 ${COUNTED} reject with tcp reset`);
    case "dns":
      return [`ip daddr ${DOCKERS_NAMES}`, "udp dport 53", "tcp dport 53"].map(
        (lookup) => `add rule ${TABLE} leaving ${lookup} ${COUNTED} reject`,
      );
    case "mute-dns":
      // Answers are dropped, and not questions: a system tells the program at once of what may not leave.
      return [`ip saddr ${DOCKERS_NAMES}`, "udp sport 53", "tcp sport 53"].map(
        (answer) => `add rule ${TABLE} arriving ${answer} ${COUNTED} drop`,
      );
    case "loss": {
      const closed = unheard(faults);
      const lossy = sharesOf(
        alike,
        others.filter((other) => !closed.includes(other)),
      );
      return [...lossy].flatMap(([share, senders], at) => {
        const lost = Math.max(1, Math.round(share * MILLION));
        const name = at === 0 ? kind : `${kind}_${at + 1}`;
        return rulesFor(name, senders, ips, [`numgen random mod ${MILLION} < ${lost} ${COUNTED} drop`]);
      });
    }
    case "delay":
    case "bandwidth":
    case "wrong-dns":
      return []; // these are a matter of queues, or of the file of hosts
  }
}

/** Who loses which share of what it sends. The fault of a link takes the place of that of all. */
function sharesOf(faults: readonly RuledFault[], senders: readonly number[]): Map<number, number[]> {
  const losses = faults.filter((fault) => fault.kind === "loss");
  const shares = new Map<number, number[]>();
  for (const sender of senders) {
    const { share = 0 } = losses.find(({ other }) => other === sender) ?? losses.find(isOfAll) ?? {};
    if (share > 0) shares.set(share, [...(shares.get(share) ?? []), sender]);
  }
  return shares;
}

/** Rules for what these peers send, who are a set of the table; none when no address of theirs is known. */
function rulesFor(name: string, senders: readonly number[], ips: Ips, what: readonly string[]): string[] {
  const known = senders.flatMap((sender) => ips.get(sender) ?? []);
  if (known.length === 0) return [];
  return [
    `add set ${TABLE} ${name}_from { type ipv4_addr; elements = { ${known.join(", ")} }; }`,
    ...what.map((each) => `add rule ${TABLE} arriving ip saddr @${name}_from ${each}`),
  ];
}

/** A name for what these faults need, which others have not; NO_RULES where there is nothing to do. */
function nameOf(number: number, faults: readonly RuledFault[], places: Places): string {
  const { ips } = places;
  const all = [...filtering(number, faults, ips), ...queueing("eth0", faults, ips), ...hostLines(faults, places)];
  return all.length === 0 ? NO_RULES : createHash("sha256").update(all.join("\n")).digest("hex").slice(0, 16);
}

/** The comments of the table: the name of its rules, and the note in pieces. None where neither is. */
function commentsOf(number: number, faults: readonly RuledFault[], places: Places, note: string): string[] {
  const name = nameOf(number, faults, places);
  const pieces = Math.ceil(note.length / COMMENT_BYTES);
  const inPieces = Array.from({ length: pieces }, (_, at) => note.slice(at * COMMENT_BYTES, (at + 1) * COMMENT_BYTES));
  return name === NO_RULES && note === "" ? [] : [name, ...inPieces];
}

/** What tells a table from another: the name of its rules, and the beginning of the note, which says how old it is. */
function stampOf([name = UNTOUCHED, note = ""]: readonly string[]): string {
  return name === UNTOUCHED ? UNTOUCHED : `${name} ${note}`;
}

/** A script that prints the comments of the table and how many packets its rules dropped; nothing where it is not. */
export const READING = `nft 'list chain ${NOTES}; list counter ${TABLE} dropped' 2>/dev/null || true`;

/** How many packets were dropped or refused, by what READING printed. */
export function droppedIn(printed: string): number {
  return Number(/packets (\d+)/.exec(printed)?.[1] ?? 0);
}

/** The stamp of what READING printed. */
export function stampIn(printed: string): string {
  return stampOf(commentsIn(printed));
}

/**
 * Whether READING printed the rules for these faults. A network that has none needs none: its note may be missing.
 */
export function areInForce(printed: string, number: number, faults: readonly RuledFault[], places: Places): boolean {
  const [name = NO_RULES] = commentsIn(printed);
  return name === nameOf(number, faults, places);
}

/** The note that is kept with the rules that READING printed; "" where there is none. */
export function noteIn(printed: string): string {
  return commentsIn(printed).slice(1).join("");
}

function commentsIn(printed: string): string[] {
  return [...printed.matchAll(/comment "([^"]*)"/g)].map(([, comment = ""]) => comment);
}
