import { describe, expect, test } from "@jest/globals";
import { RoundTrip } from "../../src/core/round-trip.js";
import { SuspicionFloor } from "../../src/core/suspicion-floor.js";
import { Suspicions } from "../../src/core/suspicions.js";
import { resolveTiming, type ProtocolTiming } from "../../src/core/timing.js";

/** P = 100 ms: a suspect has 400 ms, and 175 when three more confirm. */
const timing = resolveTiming({ pingPeriodMs: 100 });
const LIVE = 10;

function suspicionsOf(timing: ProtocolTiming): Suspicions {
  return new Suspicions(timing, new SuspicionFloor(timing, { ageMs: () => Infinity }, new RoundTrip(timing)));
}

/** Suspicions of these members since these moments. */
function suspecting(since: Record<string, number>): Suspicions {
  const suspicions = suspicionsOf(timing);
  for (const [address, at] of Object.entries(since)) suspicions.suspect(address, at);
  return suspicions;
}

/** The member a:1 is suspected since moment 0, and these accuse it. */
function accusedBy(...accusers: string[]): Suspicions {
  const suspicions = suspecting({ "a:1": 0 });
  for (const address of accusers) suspicions.accuse("a:1", { address, broken: false }, 0);
  return suspicions;
}

describe("a suspicion", () => {
  test("runs out at its deadline and not before", () => {
    const suspicions = suspecting({ "a:1": 100, "b:1": 200 });
    expect(suspicions.expired(499, LIVE)).toEqual([]);
    expect(suspicions.expired(500, LIVE)).toEqual(["a:1"]);
    expect(suspicions.expired(600, LIVE)).toEqual(["a:1", "b:1"]);
  });

  test("wakes its peer when the earliest runs out, and never when nobody is suspected", () => {
    const suspicions = suspecting({ "a:1": 200, "b:1": 100 });
    expect(suspicions.nextDeadline(LIVE)).toBe(500);
    suspicions.clear("b:1");
    expect(suspicions.nextDeadline(LIVE)).toBe(600);
    suspicions.clear("a:1");
    expect(suspicions.nextDeadline(LIVE)).toBe(Infinity);
    expect(suspicions.suspects()).toEqual([]);
  });

  test("that is raised a second time does not give the suspect more time", () => {
    const suspicions = suspecting({ "a:1": 100 });
    suspicions.suspect("a:1", 900);
    expect(suspicions.nextDeadline(LIVE)).toBe(500);
  });

  test("of somebody who gave a sign of life leaves time to clear itself, and takes none away", () => {
    const suspicions = suspecting({ "a:1": 0 });
    suspicions.heard("a:1", 900);
    expect(suspicions.nextDeadline(LIVE)).toBe(900);
    suspicions.heard("a:1", 450);
    expect(suspicions.nextDeadline(LIVE)).toBe(900);
  });

  test("of somebody who gives signs of life and clears itself of nothing gets more time three times only", () => {
    const suspicions = suspecting({ "a:1": 0 });
    for (const until of [1000, 2000, 3000, 4000, 5000]) suspicions.heard("a:1", until);
    expect(suspicions.expired(2999, LIVE)).toEqual([]);
    expect(suspicions.expired(3000, LIVE)).toEqual(["a:1"]);
  });

  test("is not raised by a sign of life", () => {
    const suspicions = suspecting({});
    suspicions.heard("a:1", 300);
    expect(suspicions.suspects()).toEqual([]);
  });

  test("gets back the time for which this peer was late itself, whoever it is about and however it was extended", () => {
    const suspicions = suspecting({ "a:1": 100, "b:1": 200, "c:1": 0 });
    suspicions.heard("c:1", 900);
    suspicions.excuse(1000, 1200, 0);
    expect(suspicions.expired(1499, LIVE)).toEqual([]);
    expect(suspicions.expired(1600, LIVE)).toEqual(["a:1", "b:1"]);
    expect(suspicions.expired(1899, LIVE)).not.toContain("c:1");
    expect(suspicions.expired(1900, LIVE)).toContain("c:1");
  });
});

test("a member suspected only since this peer was awake again gets no more time for its lateness", () => {
  const suspicions = suspecting({ "a:1": 1000 });
  suspicions.heard("a:1", 1100);
  suspicions.excuse(900, 1000, 1050);
  expect(suspicions.nextDeadline(LIVE)).toBe(1400);
});

test("whoever was late itself hears what came meanwhile before it buries anybody", () => {
  const suspicions = suspecting({ "a:1": 0 });
  suspicions.excuse(10, 100, 5000);
  expect(suspicions.nextDeadline(LIVE)).toBe(5000);
});

describe("an accusation", () => {
  test("by the first changes nothing; each that confirms it shortens the time, the first of them most", () => {
    const of = (...accusers: string[]): number => Math.round(accusedBy(...accusers).nextDeadline(LIVE));
    expect([of(), of("b:1"), of("b:1", "c:1"), of("b:1", "c:1", "d:1"), of("b:1", "c:1", "d:1", "e:1")]).toEqual([
      400, 400, 288, 222, 175,
    ]);
  });

  test("of a majority of those who could is enough, and of four whatever their number", () => {
    const enough = [2, 3, 4, 5, 6, 7, 8, 100].map((live) => {
      const accusers = ["b:1", "c:1", "d:1", "e:1"].map((_, at, all) => all.slice(0, at + 1));
      return accusers.findIndex((each) => accusedBy(...each).isConfirmed("a:1", live)) + 1;
    });
    expect(enough).toEqual([1, 2, 2, 3, 3, 4, 4, 4]);
  });

  test("runs out the soonest where nobody else could accuse", () => {
    const accusers = ["b:1", "c:1"];
    expect(accusedBy(...accusers).nextDeadline(3)).toBe(175);
    expect(accusedBy("b:1").isConfirmed("a:1", 2)).toBe(true);
    expect(accusedBy("b:1").nextDeadline(2)).toBe(400);
  });

  test("is new once, and once more when the connection turns out to be broken", () => {
    const suspicions = accusedBy();
    const accuse = (broken: boolean): boolean => suspicions.accuse("a:1", { address: "b:1", broken }, 0);
    expect([accuse(false), accuse(false), accuse(true), accuse(true), accuse(false)]).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(suspicions.accusersOf("a:1")).toEqual([{ address: "b:1", broken: true }]);
  });

  test("counts by whom it was made", () => {
    const suspicions = accusedBy("b:1");
    expect(suspicions.isAccusedBy("a:1", "b:1")).toBe(true);
    expect(suspicions.isAccusedBy("a:1", "c:1")).toBe(false);
    expect(suspicions.isAccusedBy("b:1", "a:1")).toBe(false);
  });

  test("by a fifth says nothing new, but one of the four may still say that the connection broke", () => {
    const suspicions = accusedBy("b:1", "c:1", "d:1", "e:1");
    expect(suspicions.accuse("a:1", { address: "f:1", broken: true }, 0)).toBe(false);
    expect(suspicions.accusersOf("a:1")).toHaveLength(4);
    expect(suspicions.accuse("a:1", { address: "c:1", broken: true }, 0)).toBe(true);
  });

  test("of oneself, or of somebody who is not suspected, does not count", () => {
    expect(accusedBy().accuse("a:1", { address: "a:1", broken: true }, 0)).toBe(false);
    expect(accusedBy().accuse("x:1", { address: "b:1", broken: true }, 0)).toBe(false);
    expect(accusedBy().accusersOf("x:1")).toEqual([]);
  });

  test("with a broken connection, once it is confirmed, ends the time at once", () => {
    const suspicions = accusedBy("b:1", "c:1", "d:1");
    suspicions.accuse("a:1", { address: "b:1", broken: true }, 0);
    expect(suspicions.nextDeadline(LIVE)).toBeGreaterThan(200);
    suspicions.accuse("a:1", { address: "e:1", broken: false }, 0);
    expect(suspicions.expired(1, LIVE)).toEqual(["a:1"]);
  });

  test("with a broken connection, confirmed too, leaves whoever gave a sign of life its time", () => {
    const suspicions = accusedBy("b:1", "c:1", "d:1", "e:1");
    suspicions.accuse("a:1", { address: "b:1", broken: true }, 0);
    suspicions.heard("a:1", 300);
    expect(suspicions.nextDeadline(LIVE)).toBe(300);
  });

  test("that ends the time does so now, and not at a moment that is past", () => {
    const suspicions = accusedBy("b:1", "c:1", "d:1");
    suspicions.accuse("a:1", { address: "b:1", broken: true }, 0);
    suspicions.accuse("a:1", { address: "e:1", broken: false }, 250);
    expect(suspicions.nextDeadline(LIVE)).toBe(250);
  });

  test("is forgotten with the suspicion", () => {
    const suspicions = accusedBy("b:1", "c:1", "d:1", "e:1");
    suspicions.clear("a:1");
    suspicions.suspect("a:1", 1000);
    expect(suspicions.accusersOf("a:1")).toEqual([]);
    expect(suspicions.nextDeadline(LIVE)).toBe(1400);
  });
});

describe("hearsay", () => {
  function hearsay(): Suspicions {
    const suspicions = suspicionsOf(timing);
    suspicions.suspect("a:1", 0, { isHearsay: true });
    return suspicions;
  }

  test("counts as confirmed: who is called failed has the shortest time to deny it", () => {
    expect(hearsay().isHearsay("a:1")).toBe(true);
    expect(hearsay().nextDeadline(LIVE)).toBe(175);
  });

  test("becomes a suspicion like any other with the first who accuses at first hand", () => {
    const suspicions = hearsay();
    suspicions.accuse("a:1", { address: "b:1", broken: false }, 0);
    expect(suspicions.isHearsay("a:1")).toBe(false);
    expect(suspicions.nextDeadline(LIVE)).toBe(400);
  });

  test("is not what a suspicion at first hand is, nor what is said of nobody", () => {
    expect(accusedBy("b:1").isHearsay("a:1")).toBe(false);
    expect(accusedBy().isHearsay("x:1")).toBe(false);
  });
});
