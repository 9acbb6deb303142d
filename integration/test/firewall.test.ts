import { describe, expect, test } from "@jest/globals";
import type { Fault, NetworkFault } from "../src/fault/fault.js";
import { NetworkFaults } from "../src/fault/network.js";
import { neighboursProblem } from "../src/cluster/docker/neighbours.js";
import { latest, notesOf } from "../src/cluster/docker/notes.js";
import { areInForce, breaking, droppedIn, notesIn, type RuledFault } from "../src/cluster/docker/rules.js";
import { Presence } from "../src/cluster/presence.js";
import { Coalescer } from "../src/lib/coalescer.js";
import { choose } from "../src/control/selection.js";

const IPS = new Map([
  [1, "198.18.0.2"],
  [2, "198.18.0.3"],
  [3, "198.18.0.4"],
]);

describe("the rules of a firewall", () => {
  test("drop what comes from whom the peer is to hear nothing of, and leave everybody else's rules alone", () => {
    expect(breaking(1, [cut(3, 1)], IPS)).toEqual([
      "iptables-restore --noflush <<END",
      "*filter",
      ":GOSSIP_TESTBED - [0:0]",
      ":GOSSIP_TESTBED_OUT - [0:0]",
      "-A GOSSIP_TESTBED -s 198.18.0.4 -j DROP",
      "COMMIT",
      "END",
      "iptables -C INPUT -j GOSSIP_TESTBED 2>/dev/null || iptables -A INPUT -j GOSSIP_TESTBED",
      "iptables -C OUTPUT -j GOSSIP_TESTBED_OUT 2>/dev/null || iptables -A OUTPUT -j GOSSIP_TESTBED_OUT",
      "tc qdisc del dev eth0 root 2>/dev/null || true",
    ]);
  });

  test("lose a share of what comes from each other peer, and all of what is cut", () => {
    const rules = breaking(2, [{ kind: "loss", share: 0.2 }, cut(1, 2)], IPS).filter((line) => line.startsWith("-A"));
    expect(rules).toEqual([
      "-A GOSSIP_TESTBED -s 198.18.0.2 -j DROP",
      "-A GOSSIP_TESTBED -s 198.18.0.4 -m statistic --mode random --probability 0.2 -j DROP",
    ]);
  });

  test("refuse connections with a reset, but let the resets of others through, and drop all that is no connection", () => {
    const rules = breaking(1, [{ kind: "reject", from: 2, to: 1 }], IPS).filter((line) => line.startsWith("-A"));
    expect(rules).toEqual([
      "-A GOSSIP_TESTBED -s 198.18.0.3 -p tcp ! --tcp-flags RST RST -j REJECT --reject-with tcp-reset",
      "-A GOSSIP_TESTBED -s 198.18.0.3 ! -p tcp -j DROP",
    ]);
    const printed = [
      "[5:300] -A GOSSIP_TESTBED -s 198.18.0.3/32 -p tcp -m tcp ! --tcp-flags RST RST -j REJECT --reject-with tcp-reset",
      "[2:60] -A GOSSIP_TESTBED -s 198.18.0.3/32 ! -p tcp -j DROP",
    ].join("\n");
    expect(droppedIn(printed)).toBe(7);
    expect(areInForce(printed, 1, [{ kind: "reject", from: 2, to: 1 }], IPS)).toBe(true);
    expect(areInForce(printed, 1, [cut(2, 1)], IPS)).toBe(false);
  });

  test("refuse what the peer asks of name servers, Docker's own included, whose port is any", () => {
    const dns: RuledFault = { kind: "dns", peer: 1 };
    const rules = breaking(1, [dns], IPS).filter((line) => line.startsWith("-A"));
    expect(rules).toEqual([
      "-A GOSSIP_TESTBED_OUT -d 127.0.0.11 -j REJECT",
      "-A GOSSIP_TESTBED_OUT -p udp --dport 53 -j REJECT",
      "-A GOSSIP_TESTBED_OUT -p tcp --dport 53 -j REJECT",
    ]);
    const printed = [
      "[3:180] -A GOSSIP_TESTBED_OUT -d 127.0.0.11/32 -j REJECT --reject-with icmp-port-unreachable",
      "[0:0] -A GOSSIP_TESTBED_OUT -p udp -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable",
      "[1:60] -A GOSSIP_TESTBED_OUT -p tcp -m tcp --dport 53 -j REJECT --reject-with icmp-port-unreachable",
    ].join("\n");
    expect(droppedIn(printed)).toBe(4);
    expect(areInForce(printed, 1, [dns], IPS)).toBe(true);
    expect(areInForce(printed, 1, [dns, cut(2, 1)], IPS)).toBe(false);
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
    expect(breaking(1, faults, IPS)).toContain(`tc qdisc replace dev eth0 root ${queue}`);
  });

  test("are none for who is well, whatever there was before", () => {
    const lines = breaking(1, [], IPS);
    expect(lines.join("\n")).not.toContain("-A GOSSIP_TESTBED");
    expect(lines).toContain("iptables -X GOSSIP_TESTBED 2>/dev/null || true");
    expect(lines).toContain("iptables -X GOSSIP_TESTBED_OUT 2>/dev/null || true");
  });

  test("cut off nobody whose address is not known", () => {
    const rules = breaking(1, [cut(2, 1), cut(3, 1)], new Map([[1, "198.18.0.2"]]));
    expect(rules.filter((line) => line.endsWith("DROP"))).toEqual([]);
  });

  test("are read back: what they dropped, what was noted, and whether they are those that are wanted", () => {
    const printed = [
      '[9:540] -A GOSSIP_TESTBED -m comment --comment "1 cut 3"',
      "[4:240] -A GOSSIP_TESTBED -s 198.18.0.3/32 -m statistic --mode random --probability 0.20000000019 -j DROP",
      "[3:180] -A GOSSIP_TESTBED -s 198.18.0.4/32 -j DROP",
    ].join("\n");
    expect(droppedIn(printed)).toBe(7);
    expect(notesIn(printed)).toEqual(["1 cut 3"]);
    const wanted: RuledFault[] = [cut(3, 1), { kind: "loss", share: 0.2 }];
    expect(areInForce(printed, 1, wanted, IPS)).toBe(true);
    expect(areInForce(printed, 1, [cut(3, 1)], IPS)).toBe(false);
    expect(areInForce("", 1, wanted, IPS)).toBe(false);
    expect(areInForce("", 1, [], IPS)).toBe(true);
  });
});

describe("the notes of what is wrong with whom", () => {
  const faults: NetworkFault[] = [
    ...Array.from({ length: 100 }, (_, at) => cut(at + 2, 1)),
    cut(1, 2),
    { kind: "loss", share: 0.25 },
    { kind: "loss", peer: 3, share: 0 },
    { kind: "delay", peer: 2, latencyMs: 100, jitterMs: 20 },
    { kind: "bandwidth", peer: 2, kbits: 256 },
  ];

  test("say it all, in comments of no more than 255 characters", () => {
    const notes = notesOf(faults);
    expect(Math.max(...notes.map((note) => note.length))).toBeLessThan(256);
    expect(latest([notes])).toEqual(faults);
  });

  test("are those of who heard the latest, and none when all is well", () => {
    const older = notesOf([{ kind: "loss", peer: 1, share: 0.5 }], 1000);
    const newer = notesOf([{ kind: "loss", peer: 2, share: 0.1 }], 2000);
    expect(latest([older, [], newer])).toEqual([{ kind: "loss", peer: 2, share: 0.1 }]);
    expect(notesOf([])).toEqual([]);
    expect(latest([[], []])).toEqual([]);
  });

  test("of kinds that are not known here are passed over", () => {
    expect(latest([["at 1", "2 spill 7", "2 kill 3", "all loss 0.5"]])).toEqual([{ kind: "loss", share: 0.5 }]);
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
    expect(choose("the rest", candidates, [1, 2])).toEqual([3, 4, 5]);
  });

  test.each(["any", "20%", "1 of"])("%s draws one", (text) => {
    expect(choose(text, candidates)).toHaveLength(1);
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
