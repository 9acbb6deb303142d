import type { Address, PeerMeta, TlsMode } from "gossip-peer";
import { peers } from "../lib/text.js";
import type { KindOf } from "./kind.js";
import {
  isBandwidth,
  isDuration,
  isMemory,
  isShare,
  durationMs,
  kbitsOf,
  mebibytesOf,
  percent,
  shareOf,
} from "./quantities.js";
import { swizzle } from "./swizzle.js";

/** Every kind of fault with its values. Peers go by their numbers, which begin with 1; shares are from 0 to 1. */
export interface FaultValues {
  /**
   * The peer ends at once, with no goodbye. `refuses`: its machine refuses calls from then on, instead of swallowing
   * them; `closes`: a stranger listens at its address, who accepts connections and closes them; `vanishes`: the machine
   * is gone with it, and connections to it stay open.
   */
  kill: { peer: number; refuses?: boolean; closes?: boolean; vanishes?: boolean };
  /** The peer says goodbye and ends. */
  stop: { peer: number };
  /**
   * The peer starts, under another name or in another cluster where one is given; all are made for the cluster
   * "default". `elsewhere`: its name leads to another IP from then on. `tls`: whether it speaks TLS from then on; all that
   * have certificates require it at first.
   */
  start: {
    peer: number;
    name?: string;
    cluster?: string;
    elsewhere?: boolean;
    tls?: TlsMode;
  };
  /** The peer stops and starts. */
  restart: { peer: number };
  /** The peer is frozen: its connections stay open, and nothing is answered. */
  pause: { peer: number };
  resume: { peer: number };
  /** The peer is frozen and awake by turns, from `afterMs` to `forMs`, in ms from now. */
  starve: { peer: number; afterMs: number; asleepMs: number; awakeMs: number; forMs: number };
  /**
   * A second process runs with the address of the peer for so long, in ms, as after its machine was cloned. It has
   * metadata of its own and calls the others, and what they call is the peer. For no time: such processes end.
   */
  twin: { peer: number; forMs: number };
  /** The peer gets another certificate, of that state. One that is "rotated" is good, and ends the others. */
  certificate: { peer: number; state: CertificateState };
  /** The peer trusts the CA that all have at first, the next one, or both. */
  ca: { peer: number; trusts: CaTrust };
  /** Somebody without a certificate calls the peer again and again for so long, in ms, over TLS and in plain text. */
  stranger: { peer: number; forMs: number };
  /** Nothing that `from` sends reaches `to`; the way back stays open. */
  cut: { from: number; to: number };
  /**
   * Nothing that `from` sends reaches `to`, whose firewall answers connections with a reset; the way back stays open.
   */
  reject: { from: number; to: number };
  /** Lookups of names fail at the peer. Addresses that it knows already, or is told, can still be reached. */
  dns: { peer: number };
  /** No name server answers the peer: a lookup fails when the peer's system gives up, after 10 s or so. */
  "mute-dns": { peer: number };
  /** Name servers answer the peer so much later, in ms. */
  "slow-dns": { peer: number; lateMs: number };
  /** At the peer the names of all peers lead to this one, before any name server is asked. */
  "wrong-dns": { peer: number; leadsTo: number };
  /** Nobody can call the peer, and it can call all others, as behind NAT or an inbound firewall. */
  nat: { peer: number };
  /**
   * All ways are open again, and the network has no more loss, delay or limit than it had at first. `only`: this one
   * fault of a way or of a network is over, and all others stay.
   */
  heal: { only?: Fault };
  /**
   * A share of the messages to the peer is lost; with `other`, of those that this other one sends to it. Without a peer: of
   * all messages, also to peers that join later.
   */
  loss: { peer?: number; other?: number; share: number };
  duplicate: { share: number };
  /** A share of all messages is held back so long that later ones overtake them. */
  reorder: { share: number };
  /**
   * The messages of the peer leave so much later, give or take the jitter; with `other`, those to this other one. Without a
   * peer: the messages of all.
   */
  delay: { peer?: number; other?: number; latencyMs: number; jitterMs: number };
  "set-meta": { peer: number; meta: PeerMeta };
  "add-seed": { peer: number; seed: number | Address };
  /** One more peer is started, with these seeds. `peer` is the number that it gets: one more than there are. */
  add: { peer: number; seeds: readonly number[] };
  /** Every connection between the peer and others closes, though all of them live. */
  close: { peer: number };
  /**
   * The peer sends at most so many thousand bits a second; with `other`, to this other one. Without a peer: each peer does.
   */
  bandwidth: { peer?: number; other?: number; kbits: number };
  /** The peer gets at most this share of one CPU; without a share, as much as it normally has. */
  cpu: { peer: number; share?: number };
  /**
   * The peer gets at most so much memory, in MiB, and no swap; without a number, as much as it normally has. Where that is
   * too little the kernel ends the peer.
   */
  memory: { peer: number; mebibytes?: number };
  /**
   * The wall clock of the peer's machine is so far ahead of the right time, in ms, or behind it where this is below 0. It
   * jumps there, and goes on as clocks do.
   */
  clock: { peer: number; aheadMs: number };
}

/**
 * How a certificate is: it ends in a moment; a CA has issued it that nobody trusts, or the next one that may be; it names
 * nobody, so nobody takes its holder for a member; or it is a good one that differs from the one of before.
 */
export const CERTIFICATE_STATES = ["expired", "foreign", "next", "none", "rotated"] as const;
export type CertificateState = (typeof CERTIFICATE_STATES)[number];

export const CA_TRUSTS = ["first", "both", "next"] as const;
export type CaTrust = (typeof CA_TRUSTS)[number];

export type FaultKind = keyof FaultValues;
/** Something that can be done to a cluster, as data; or what would undo it. */
export type Fault<K extends FaultKind = FaultKind> = { [Q in K]: { readonly kind: Q } & Readonly<FaultValues[Q]> }[K];

const HEAL: Fault = { kind: "heal" };
const NO_INVERSE = (): undefined => undefined;
const restarting = ({ peer }: { readonly peer: number }): Fault => ({ kind: "start", peer });
const healing = (): Fault => HEAL;
const toThose = (verb: string) => (_: unknown, whom: string) => `${verb} ${whom}`;
const ONLY_SIMULATED = "only the simulator's network duplicates and reorders messages";
const ONLY_SIMULATED_LATE = "only the simulator's name servers are slow; those of containers can be mute";
const NO_NAMES = "plans give seeds by their addresses, so that nobody looks a name up";
const NO_CA = "whoever made the project's certificates is gone, and can make no others";
const NO_CERTIFICATES = "the peers of plans have none";

/** The end of a text about what a peer sends, where that is to one other alone. */
const towards = (other: number | undefined): string => (other === undefined ? "" : ` to peer ${other}`);

/** The kinds in the order in which commands and buttons stand, and in which plans are drawn. */
export const FAULTS = {
  kill: {
    of: "life",
    lasts: "until ended",
    needs: ["running", "paused"],
    leaves: "down",
    ends: ["pause"], // a peer that is down is not paused
    inverse: restarting,
    learned: { fact: "crash", by: "gone" },
    band: { text: "killed", colour: "red" },
    command: { help: "end them at once, with no goodbye", what: toThose("kill") },
    button: { label: "Kill" },
    drawn: [
      {
        weight: 6,
        draw: ({ peer, chance }) => [
          chance(0.3) ? { kind: "kill", peer, closes: true } : { kind: "kill", peer, refuses: chance(0.5) },
        ],
      },
    ],
  },
  stop: {
    of: "life",
    lasts: "until ended",
    needs: ["running"],
    leaves: "down",
    inverse: restarting,
    learned: { fact: "leave", by: "gone" },
    band: { text: "stopped", colour: "grey" },
    command: { help: "let them say goodbye and end", what: toThose("stop") },
    button: { label: "Stop" },
    drawn: [{ weight: 4, draw: ({ peer }) => [{ kind: "stop", peer }] }],
  },
  start: {
    of: "life",
    lasts: "moment",
    needs: ["down"],
    leaves: "running",
    ends: ["kill", "stop", "restart"],
    inverse: ({ peer }) => ({ kind: "kill", peer }),
    isHarmless: true,
    learned: { fact: "join", by: "listed" },
    command: { help: "start those that are down, back among the faults they had", what: toThose("start") },
    button: { label: "Start" },
    drawn: [{ weight: 6, draw: ({ peer }) => [{ kind: "start", peer }] }],
  },
  restart: {
    of: "life",
    lasts: "while done",
    needs: ["running"],
    leaves: "running",
    inverse: restarting,
    learned: { fact: "join", by: "told" },
    command: { help: "stop and start them", what: toThose("restart") },
    button: { label: "Restart" },
    drawn: [
      {
        // A crash and a start at once, sometimes with a clock that is behind.
        weight: 4,
        draw: ({ peer, below }) => [
          { kind: "kill", peer },
          { kind: "clock", peer, aheadMs: below(3) === 0 ? -below(3_600_000) : 0 },
          { kind: "start", peer },
        ],
      },
      {
        // A machine that is replaced by another with the same name.
        weight: 1,
        draw: ({ peer }) => [
          { kind: "kill", peer, vanishes: true },
          { kind: "start", peer, elsewhere: true },
        ],
      },
    ],
  },
  pause: {
    of: "life",
    lasts: "until ended",
    needs: ["running"],
    leaves: "paused",
    inverse: ({ peer }) => ({ kind: "resume", peer }),
    learned: { fact: "silence", by: "gone" },
    band: { text: "paused", colour: "violet" },
    command: { help: "freeze them: connections stay open, nothing is answered", what: toThose("pause") },
    button: { label: "Pause" },
    drawn: [{ weight: 4, draw: ({ peer }) => [{ kind: "pause", peer }] }],
  },
  resume: {
    of: "life",
    lasts: "moment",
    needs: ["paused"],
    leaves: "running",
    ends: ["pause", "starve"],
    inverse: NO_INVERSE,
    learned: { fact: "heal", by: "listed" },
    command: { help: "let the frozen run again", what: toThose("resume") },
    button: { label: "Resume" },
    drawn: [{ weight: 4, draw: ({ peer }) => [{ kind: "resume", peer }] }],
  },
  starve: {
    of: "peer",
    lasts: "while done",
    needs: ["running"],
    inverse: ({ peer }) => ({ kind: "resume", peer }),
    blurs: true,
    atOnce: Infinity,
    band: { text: "starved of CPU", colour: "brown" },
    command: "a command is over before it is: cpu lasts",
    drawn: [
      {
        weight: 2,
        draw: ({ peer, below }) => {
          const [asleepMs, awakeMs] = [500 + below(5000), 20];
          const forMs = (1 + below(5)) * (asleepMs + awakeMs);
          return [{ kind: "starve", peer, afterMs: 0, asleepMs, awakeMs, forMs }];
        },
      },
    ],
  },
  twin: {
    of: "peer",
    lasts: "while done",
    needs: ["running"],
    isNothing: ({ forMs }) => forMs === 0,
    inverse: ({ peer }) => ({ kind: "twin", peer, forMs: 0 }),
    atOnce: Infinity,
    band: { text: "its address is claimed twice", colour: "violet" },
    command: "a command is over before it is",
    cannot: { processes: "a twin needs containers: processes share this machine's addresses" },
    drawn: [{ weight: 2, draw: ({ peer, below }) => [{ kind: "twin", peer, forMs: 1000 + below(30_000) }] }],
  },
  certificate: {
    of: "peer",
    lasts: "until ended",
    needs: ["running"],
    isNothing: ({ state }) => state === "rotated",
    inverse: ({ peer }) => ({ kind: "certificate", peer, state: "rotated" }),
    band: { text: "without a good certificate", colour: "brown" },
    status: ({ state }) => `certificate ${state}`,
    command: NO_CA,
    cannot: { processes: "the peers of processes have no certificates" },
    drawn: NO_CERTIFICATES,
  },
  ca: {
    of: "peer",
    lasts: "until ended",
    needs: ["running"],
    isNothing: ({ trusts }) => trusts === "first",
    inverse: ({ peer }) => ({ kind: "ca", peer, trusts: "first" }),
    band: { text: "trusts another CA", colour: "blue" },
    status: ({ trusts }) => `ca ${trusts}`,
    command: NO_CA,
    cannot: { processes: "the peers of processes have no certificates" },
    drawn: NO_CERTIFICATES,
  },
  stranger: {
    of: "peer",
    lasts: "while done",
    needs: ["running"],
    isNothing: ({ forMs }) => forMs === 0,
    inverse: ({ peer }) => ({ kind: "stranger", peer, forMs: 0 }),
    atOnce: Infinity,
    band: { text: "called by a stranger", colour: "rose" },
    command: "a command is over before it is",
    cannot: {
      simulator: "a simulated network has nobody but peers",
      processes: "the peers of processes have no certificates to ask for",
    },
    drawn: "the simulator cannot do it",
  },
  cut: {
    of: "way",
    lasts: "until ended",
    inverse: healing,
    losesMessages: true,
    atOnce: Infinity, // a partition begins at one moment, not peer by peer
    learned: { fact: "silence", by: "gone" },
    band: { text: "cut off from some", colour: "orange" },
    command: {
      help: "let nothing through in one direction",
      what: toThose("cut the way"),
      betweenSides: "partition",
    },
    button: { label: "Part from the rest", title: "nothing gets through between the selected and the rest" },
    cannot: { processes: "a cut needs containers: processes share this machine's network" },
    drawn: [
      {
        weight: 3,
        word: "partition",
        draw: ({ peers, side }) => {
          const some = side();
          const all = Array.from({ length: peers }, (_, at) => at + 1);
          const ways = all.flatMap((from) => all.map((to): Fault<"cut"> => ({ kind: "cut", from, to })));
          return ways.filter(({ from, to }) => some.has(from) !== some.has(to));
        },
      },
      { weight: 3, draw: ({ peer, other }) => [{ kind: "cut", from: peer, to: other }] },
      { weight: 2, word: "swizzle", draw: swizzle },
    ],
  },
  reject: {
    of: "way",
    lasts: "until ended",
    inverse: healing,
    losesMessages: true,
    atOnce: Infinity,
    learned: { fact: "silence", by: "gone" },
    band: { text: "refused by some", colour: "rose" },
    statusOfWays: (from) => `refuses ${peers(from)}`,
    command: {
      help: "refuse what comes in one direction, connections with a reset, as a firewall that rejects",
      what: toThose("reject the way"),
    },
    button: { label: "Reject the rest", title: "connections between the selected and the rest are refused at once" },
    cannot: { processes: "a way that rejects needs containers: processes share this machine's network" },
    drawn: [{ weight: 2, draw: ({ peer, other }) => [{ kind: "reject", from: peer, to: other }] }],
  },
  dns: {
    of: "network",
    lasts: "until ended",
    inverse: healing,
    losesMessages: true,
    band: { text: "finds no names", colour: "teal" },
    status: () => "dns fails",
    command: { help: "let them find the address of no name", what: toThose("fail the lookups of") },
    button: { label: "Fail lookups" },
    cannot: { processes: "failing lookups needs containers: processes share this machine's resolver" },
    drawn: NO_NAMES,
  },
  "mute-dns": {
    of: "network",
    lasts: "until ended",
    inverse: healing,
    losesMessages: true,
    band: { text: "waits for names in vain", colour: "teal" },
    status: () => "dns mute",
    command: {
      help: "let no name server answer them, so that lookups take long to fail",
      what: toThose("mute the dns of"),
    },
    cannot: { processes: "mute name servers need containers: processes share this machine's resolver" },
    drawn: NO_NAMES,
  },
  "slow-dns": {
    of: "network",
    lasts: "until ended",
    isNothing: ({ lateMs }) => lateMs === 0,
    inverse: healing,
    band: { text: "waits for names", colour: "teal" },
    command: ONLY_SIMULATED_LATE,
    cannot: { processes: ONLY_SIMULATED_LATE, containers: ONLY_SIMULATED_LATE },
    drawn: NO_NAMES,
  },
  "wrong-dns": {
    of: "network",
    lasts: "until ended",
    inverse: healing,
    band: { text: "names lead elsewhere", colour: "teal" },
    status: ({ leadsTo }) => `names lead to peer ${leadsTo}`,
    noted: ["leadsTo"],
    command: {
      help: "have the names of all peers lead them to one",
      argument: {
        name: "to",
        placeholder: "<peer>",
        help: "the number of that one, as 3",
        isRight: (text) => /^[1-9]\d*$/.test(text),
        right: "the number of a peer, as 3",
      },
      read: ({ to }) => ({ leadsTo: Number(to) }),
      what: ({ leadsTo }, whom) => `have all names lead to peer ${leadsTo} at ${whom}`,
    },
    cannot: { processes: "names that lead elsewhere need containers: processes share this machine's file of hosts" },
    drawn: NO_NAMES,
  },
  nat: {
    of: "network",
    lasts: "until ended",
    inverse: healing,
    losesMessages: true,
    learned: { fact: "silence", by: "gone" },
    band: { text: "cannot be called", colour: "rose" },
    status: () => "cannot be called",
    command: {
      help: "let nobody call them, though they can call all others, as behind NAT",
      what: toThose("refuse calls of"),
    },
    button: { label: "Refuse calls" },
    cannot: { processes: "refusing calls needs containers: processes share this machine's network" },
    drawn: [{ weight: 2, draw: ({ peer }) => [{ kind: "nat", peer }] }],
  },
  heal: {
    of: "all networks",
    lasts: "moment",
    ends: "all of ways and networks",
    inverse: NO_INVERSE,
    learned: { fact: "heal", by: "listed" },
    command: "the command heal also ends what is no fault of the network, and sweeps",
    drawn: [{ weight: 3, draw: () => [HEAL] }],
  },
  loss: {
    of: "network",
    lasts: "until ended",
    link: "receiver",
    isNothing: ({ share }) => share === 0,
    inverse: healing,
    losesMessages: true,
    blurs: true,
    band: { text: "loses messages", colour: "blue" },
    status: ({ share, other }) => `loss ${percent(share)}${other === undefined ? "" : ` from peer ${other}`}`,
    noted: ["share", "other"],
    command: {
      help: "lose a share of the packets that others send them; 0% ends it",
      argument: {
        name: "share",
        placeholder: "<share>",
        help: "as 20%",
        isRight: isShare,
        right: "a share below 100%, as 20%",
      },
      read: ({ share }) => ({ share: shareOf(String(share)) }),
      what: ({ share }, whom) => `lose ${percent(share)} of what reaches ${whom}`,
      json: ({ share }) => ({ loss: share }),
    },
    cannot: { processes: "loss needs containers: processes share this machine's network" },
    drawn: [{ weight: 2, draw: ({ share }) => [{ kind: "loss", share: share() }] }],
  },
  duplicate: {
    of: "network",
    lasts: "until ended",
    isNothing: ({ share }) => share === 0,
    inverse: healing,
    band: { text: "messages come twice", colour: "blue" },
    command: ONLY_SIMULATED,
    cannot: { processes: ONLY_SIMULATED, containers: ONLY_SIMULATED },
    noStep: "a scenario has it from the beginning, as its network's duplicate",
    drawn: [{ weight: 1, draw: ({ share }) => [{ kind: "duplicate", share: share() }] }],
  },
  reorder: {
    of: "network",
    lasts: "until ended",
    isNothing: ({ share }) => share === 0,
    inverse: healing,
    band: { text: "messages overtake each other", colour: "blue" },
    command: ONLY_SIMULATED,
    cannot: { processes: ONLY_SIMULATED, containers: ONLY_SIMULATED },
    noStep: "a scenario has it from the beginning, as its network's reorder",
    drawn: [{ weight: 1, draw: ({ share }) => [{ kind: "reorder", share: share() }] }],
  },
  delay: {
    of: "network",
    lasts: "until ended",
    link: "sender",
    isNothing: ({ latencyMs, jitterMs }) => latencyMs === 0 && jitterMs === 0,
    inverse: healing,
    blurs: true,
    band: { text: "slow network", colour: "blue" },
    status: ({ latencyMs, jitterMs, other }) => `delay ${latencyMs} ms ± ${jitterMs} ms${towards(other)}`,
    noted: ["latencyMs", "jitterMs", "other"],
    command: {
      help: "send what they send later",
      argument: {
        name: "duration",
        placeholder: "<duration>",
        help: "as '100 ms'",
        isRight: isDuration,
        right: "a duration, as '100 ms'",
      },
      options: [
        {
          name: "jitter",
          placeholder: "<duration>",
          help: "up to so much more or less",
          initial: "0 ms",
          isRight: isDuration,
          right: "a duration, as '20 ms'",
        },
      ],
      read: ({ duration, jitter }) => ({ latencyMs: withoutPeriods(duration), jitterMs: withoutPeriods(jitter) }),
      what: ({ latencyMs }, whom) => `delay by ${latencyMs} ms what is sent by ${whom}`,
      json: ({ latencyMs, jitterMs }) => ({ delay: { latencyMs, jitterMs } }),
    },
    cannot: { processes: "a delay needs containers: processes share this machine's network" },
    drawn: [
      {
        weight: 1,
        draw: ({ below }) => [{ kind: "delay", latencyMs: 1 + below(100), jitterMs: below(200) }],
      },
    ],
  },
  bandwidth: {
    of: "network",
    lasts: "until ended",
    link: "sender",
    inverse: healing,
    blurs: true,
    band: { text: "narrow network", colour: "blue" },
    status: ({ kbits, other }) => `bandwidth ${kbits} kbit${towards(other)}`,
    noted: ["kbits", "other"],
    command: {
      help: "let them send no more than so much a second",
      argument: {
        name: "rate",
        placeholder: "<rate>",
        help: "as '256 kbit' or '1 mbit'",
        isRight: isBandwidth,
        right: "a bandwidth above 0, as '256 kbit'",
      },
      read: ({ rate }) => ({ kbits: kbitsOf(String(rate)) }),
      what: ({ kbits }, whom) => `limit to ${kbits} kbit a second what is sent by ${whom}`,
    },
    cannot: {
      simulator: "the simulator's network has no bandwidth that could end",
      processes: "a bandwidth needs containers: processes share this machine's network",
    },
    drawn: "the simulator cannot do it",
  },
  cpu: {
    of: "peer",
    lasts: "until ended",
    isNothing: ({ share }) => share === undefined,
    inverse: ({ peer }) => ({ kind: "cpu", peer }),
    blurs: true,
    band: { text: "little CPU", colour: "brown" },
    status: ({ share = 1 }) => `cpu ${percent(share)}`,
    command: {
      help: "give each at most a share of one CPU",
      argument: {
        name: "share",
        placeholder: "<share>",
        help: "as 10%, or none for no limit",
        isRight: (text) => text === "none" || isShare(text),
        right: "a share, as 10%, or none",
      },
      read: ({ share }) => (share === "none" ? {} : { share: aboveNothing(shareOf(String(share))) }),
      what: ({ share }, whom) => `limit ${whom} to ${share === undefined ? "what is normal" : percent(share)} of a CPU`,
      json: () => ({}),
    },
    cannot: { processes: "a limit of the CPU needs containers" },
    drawn: [
      { weight: 2, draw: ({ peer, below }) => [{ kind: "cpu", peer, share: (2 + below(20)) / 100 }] },
      { weight: 1, draw: ({ peer }) => [{ kind: "cpu", peer }] },
    ],
  },
  memory: {
    of: "peer",
    lasts: "until ended",
    isNothing: ({ mebibytes }) => mebibytes === undefined,
    inverse: ({ peer }) => ({ kind: "memory", peer }),
    blurs: true,
    band: { text: "little memory", colour: "brown" },
    status: ({ mebibytes = 0 }) => `memory ${mebibytes} MiB`,
    command: {
      help: "give each at most so much memory; the kernel ends whoever needs more",
      argument: {
        name: "size",
        placeholder: "<size>",
        help: "as '32 MiB', or none for no limit",
        isRight: (text) => text === "none" || isMemory(text),
        right: "memory of 6 MiB or more, as '32 MiB', or none",
      },
      read: ({ size }) => (size === "none" ? {} : { mebibytes: mebibytesOf(String(size)) }),
      what: ({ mebibytes }, whom) =>
        `limit ${whom} to ${mebibytes === undefined ? "the memory that is normal" : `${mebibytes} MiB of memory`}`,
      json: () => ({}),
    },
    cannot: {
      simulator: "a simulated peer has no memory of its own that could run out",
      processes: "a limit of the memory needs containers",
    },
    drawn: "the simulator cannot do it",
  },
  clock: {
    of: "peer",
    lasts: "until ended",
    isNothing: ({ aheadMs }) => aheadMs === 0,
    inverse: ({ peer }) => ({ kind: "clock", peer, aheadMs: 0 }),
    band: { text: "wrong clock", colour: "teal" },
    status: ({ aheadMs }) => `clock ${Math.abs(aheadMs)} ms ${aheadMs < 0 ? "behind" : "ahead"}`,
    command: "only a container that was made for it has a clock of its own",
    cannot: { processes: "processes share this machine's clock" },
    drawn: "plans have it with a restart: a peer looks at the wall clock when it starts",
  },
  "set-meta": {
    of: "peer",
    lasts: "moment",
    needs: ["running"],
    inverse: ({ peer }, before) => before && { kind: "set-meta", peer, meta: before },
    isHarmless: true,
    learned: { fact: "update", by: "told" },
    command: {
      help: "replace what they say of themselves",
      options: [
        { name: "name", placeholder: "<name>", help: "what they call themselves" },
        {
          name: "tag",
          placeholder: "<key=value>",
          help: "also several times",
          isList: true,
          isRight: (text) => text.includes("="),
          right: "key=value",
        },
      ],
      read: ({ name, tag = [] }) => ({
        meta: {
          ...(name === undefined ? {} : { name: String(name) }),
          tags: Object.fromEntries([tag].flat().map(pair)),
        },
      }),
      what: (_, whom) => `set the metadata of ${whom}`,
      json: () => ({}),
    },
    drawn: [
      { weight: 4, draw: ({ peer, below }) => [{ kind: "set-meta", peer, meta: { name: `name ${below(1000)}` } }] },
    ],
  },
  "add-seed": {
    of: "peer",
    lasts: "moment",
    needs: ["running"],
    inverse: NO_INVERSE, // a seed is an address to try, and goes with the peer
    command: {
      help: "give them one more address to try",
      argument: { name: "address", placeholder: "<address>", help: "host:port" },
      read: ({ address }) => ({ seed: String(address) }),
      what: ({ seed }, whom) => `add the seed ${seed} to ${whom}`,
      json: () => ({}),
    },
    drawn: [{ weight: 2, draw: ({ peer, other }) => [{ kind: "add-seed", peer, seed: other }] }],
  },
  add: {
    of: "peer",
    lasts: "moment",
    inverse: ({ peer }) => ({ kind: "stop", peer }),
    isHarmless: true,
    atOnce: 1, // each gets the next number
    learned: { fact: "join", by: "listed" },
    command: "the command scale adds peers, and ends them",
    drawn: "a plan has as many peers as it begins with",
  },
  close: {
    of: "peer",
    lasts: "moment",
    needs: ["running"],
    inverse: NO_INVERSE, // whoever needs one opens another
    command: "what is closed is open again before anybody could look",
    cannot: { processes: "closing connections needs containers: processes share this machine's network" },
    drawn: [{ weight: 2, draw: ({ peer }) => [{ kind: "close", peer }] }],
  },
} satisfies { [K in FaultKind]: KindOf<Fault<K>, Fault> };

type Of<Sort extends string> = { [K in FaultKind]: (typeof FAULTS)[K]["of"] extends Sort ? K : never }[FaultKind];
export type LifeKind = Of<"life">;
/** The kinds that close ways. */
export type WayKind = Of<"way">;
/** The kinds that a single link can have. */
export type LinkKind = {
  [K in FaultKind]: (typeof FAULTS)[K] extends { readonly link: unknown } ? K : never;
}[FaultKind];
/** The faults of ways and networks, all of which last: the state of a broken network is a list of these. */
export type NetworkFault = Fault<Of<"way" | "network">>;
/** The kinds that cannot be done in containers. */
export type NoContainerKind = {
  [K in FaultKind]: (typeof FAULTS)[K] extends { readonly cannot: { readonly containers: string } } ? K : never;
}[FaultKind];
/** The kinds for which the page has a button. */
export type ButtonKind = {
  [K in FaultKind]: (typeof FAULTS)[K] extends { readonly button: unknown } ? K : never;
}[FaultKind];

/** The kinds that a command of the testbed does to a project that runs. */
export type CommandKind = {
  [K in FaultKind]: (typeof FAULTS)[K] extends { readonly command: string } ? never : K;
}[FaultKind];

/**
 * The time in ms of a duration. Throws an Error for a number of periods, since a command does not know the timing of
 * the cluster.
 */
function withoutPeriods(duration: unknown): number {
  const text = String(duration);
  if (text.includes("period")) throw new Error("a duration here is in ms, s or min");
  return durationMs(text, { pingPeriodMs: NaN });
}

function aboveNothing(share: number): number {
  if (share === 0) throw new Error("no CPU at all is a pause; the share must be above 0%");
  return share;
}

function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}
