import { describe, expect, test } from "@jest/globals";
import { alongLinks, partition } from "../src/control/commands.js";
import type { Breakable } from "../src/fault/breakable.js";
import type { Fault, LinkKind, WayKind } from "../src/fault/fault.js";
import type { Values } from "../src/fault/kind.js";
import { waysBetween } from "../src/fault/ways.js";

/** Three peers, of which nothing but the numbers is asked for: a command that is only decided touches nobody. */
const THREE = { peers: [1, 2, 3].map((number) => ({ number, state: "running" })) } as unknown as Breakable;

describe("a fault of links", () => {
  const applied: Fault[] = [];
  const peers = { ...THREE, apply: (faults: readonly Fault[]) => Promise.resolve(void applied.push(...faults)) };

  test.each<[LinkKind, Values, string, Fault[]]>([
    [
      "loss",
      { share: "50%" },
      "lose 50% of what reaches peer 3 from peers 1-2",
      [1, 2].map((other) => ({ kind: "loss", share: 0.5, peer: 3, other })),
    ],
    [
      "delay",
      { duration: "20 ms", jitter: "5 ms" },
      "delay by 20 ms what is sent by peers 1-2 to peer 3",
      [1, 2].map((peer) => ({ kind: "delay", latencyMs: 20, jitterMs: 5, peer, other: 3 })),
    ],
    [
      "bandwidth",
      { rate: "64 kbit" },
      "limit to 64 kbit a second what is sent by peers 1-2 to peer 3",
      [1, 2].map((peer) => ({ kind: "bandwidth", kbits: 64, peer, other: 3 })),
    ],
  ])("of the kind %s is that of those who lose, or who send late or little", async (kind, values, what, faults) => {
    const command = alongLinks(peers, kind, { from: "1,2", to: "the rest" }, values);
    expect(command.what).toBe(what);
    applied.length = 0;
    await command.perform();
    expect(applied).toEqual(faults);
  });

  test("is none from a peer to itself", () => {
    expect(() => alongLinks(peers, "loss", { from: "2", to: "2" }, { share: "50%" })).toThrow(
      "peer 2 has no link to itself",
    );
  });
});

describe("a partition", () => {
  test.each<[WayKind, string]>([
    ["cut", "partition 1-2 | 3"],
    ["reject", "reject 1-2 | 3"],
  ])("by the kind %s is worded as the table says", (kind, what) => {
    expect(partition(THREE, ["1,2", "the rest"], kind).what).toBe(what);
  });

  test("closes every way between two sides, in both directions, and none within a side", () => {
    const ways = waysBetween("cut", [[1, 2], [3], [4]]).map(({ from, to }) => `${from}>${to}`);
    expect(ways.sort()).toEqual(["1>3", "1>4", "2>3", "2>4", "3>1", "3>2", "3>4", "4>1", "4>2", "4>3"]);
  });
});
