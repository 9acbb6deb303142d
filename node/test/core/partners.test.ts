import { describe, expect, test } from "@jest/globals";
import { Partners, type Turn } from "../../src/core/partners.js";
import { seededRandom } from "../../src/core/random.js";
import { addresses as addressesOf } from "../support/records.js";

const random = seededRandom(1);
const open = (): boolean => true;
const closed = (): boolean => false;

/** Ourselves and these, who are members. */
const ringOf = (...members: string[]): string[] => [...members, "me:1"].sort();
const notMe = (member: string): boolean => member !== "me:1";

/** These have had their turns, in this order. */
function havingSpoken(...members: string[]): Partners {
  const partners = new Partners();
  for (const member of members) partners.spoke(member);
  return partners;
}

function turns(partners: Partners, ring: readonly string[], count: number, isOpen = closed): Turn[] {
  return Array.from({ length: count }, () => {
    const turn = partners.next(ring, notMe, isOpen, random);
    if (turn === undefined) throw new Error("nobody's turn");
    if (turn.type === "member") partners.spoke(turn.address);
    else partners.seedTried(turn.address);
    return turn;
  });
}

const addresses = (list: Turn[]): string[] => list.map(({ address }) => address);

describe("the next turn", () => {
  test("goes to whoever was never contacted, among few before anybody who was", () => {
    const partners = havingSpoken("a:1", "b:1");
    expect(addresses(turns(partners, ringOf("a:1", "b:1", "new:1"), 3))).toEqual(["new:1", "a:1", "b:1"]);
  });

  test("goes to whoever was never contacted at a random time within the first quarter, among many", () => {
    const others = addressesOf(40);
    const waits = Array.from({ length: 200 }, (_, seed) => {
      const partners = havingSpoken(...others.slice(1));
      const chance = seededRandom(seed);
      const all = Array.from({ length: 40 }, () => {
        const turn = partners.next(ringOf(...others), notMe, closed, chance);
        partners.spoke(turn?.address ?? "");
        return turn?.address;
      });
      expect(new Set(all).size).toBe(40);
      return all.indexOf(others[0]);
    });
    expect(new Set(waits)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  });

  test("goes to the longest silent, whichever side spoke last", () => {
    const partners = havingSpoken("a:1", "b:1", "c:1", "a:1");
    expect(addresses(turns(partners, ringOf("a:1", "b:1", "c:1"), 3))).toEqual(["b:1", "c:1", "a:1"]);
  });

  test("among equals goes to a random one", () => {
    const ring = ringOf("a:1", "b:1", "c:1");
    const first = new Set(
      Array.from({ length: 100 }, (_, seed) => new Partners().next(ring, notMe, closed, seededRandom(seed))?.address),
    );
    expect([...first].sort()).toEqual(["a:1", "b:1", "c:1"]);
  });

  test.each<[string, Partners]>([
    ["who had one", havingSpoken("a:1", "b:1")],
    ["who had none", new Partners()],
  ])("goes to the idle only, among those %s", (_, partners) => {
    const ring = ringOf("a:1", "b:1");
    const isIdle = (member: string): boolean => member === "b:1";
    const chosen = Array.from({ length: 20 }, () => partners.next(ring, isIdle, closed, random)?.address);
    expect(new Set(chosen)).toEqual(new Set(["b:1"]));
    expect(partners.next(ring, () => false, closed, random)).toBeUndefined();
  });

  test("goes to seeds as to members, each as long as it is open", () => {
    const partners = havingSpoken("a:1");
    partners.addSeed("s:1");
    expect(turns(partners, ringOf("a:1"), 3, open)).toEqual([
      { type: "seed", address: "s:1" },
      { type: "member", address: "a:1" },
      { type: "seed", address: "s:1" },
    ]);
    expect(addresses(turns(partners, ringOf("a:1"), 2))).toEqual(["a:1", "a:1"]);
  });

  test("is nobody's when there is nobody", () => {
    const partners = new Partners();
    partners.addSeed("s:1");
    expect(partners.next(ringOf(), notMe, closed, random)).toBeUndefined();
  });

  test("comes again as for a newcomer after the member was forgotten", () => {
    const partners = havingSpoken("b:1", "a:1");
    partners.forget("a:1");
    expect(partners.spokenCount).toBe(1);
    expect(addresses(turns(partners, ringOf("a:1", "b:1"), 2))).toEqual(["a:1", "b:1"]);
  });
});

describe("seeds", () => {
  test("are known once they are added", () => {
    const partners = new Partners();
    partners.addSeed("s:1");
    expect([partners.hasSeed("s:1"), partners.hasSeed("t:1"), partners.seedCount]).toEqual([true, false, 1]);
  });

  test("are open as whoever asks says", () => {
    const partners = new Partners();
    for (const seed of ["s:1", "t:1"]) partners.addSeed(seed);
    expect(partners.openSeeds((seed) => seed === "t:1")).toEqual(["t:1"]);
  });
});

describe("aliases", () => {
  test("lead to the member that answered; any other address stands for itself", () => {
    const partners = new Partners();
    partners.learnAlias("name:1", "10.0.0.1:1", 10);
    expect(partners.behind("name:1")).toBe("10.0.0.1:1");
    expect(partners.behind("other:1")).toBe("other:1");
  });

  test("are bounded: the one learnt longest ago goes first", () => {
    const partners = new Partners();
    partners.learnAlias("a:1", "x:1", 2);
    partners.learnAlias("b:1", "x:1", 2);
    partners.learnAlias("a:1", "y:1", 2);
    partners.learnAlias("c:1", "x:1", 2);
    expect(["a:1", "b:1", "c:1"].map((address) => partners.behind(address))).toEqual(["y:1", "b:1", "x:1"]);
  });
});
