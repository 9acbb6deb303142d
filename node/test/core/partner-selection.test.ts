import { describe, expect, test } from "@jest/globals";
import { PartnerSelection, type Turn } from "../../src/core/partner-selection.js";
import { seededRandom } from "../../src/core/random.js";
import { addresses as addressesOf } from "../support/records.js";

const random = seededRandom(1);
const open = (): boolean => true;
const closed = (): boolean => false;

const anybody = (): boolean => true;

/** A selection of these members, who have spoken in this order, and of newcomers. */
function havingSpoken(members: readonly string[], newcomers: readonly string[] = []): PartnerSelection {
  const selection = new PartnerSelection();
  for (const member of newcomers) selection.add(member);
  for (const member of members) selection.add(member);
  for (const member of members) selection.spoke(member);
  return selection;
}

/** The next turns of as many members; each of those whose turn it is answers. */
function turns(selection: PartnerSelection, members: number, count: number, isOpen = closed): Turn[] {
  return Array.from({ length: count }, () => {
    const turn = selection.next(members, anybody, isOpen, random);
    if (turn === undefined) throw new Error("nobody's turn");
    if (turn.type === "member") selection.spoke(turn.address);
    else selection.seedTried(turn.address);
    return turn;
  });
}

const addresses = (list: Turn[]): string[] => list.map(({ address }) => address);

describe("the next turn", () => {
  test("goes to whoever was never contacted, among few before anybody who was", () => {
    const selection = havingSpoken(["a:1", "b:1"], ["new:1"]);
    expect(addresses(turns(selection, 3, 3))).toEqual(["new:1", "a:1", "b:1"]);
  });

  test("goes to whoever was never contacted at a random time within the first quarter, among many", () => {
    const others = addressesOf(40);
    const waits = Array.from({ length: 200 }, (_, seed) => {
      const selection = havingSpoken(others.slice(1), others.slice(0, 1));
      const chance = seededRandom(seed);
      const all = Array.from({ length: 40 }, () => {
        const turn = selection.next(40, anybody, closed, chance);
        selection.spoke(turn?.address ?? "");
        return turn?.address;
      });
      expect(new Set(all).size).toBe(40);
      return all.indexOf(others[0]);
    });
    expect(new Set(waits)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  });

  test("goes to the longest silent, whichever side spoke last", () => {
    const selection = havingSpoken(["a:1", "b:1", "c:1", "a:1"]);
    expect(addresses(turns(selection, 3, 3))).toEqual(["b:1", "c:1", "a:1"]);
  });

  test("among equals goes to a random one", () => {
    const firstOf = (seed: number): string | undefined =>
      havingSpoken([], ["a:1", "b:1", "c:1"]).next(3, anybody, closed, seededRandom(seed))?.address;
    const first = new Set(Array.from({ length: 100 }, (_, seed) => firstOf(seed)));
    expect([...first].sort()).toEqual(["a:1", "b:1", "c:1"]);
  });

  test.each<[string, PartnerSelection]>([
    ["who had one", havingSpoken(["a:1", "b:1"])],
    ["who had none", havingSpoken([], ["a:1", "b:1"])],
  ])("goes to the idle only, among those %s", (_, selection) => {
    const isIdle = (member: string): boolean => member === "b:1";
    const chosen = Array.from({ length: 20 }, () => selection.next(2, isIdle, closed, random)?.address);
    expect(new Set(chosen)).toEqual(new Set(["b:1"]));
    expect(selection.next(2, () => false, closed, random)).toBeUndefined();
  });

  test("goes to seeds as to members, each as long as it is open", () => {
    const selection = havingSpoken(["a:1"]);
    selection.addSeed("s:1");
    expect(turns(selection, 1, 3, open)).toEqual([
      { type: "seed", address: "s:1" },
      { type: "member", address: "a:1" },
      { type: "seed", address: "s:1" },
    ]);
    expect(addresses(turns(selection, 1, 2))).toEqual(["a:1", "a:1"]);
  });

  test("is nobody's when there is nobody", () => {
    const selection = new PartnerSelection();
    selection.addSeed("s:1");
    expect(selection.next(0, anybody, closed, random)).toBeUndefined();
  });

  test("comes again as for a newcomer after the member was forgotten", () => {
    const selection = havingSpoken(["b:1", "a:1"]);
    selection.forget("a:1");
    expect(selection.spokenCount).toBe(1);
    selection.add("a:1");
    expect(addresses(turns(selection, 2, 2))).toEqual(["a:1", "b:1"]);
  });
});

describe("seeds", () => {
  test("are known once they are added", () => {
    const selection = new PartnerSelection();
    selection.addSeed("s:1");
    expect([selection.hasSeed("s:1"), selection.hasSeed("t:1"), selection.seedCount]).toEqual([true, false, 1]);
  });

  test("are open as whoever asks says", () => {
    const selection = new PartnerSelection();
    for (const seed of ["s:1", "t:1"]) selection.addSeed(seed);
    expect(selection.openSeeds((seed) => seed === "t:1")).toEqual(["t:1"]);
  });
});
