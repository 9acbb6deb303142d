import { describe, expect, test } from "@jest/globals";
import { budgets } from "../../src/core/timing.js";
import { Network } from "../support/network.js";
import { list } from "../support/protocol.js";

const chances = Array.from({ length: 20 }, (_, at) => 1 + 1000 * at);
const plain = { suspicionMultiplier: 0 };

/** A network in which so many peers know each other. */
function settled(count: number, timing = {}, chance = 1): Network {
  const network = new Network(timing, chance);
  network.startMany(count);
  network.settle(budgets(network.timing, count).joinMs);
  network.run(10 * network.timing.pingPeriodMs);
  network.events.length = 0;
  return network;
}

const periods = (network: Network, count: number): number => count * network.timing.pingPeriodMs;

describe("joining", () => {
  test.each(chances)("1 + 10 peers through one are complete within ten periods (chance %d)", (chance) => {
    const network = new Network({}, chance);
    network.startMany(11);
    network.settle(periods(network, 10));
  });

  test.each(chances)("a chain of 16 seeds is complete within ten periods (chance %d)", (chance) => {
    const network = new Network({}, chance);
    network.startMany(16, "previous");
    network.settle(periods(network, 10));
  });

  test("is announced once for each pair", () => {
    const network = new Network();
    network.startMany(8);
    network.settle(budgets(network.timing, 8).joinMs);
    network.run(periods(network, 20));
    const joined = network.events.map(({ by, kind, about }) => `${by} ${kind} ${about}`);
    expect(joined).toHaveLength(8 * 7);
    expect(new Set(joined).size).toBe(8 * 7);
  });

  test("through a seed that comes up later needs no help", () => {
    const network = new Network();
    network.start("a:1", { seeds: ["late:1"] });
    network.run(periods(network, 30), () => {
      expect(network.views().get("a:1")).toEqual(["a:1"]);
    });
    network.start("late:1");
    network.settle(budgets(network.timing, 2).joinMs);
  });

  test("through a name leads to everybody behind it, and it is looked up anew for those who come later", () => {
    const network = new Network();
    network.names.set("peers:1", []);
    network.start("a:1", { seeds: ["peers:1"] });
    network.run(periods(network, 5));
    network.start("b:1", { seeds: ["peers:1"] });
    network.names.set("peers:1", ["a:1", "b:1"]);
    network.settle(budgets(network.timing, 2).joinMs);
  });
});

describe("two groups", () => {
  test("without a common seed stay exactly apart, and one link merges them completely", () => {
    const network = new Network();
    const [left] = network.startMany(4, "first", "left");
    const [right] = network.startMany(5, "first", "right");
    network.run(budgets(network.timing, 9).healMs * 3);
    expect(left && list(left)).toEqual(["left0:1", "left1:1", "left2:1", "left3:1"]);
    expect(right && list(right)).toEqual(["right0:1", "right1:1", "right2:1", "right3:1", "right4:1"]);
    network.tell("left3:1", { type: "add-seed", seed: "right2:1" });
    network.settle(budgets(network.timing, 9).joinMs);
  });

  test("of different clusters never mix, also where one was given the other as a seed", () => {
    const network = new Network();
    network.start("a:1", { cluster: "one", seeds: ["b:1"] });
    network.start("b:1", { cluster: "two", seeds: ["a:1"] });
    network.run(periods(network, 50), () => {
      expect([...network.views().values()]).toEqual([["a:1"], ["b:1"]]);
    });
  });
});

test("of many updates the newest wins everywhere and is never undone", () => {
  const network = settled(8);
  for (let version = 1; version <= 20; version++) {
    network.tell("p3:1", { type: "update-meta", meta: { name: `v${version}` } });
    network.run(periods(network, 1) / 3);
  }
  const names = (): Set<string | undefined> => new Set(network.metaOf("p3:1").map(({ name }) => name));
  network.settle(budgets(network.timing, 8).updateMs, () => names().size === 1);
  network.run(periods(network, 50), () => {
    expect([...names()]).toEqual(["v20"]);
  });
});

test("while all are healthy and idle nothing changes, and each speaks once a period", () => {
  const network = settled(10);
  network.exchanges.length = 0;
  network.run(periods(network, 300));
  expect(network.events).toEqual([]);
  expect(Math.abs(network.exchanges.length - 10 * 300)).toBeLessThanOrEqual(10);
});

describe("a crash", () => {
  test.each(chances)(
    "of one of eleven is noticed by all within ten periods under the plain rule (chance %d)",
    (chance) => {
      const network = settled(11, plain, chance);
      network.kill("p0:1");
      network.settle(periods(network, 10));
    },
  );

  test.each(chances.slice(0, 8))(
    "of a third of thirty is noticed by all within the budget, and nobody else is (chance %d)",
    (chance) => {
      const network = settled(30, {}, chance);
      const killed = Array.from({ length: 10 }, (_, at) => `p${3 * at}:1`);
      for (const address of killed) network.kill(address);
      network.settle(budgets(network.timing, 30).crashMs);
      const removed = new Set(network.events.filter(({ kind }) => kind === "failed").map(({ about }) => about));
      expect([...removed].sort()).toEqual([...killed].sort());
    },
  );

  test("is forgotten by nobody: once a survivor has removed it, it never lists it again", () => {
    const network = settled(12);
    network.kill("p0:1");
    network.kill("p7:1");
    const removed = new Set<string>();
    network.run(budgets(network.timing, 12).crashMs * 4, () => {
      for (const [by, listed] of network.views()) {
        for (const gone of ["p0:1", "p7:1"]) {
          if (!listed.includes(gone)) removed.add(`${by} ${gone}`);
          else expect(removed.has(`${by} ${gone}`)).toBe(false);
        }
      }
    });
    expect(removed.size).toBe(2 * 10);
    expect(network.agreed()).toBe(true);
  });

  test("of all but one leaves the last with itself", () => {
    const network = settled(6);
    for (const at of [0, 1, 2, 3, 4]) network.kill(`p${at}:1`);
    network.settle(budgets(network.timing, 6).crashMs * 2);
    expect([...network.views()]).toEqual([["p5:1", ["p5:1"]]]);
  });

  test("and a restart on the same address bring it back everywhere, and the old metadata are not shown again", () => {
    const network = settled(6);
    network.tell("p2:1", { type: "update-meta", meta: { name: "old" } });
    network.settle(budgets(network.timing, 6).updateMs, () =>
      network.metaOf("p2:1").every(({ name }) => name === "old"),
    );
    network.kill("p2:1");
    network.settle(budgets(network.timing, 6).crashMs);
    network.start("p2:1", { seeds: ["p0:1"], name: "new" });
    network.settle(budgets(network.timing, 6).joinMs, () => {
      expect(network.metaOf("p2:1").every(({ name }) => name === "new")).toBe(true);
      return network.agreed();
    });
  });

  test("and a restart with a clock that runs behind bring it back too", () => {
    const network = settled(4);
    network.kill("p2:1");
    network.settle(budgets(network.timing, 4).crashMs);
    network.start("p2:1", { seeds: ["p0:1"], generation: 1 });
    network.settle(budgets(network.timing, 4).joinMs);
  });

  test("on whose address a peer of another cluster comes up is a crash still", () => {
    const network = settled(4);
    network.start("p2:1", { cluster: "other" });
    const without = "p0:1,p1:1,p3:1";
    network.settle(budgets(network.timing, 4).crashMs, () =>
      ["p0:1", "p1:1", "p3:1"].every((address) => network.views().get(address)?.join() === without),
    );
    expect(network.views().get("p2:1")).toEqual(["p2:1"]);
  });
});

test("a leave is known everywhere without waiting for detection, and nobody takes it for a failure", () => {
  const network = settled(10);
  network.tell("p4:1", { type: "leave" });
  const leftAt = network.now;
  const others = (): boolean => [...network.views()].every(([by, listed]) => by === "p4:1" || !listed.includes("p4:1"));
  network.settle(budgets(network.timing, 10).leaveMs, others);
  network.run(periods(network, 1));
  network.kill("p4:1");
  network.run(budgets(network.timing, 10).crashMs);
  expect(network.events.map(({ kind, about }) => `${kind} ${about}`)).toEqual(Array(9).fill("left p4:1"));
  expect(network.exchanges.filter(({ at, from }) => from === "p4:1" && at > leftAt)).toEqual([]);
});

describe("a frozen peer", () => {
  test("is removed though its address does not refuse, and back with no help when it runs again", () => {
    const network = settled(8);
    network.freeze("p0:1");
    network.settle(budgets(network.timing, 8).silenceMs, () =>
      [...network.views()].every(([by, listed]) => by === "p0:1" || !listed.includes("p0:1")),
    );
    network.thaw("p0:1");
    network.settle(budgets(network.timing, 8).healMs);
  });

  test.each([0.5, 1, 5, 20])("that slept through %d budgets removes nobody when it runs again", (share) => {
    const network = settled(8);
    network.freeze("p0:1");
    network.run(share * budgets(network.timing, 8).silenceMs);
    network.thaw("p0:1");
    network.run(budgets(network.timing, 8).healMs * 2);
    const accused = network.events.filter(({ kind, about }) => kind === "failed" && about !== "p0:1");
    expect(accused).toEqual([]);
    expect(network.agreed()).toBe(true);
  });
});

describe("a partition", () => {
  const isLeft = (address: string): boolean => Number(/\d+/.exec(address)?.[0]) < 4;

  test.each([2, 15])("removes the other side on both sides, and heals with no help after %d budgets", (lengths) => {
    const network = settled(10);
    network.connected = (from, to) => isLeft(from) === isLeft(to);
    const apart = (): boolean =>
      [...network.views()].every(([by, listed]) => listed.every((address) => isLeft(address) === isLeft(by)));
    const { silenceMs, healMs } = budgets(network.timing, 10);
    network.run(lengths * silenceMs);
    expect(apart()).toBe(true);
    expect([...network.views().values()].map((listed) => listed.length)).toEqual([4, 4, 4, 4, 6, 6, 6, 6, 6, 6]);
    network.connected = () => true;
    network.settle(healMs);
  });
});
