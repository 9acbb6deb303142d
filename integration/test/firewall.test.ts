import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { Fault, NetworkFault } from "../src/fault/fault.js";
import { NetworkFaults } from "../src/fault/network.js";
import { neighboursProblem } from "../src/cluster/docker/neighbours.js";
import { faultsIn, newest, noteOf } from "../src/cluster/docker/notes.js";
import {
  areInForce,
  breaking,
  droppedIn,
  isRuled,
  noteIn,
  stampIn,
  UNTOUCHED,
  type RuledFault,
} from "../src/cluster/docker/rules.js";
import { Presence } from "../src/cluster/presence.js";
import { Coalescer } from "../src/lib/coalescer.js";
import { waysBetween } from "../src/fault/ways.js";
import { choose, Draws } from "../src/control/selection.js";

const IPS = new Map([
  [1, "198.18.0.2"],
  [2, "198.18.0.3"],
  [3, "198.18.0.4"],
]);
const PLACES = { ips: IPS, names: ["peer", "peer-1", "peer-2"] };

describe("the rules of a firewall", () => {
  test("drop what comes from whom the peer is to hear nothing of, and take the place of all of before at once", () => {
    expect(breaking(1, [cut(3, 1)], PLACES).script.split("\n")).toEqual([
      "nft -f - <<END",
      "add table ip gossip_testbed",
      "delete table ip gossip_testbed",
      "add table ip gossip_testbed",
      "add counter ip gossip_testbed dropped",
      "add chain ip gossip_testbed notes",
      expect.stringMatching(/^add rule ip gossip_testbed notes return comment "[0-9a-f]{16}"$/),
      "add chain ip gossip_testbed arriving { type filter hook input priority filter; }",
      "add chain ip gossip_testbed leaving { type filter hook output priority filter; }",
      "add set ip gossip_testbed cut_from { type ipv4_addr; elements = { 198.18.0.4 }; }",
      "add rule ip gossip_testbed arriving ip saddr @cut_from counter name dropped drop",
      "END",
      "tc qdisc del dev eth0 root 2>/dev/null || true",
      expect.stringMatching(/^if grep -q '# gossip-testbed\$' "\$HOSTS"; then /),
    ]);
  });

  test("lose a share of what comes from each other peer, and all of what is cut", () => {
    expect(rulesOf(2, [{ kind: "loss", share: 0.2 }, cut(1, 2)])).toEqual([
      "set cut_from { type ipv4_addr; elements = { 198.18.0.2 }; }",
      "rule arriving ip saddr @cut_from counter name dropped drop",
      "set loss_from { type ipv4_addr; elements = { 198.18.0.4 }; }",
      "rule arriving ip saddr @loss_from numgen random mod 1000000 < 200000 counter name dropped drop",
    ]);
  });

  test("refuse connections with a reset, but let the resets of others through, and drop all that is no connection", () => {
    expect(rulesOf(1, [{ kind: "reject", from: 2, to: 1 }])).toEqual([
      "set reject_from { type ipv4_addr; elements = { 198.18.0.3 }; }",
      "rule arriving ip saddr @reject_from tcp flags & rst == 0 counter name dropped reject with tcp reset",
      "rule arriving ip saddr @reject_from meta l4proto != tcp counter name dropped drop",
    ]);
  });

  test("refuse what the peer asks of name servers, Docker's own included, whose port is any", () => {
    expect(rulesOf(1, [{ kind: "dns", peer: 1 }])).toEqual([
      "rule leaving ip daddr 127.0.0.11 counter name dropped reject",
      "rule leaving udp dport 53 counter name dropped reject",
      "rule leaving tcp dport 53 counter name dropped reject",
    ]);
  });

  test("drop what name servers answer, and not what is asked, so that the asker is not told", () => {
    expect(rulesOf(1, [{ kind: "mute-dns", peer: 1 }])).toEqual([
      "rule arriving ip saddr 127.0.0.11 counter name dropped drop",
      "rule arriving udp sport 53 counter name dropped drop",
      "rule arriving tcp sport 53 counter name dropped drop",
    ]);
  });

  test("have no part in names that lead to another peer, nor its own: these stand in the file of hosts, after its own lines", () => {
    const [before, file] = [
      "127.0.0.1\tlocalhost\n::1\tlocalhost",
      join(mkdtempSync(join(tmpdir(), "hosts-")), "hosts"),
    ];
    const name = (faults: RuledFault[]): string => {
      const [command = ""] = breaking(1, faults, PLACES).script.split("\n").slice(-1);
      execFileSync("sh", ["-e"], { input: command, env: { ...process.env, HOSTS: file } });
      return readFileSync(file, "utf8");
    };
    writeFileSync(file, `${before}\n`);
    const leadingTo = (leadsTo: number): RuledFault[] => [{ kind: "wrong-dns", peer: 1, leadsTo }];
    expect(rulesOf(1, leadingTo(3))).toEqual([]);
    expect(name([])).toBe(`${before}\n`);
    expect(name(leadingTo(3))).toBe(`${before}\n198.18.0.4 peer peer-1 peer-2 # gossip-testbed\n`);
    expect(name(leadingTo(2))).toBe(`${before}\n198.18.0.3 peer peer-1 peer-2 # gossip-testbed\n`);
    expect(name([])).toBe(`${before}\n`);
    const stamps = [2, 3].map((leadsTo) => breaking(1, leadingTo(leadsTo), PLACES).stamp);
    expect(new Set([UNTOUCHED, ...stamps]).size).toBe(3);
    rmSync(dirname(file), { recursive: true });
  });

  test.each<[RuledFault[], string]>([
    [[{ kind: "bandwidth", kbits: 256 }], "tbf rate 256kbit burst 16kb latency 400ms"],
    [[{ kind: "delay", latencyMs: 100, jitterMs: 20 }], "netem delay 100ms 20ms"],
    [
      [
        { kind: "bandwidth", kbits: 256 },
        { kind: "delay", latencyMs: 100, jitterMs: 0 },
      ],
      "netem delay 100ms 0ms rate 256kbit",
    ],
  ])("queue for %j", (faults, queue) => {
    expect(breaking(1, faults, PLACES).script).toContain(`\ntc qdisc replace dev eth0 root ${queue}`);
  });

  test("lose another share of what one peer sends than of what the others do", () => {
    const all: RuledFault = { kind: "loss", share: 0.2 };
    expect(rulesOf(1, [all, { kind: "loss", peer: 1, other: 3, share: 0.5 }])).toEqual([
      "set loss_from { type ipv4_addr; elements = { 198.18.0.3 }; }",
      "rule arriving ip saddr @loss_from numgen random mod 1000000 < 200000 counter name dropped drop",
      "set loss_2_from { type ipv4_addr; elements = { 198.18.0.4 }; }",
      "rule arriving ip saddr @loss_2_from numgen random mod 1000000 < 500000 counter name dropped drop",
    ]);
    const spared: RuledFault = { kind: "loss", peer: 1, other: 3, share: 0 };
    expect(rulesOf(1, [all, spared])[0]).toBe("set loss_from { type ipv4_addr; elements = { 198.18.0.3 }; }");
    expect(rulesOf(1, [{ kind: "loss", peer: 1, other: 2, share: 0.5 }])[0]).toContain("{ 198.18.0.3 }");
  });

  test("queue what is sent to one peer apart, with what is so for all where the link has no other", () => {
    const faults: RuledFault[] = [
      { kind: "bandwidth", kbits: 256 },
      { kind: "delay", peer: 1, other: 3, latencyMs: 100, jitterMs: 20 },
      { kind: "bandwidth", peer: 1, other: 2, kbits: 64 },
    ];
    const queues = breaking(1, faults, PLACES)
      .script.split("\n")
      .filter((line) => line.startsWith("tc"));
    const unlimited = "htb rate 10gbit quantum 60000";
    expect(queues).toEqual([
      "tc qdisc del dev eth0 root 2>/dev/null || true",
      "tc qdisc add dev eth0 root handle 1: htb default 1",
      `tc class add dev eth0 parent 1: classid 1:1 ${unlimited}`,
      "tc qdisc add dev eth0 parent 1:1 tbf rate 256kbit burst 16kb latency 400ms",
      `tc class add dev eth0 parent 1: classid 1:2 ${unlimited}`,
      "tc qdisc add dev eth0 parent 1:2 netem delay 100ms 20ms rate 256kbit",
      "tc filter add dev eth0 parent 1: protocol ip prio 1 u32 match ip dst 198.18.0.4/32 flowid 1:2",
      `tc class add dev eth0 parent 1: classid 1:3 ${unlimited}`,
      "tc qdisc add dev eth0 parent 1:3 tbf rate 64kbit burst 16kb latency 400ms",
      "tc filter add dev eth0 parent 1: protocol ip prio 1 u32 match ip dst 198.18.0.3/32 flowid 1:3",
    ]);
  });

  test("of links are noted with the other end, and are those of their peer alone", () => {
    const link: NetworkFault = { kind: "loss", peer: 1, other: 3, share: 0.5 };
    const all: NetworkFault = { kind: "loss", share: 0.2 };
    const faults = new NetworkFaults([all, link]);
    expect(noteOf(faults, 5)).toBe("at 5;all loss 0.2;1 loss 0.5,3");
    expect(faultsIn(noteOf(faults, 5))).toEqual([all, link]);
    expect([faults.of(1), faults.of(2)]).toEqual([[all, link], [all]]);
    faults.put({ ...link, share: 0 });
    expect(faults.of(1)).toEqual([all, { ...link, share: 0 }]);
  });

  test("are none for who is well, whatever there was before", () => {
    const { script, stamp } = breaking(1, [], PLACES);
    expect(script.split("\n").slice(0, 4)).toEqual([
      "nft -f - <<END",
      "add table ip gossip_testbed",
      "delete table ip gossip_testbed",
      "END",
    ]);
    expect(stamp).toBe(UNTOUCHED);
  });

  test("cut off nobody whose address is not known", () => {
    expect(breaking(1, [cut(2, 1), cut(3, 1)], { ...PLACES, ips: new Map([[1, "198.18.0.2"]]) }).script).not.toContain(
      "drop\n",
    );
  });

  test("are read back: what they dropped, what was noted, and whether they are those that are wanted", () => {
    const wanted: RuledFault[] = [cut(3, 1), { kind: "loss", share: 0.2 }];
    const { script, stamp } = breaking(1, wanted, PLACES, noteOf(wanted, 5));
    const printed = `counter dropped { packets 7 bytes 420 } ${script}`; // comments are printed as they were written
    expect(droppedIn(printed)).toBe(7);
    expect(noteIn(printed)).toBe("at 5;all loss 0.2;1 cut 3");
    expect(stampIn(printed)).toBe(stamp);
    expect(areInForce(printed, 1, wanted.toReversed(), PLACES)).toBe(true);
    expect(areInForce(printed, 1, [cut(3, 1)], PLACES)).toBe(false);
    expect(areInForce(printed, 1, wanted, { ...PLACES, ips: new Map([...IPS, [3, "198.18.0.9"]]) })).toBe(false);
    expect(areInForce("", 1, wanted, PLACES)).toBe(false);
    expect(areInForce("", 1, [{ kind: "bandwidth", kbits: 256 }], PLACES)).toBe(false);
    expect(areInForce("", 1, [], PLACES)).toBe(true);
    expect(areInForce(breaking(1, [], PLACES, noteOf(wanted)).script, 1, [], PLACES)).toBe(true);
  });

  test.each([
    ["halves", [numbers(1, 125), numbers(126, 250)], 4500],
    ["five sides", numbers(0, 4).map((side) => numbers(side * 50 + 1, side * 50 + 50)), 6000],
    ["everyone alone", numbers(1, 250).map((peer) => [peer]), 14_000],
  ])("of a partition of 250 into %s are a few thousand bytes a peer, the note of all included", (_, sides, most) => {
    const faults = new NetworkFaults(waysBetween("cut", sides));
    const note = noteOf(faults);
    const ips = new Map(numbers(1, 250).map((peer) => [peer, `198.18.0.${peer + 1}`]));
    const { script } = breaking(1, faults.of(1).filter(isRuled), { ips, names: [] }, note);
    expect(script.length).toBeLessThan(most);
    const comments = [...script.matchAll(/comment "(.*)"/g)].map(([, comment = ""]) => comment.length);
    expect(Math.max(...comments)).toBeLessThan(128);
    expect(new Set(faultsIn(noteIn(script)).map(nameOf))).toEqual(new Set([...faults].map(nameOf)));
  });
});

describe("the note of what is wrong with whom", () => {
  const faults: NetworkFault[] = [
    { kind: "loss", share: 0.25 },
    ...Array.from({ length: 100 }, (_, at) => cut(at + 2, 1)),
    cut(1, 2),
    { kind: "reject", from: 3, to: 2 },
    { kind: "loss", peer: 3, share: 0 },
    { kind: "dns", peer: 3 },
    { kind: "delay", peer: 2, latencyMs: 100, jitterMs: 20 },
    { kind: "bandwidth", peer: 2, kbits: 256 },
    { kind: "bandwidth", peer: 4, kbits: 256 },
  ];

  test("says it all, those together who have the same", () => {
    const note = noteOf(faults, 7);
    expect(note).toBe(
      "at 7;all loss 0.25;1 cut 2-101;2 cut 1;2 reject 3;3 loss 0;3 dns;2 delay 100,20;2,4 bandwidth 256",
    );
    expect(faultsIn(note)).toEqual(faults);
  });

  test("has what all have before what one has instead, whichever was done first", () => {
    const put = new NetworkFaults([{ kind: "loss", share: 0.25 }]);
    put.put({ kind: "loss", peer: 3, share: 0 });
    put.put({ kind: "loss", share: 0.5 });
    expect(new NetworkFaults(faultsIn(noteOf(put))).of(3)).toEqual([]);
  });

  test("is that of who heard the latest, and none when all is well", () => {
    const older = noteOf([{ kind: "loss", peer: 1, share: 0.5 }], 1000);
    const newer = noteOf([{ kind: "loss", peer: 2, share: 0.1 }], 2000);
    expect(faultsIn(newest([older, "", newer]))).toEqual([{ kind: "loss", peer: 2, share: 0.1 }]);
    expect([noteOf([]), newest(["", ""]), newest([])]).toEqual(["", "", ""]);
  });

  test("passes over kinds that are not known here, and what is no number", () => {
    expect(faultsIn("at 1;2 spill 7;2 kill 3;x cut 1;all loss 0.5")).toEqual([{ kind: "loss", share: 0.5 }]);
  });
});

describe("what is wrong with networks", () => {
  const loss = (share: number, peer?: number): Fault<"loss"> => ({
    kind: "loss",
    share,
    ...(peer === undefined ? {} : { peer }),
  });

  test("is for each peer the ways to it, and its own values before those of all", () => {
    const faults = new NetworkFaults([cut(1, 2), loss(0.2), loss(0.5, 2), { kind: "bandwidth", peer: 1, kbits: 9 }]);
    expect(faults.of(2)).toEqual([cut(1, 2), loss(0.5, 2)]);
    expect(faults.of(1)).toEqual([loss(0.2), { kind: "bandwidth", peer: 1, kbits: 9 }]);
    expect(faults.of(3)).toEqual([loss(0.2)]);
  });

  test("ends where nothing is put in its place, for one alone or for all", () => {
    const faults = new NetworkFaults([loss(0.2), loss(0, 2)]);
    expect([faults.of(1), faults.of(2)]).toEqual([[loss(0.2)], []]);
    faults.put(loss(0));
    faults.put(loss(0, 2));
    expect([...faults]).toEqual([]);
  });

  test("is known not to change when the same is put again, or the end of what never was", () => {
    const faults = new NetworkFaults([cut(1, 2), loss(0.2)]);
    const isThere = (fault: NetworkFault): boolean => faults.includes(fault);
    const noDuplicates: NetworkFault = { kind: "duplicate", share: 0 };
    expect([cut(1, 2), loss(0.2), noDuplicates].map(isThere)).toEqual([true, true, true]);
    expect([cut(2, 1), loss(0.3), loss(0), loss(0, 3)].map(isThere)).toEqual([false, false, false, false]);
  });

  test("is no way once all are open", () => {
    const faults = new NetworkFaults([cut(1, 2), loss(0.2), cut(2, 1)]);
    faults.openWays();
    expect([...faults]).toEqual([loss(0.2)]);
  });
});

/** The commands that make sets and rules, without the name of the table. */
function rulesOf(number: number, faults: readonly RuledFault[]): string[] {
  const lines = breaking(number, faults, PLACES).script.replaceAll(" ip gossip_testbed", "").split("\n");
  return lines.filter((line) => /^add (set|rule (arriving|leaving))/.test(line)).map((line) => line.slice(4));
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

function nameOf(fault: NetworkFault): string {
  return Object.values(fault).join(" ");
}

function cut(from: number, to: number): Fault<"cut"> {
  return { kind: "cut", from, to };
}

test("work that is asked for while it is under way is done once more, for all who asked", async () => {
  let [runs, release] = [0, (): void => undefined];
  const coalescer = new Coalescer(async () => {
    runs++;
    await new Promise<void>((resolve) => (release = resolve));
  });
  const first = [coalescer.run(), coalescer.run()];
  await Promise.resolve().then(() => undefined);
  await Promise.resolve().then(() => undefined);
  expect(runs).toBe(1);
  const second = [coalescer.run(), coalescer.run()];
  release();
  await Promise.all(first);
  await Promise.resolve().then(() => undefined);
  await Promise.resolve().then(() => undefined);
  release();
  await Promise.all(second);
  expect(runs).toBe(2);
});

test("a peer was there when it was awake and not cut off, for long enough, in both directions", () => {
  let now = 0;
  const presence = new Presence(() => now);
  presence.awake(1);
  now = 100;
  expect(presence.wasThere(1, 2, 50)).toBe(true);
  expect(presence.wasThere(1, 2, 150)).toBe(false);
  presence.cut(2, 1);
  expect(presence.wasThere(1, 2, 50)).toBe(false);
  expect(presence.wasThere(1, 3, 50)).toBe(true);
  presence.healed();
  now = 200;
  expect(presence.wasThere(1, 2, 50)).toBe(true);
  expect(presence.wasThere(1, 2, 150)).toBe(false);
  presence.away(1);
  expect(presence.wasThere(1, 2, 50)).toBe(false);
});

describe("a selection of the command line", () => {
  const candidates = [1, 2, 3, 4, 5].map((number) => ({ number, state: "running" as const }));

  test.each([
    ["2,4", [2, 4]],
    ["2-4", [2, 3, 4]],
    ["everyone", [1, 2, 3, 4, 5]],
  ])("%s stands for %j", (text, numbers) => {
    expect(choose(text, candidates)).toEqual(numbers);
  });

  test("the rest are those that were not named before", () => {
    expect(choose("the rest", candidates, new Draws(), [1, 2])).toEqual([3, 4, 5]);
  });

  test.each(["any", "20%", "1 of"])("%s draws one", (text) => {
    expect(choose(text, candidates)).toHaveLength(1);
  });

  test("draws the same with the same seed, and tells whether it drew at all", () => {
    const drawn = Array.from({ length: 20 }, (_, seed) => {
      const [draws, again] = [new Draws(seed), new Draws(seed)];
      expect(draws.hasDrawn).toBe(false);
      const chosen = choose("2 of", candidates, draws);
      expect(draws.hasDrawn).toBe(true);
      expect(choose("2 of", candidates, again)).toEqual(chosen);
      return chosen.join();
    });
    expect(new Set(drawn).size).toBeGreaterThan(5);
    const draws = new Draws(1);
    choose("1-3", candidates, draws);
    expect(draws.hasDrawn).toBe(false);
  });

  test.each(["6", "4-2", "", "nobody", "1,6"])("%j stands for nobody, and is named", (text) => {
    expect(() => choose(text, candidates)).toThrow("stands for nobody");
  });
});

test("more containers than the kernel's table of neighbours has room for are refused, with what would be right", () => {
  expect(neighboursProblem(32, 1024)).toBeUndefined();
  expect(neighboursProblem(50, 1024)).toContain("need 2450 entries");
  expect(neighboursProblem(50, 1024)).toContain("sysctl -w net.ipv4.neigh.default.gc_thresh3=4900");
});
