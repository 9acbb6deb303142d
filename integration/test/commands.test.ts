import { describe, expect, test } from "@jest/globals";
import { partition } from "../src/control/commands.js";
import type { Breakable } from "../src/fault/breakable.js";
import type { WayKind } from "../src/fault/fault.js";
import { waysBetween } from "../src/fault/ways.js";

/** Three peers, of which nothing but the numbers is asked for: a command that is only decided touches nobody. */
const THREE = { peers: [1, 2, 3].map((number) => ({ number, state: "running" })) } as unknown as Breakable;

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
