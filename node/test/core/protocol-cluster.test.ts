import { describe, expect, test } from "@jest/globals";
import type { PeerMeta } from "../../src/core/meta.js";
import { budgets, type Budgets, type ProtocolTiming } from "../../src/core/timing.js";
import { disagreement, Simulation, type SimulatedPeer, type SimulationOptions } from "../../src/simulator/index.js";
import { list } from "../support/protocol.js";
import { agree, agreed } from "../support/simulation.js";

const chances = Array.from({ length: 20 }, (_, at) => 1 + at);
const PERIOD_MS = 100;

interface Options {
  readonly timing?: Partial<ProtocolTiming>;
  readonly seed?: number;
}

const optionsOf = ({ timing, seed = 1 }: Options): SimulationOptions => ({
  seed,
  timing: { pingPeriodMs: PERIOD_MS, ...timing },
});

/** A cluster of so many peers that know each other and have nothing left to say. */
function settled(count: number, options: Options = {}): Simulation {
  const simulation = agreed(count, optionsOf(options));
  simulation.pass(10 * PERIOD_MS);
  return simulation;
}

function started(count: number, seededBy: "first" | "previous", options: Options = {}): Simulation {
  const simulation = new Simulation(optionsOf(options));
  for (let at = 0; at < count; at++) {
    const seed = simulation.peers.at(seededBy === "first" ? 0 : -1);
    simulation.start(simulation.addPeer({ seeds: seed === undefined ? [] : [seed.address] }));
  }
  return simulation;
}

const within = (simulation: Simulation, name: keyof Budgets): number =>
  budgets(simulation.timing, simulation.peers.length)[name];

const agrees = (simulation: Simulation): boolean => disagreement(simulation) === undefined;

function settle(simulation: Simulation, withinMs: number, check = (): boolean => agrees(simulation)): void {
  if (!simulation.passUntil(check, withinMs)) {
    throw new Error(`not settled within ${withinMs} ms: ${disagreement(simulation) ?? ""}`);
  }
}

/** Runs the check after each event, for so long. */
function throughout(simulation: Simulation, durationMs: number, check: () => void): void {
  simulation.passUntil(() => {
    check();
    return false;
  }, durationMs);
}

interface Seen {
  readonly by: SimulatedPeer;
  readonly kind: string;
  readonly about: string;
}

function eventsOf(simulation: Simulation): Seen[] {
  const events: Seen[] = [];
  simulation.watch({ announced: (by, { kind, member }) => events.push({ by, kind, about: member.address }) });
  return events;
}

const listOf = ({ protocol }: SimulatedPeer): string[] => (protocol === undefined ? [] : list(protocol));
const addressesOf = (peers: readonly SimulatedPeer[]): string[] => peers.map(({ address }) => address).sort();

function peer(simulation: Simulation, index: number): SimulatedPeer {
  const found = simulation.peers[index];
  if (found === undefined) throw new Error(`no peer ${index}`);
  return found;
}

/** The metadata of a peer, as those hold them who run and list it. */
function metaOf(simulation: Simulation, { address }: SimulatedPeer): PeerMeta[] {
  const members = simulation.running.flatMap(({ protocol }) => protocol?.members() ?? []);
  return members.flatMap((member) => (member.address === address ? [member.meta] : []));
}

describe("joining", () => {
  test.each(chances)("1 + 10 peers through one are complete within ten periods (chance %d)", (seed) => {
    settle(started(11, "first", { seed }), 10 * PERIOD_MS);
  });

  test.each(chances)("a chain of 16 seeds is complete within ten periods (chance %d)", (seed) => {
    settle(started(16, "previous", { seed }), 10 * PERIOD_MS);
  });

  test.each(chances.slice(0, 5))("without news it takes longer and comes about all the same (chance %d)", (seed) => {
    const simulation = started(16, "previous", { seed, timing: { newsFanout: 0 } });
    settle(simulation, within(simulation, "joinMs"));
  });

  test("is announced once for each pair", () => {
    const simulation = new Simulation(optionsOf({}));
    const events = eventsOf(simulation);
    const peers = Array.from({ length: 8 }, () => simulation.addPeer({ seeds: ["10.0.0.1:7946"] }));
    for (const each of peers) simulation.start(each);
    settle(simulation, within(simulation, "joinMs"));
    simulation.pass(20 * PERIOD_MS);
    const joined = events.map(({ by, kind, about }) => `${by.address} ${kind} ${about}`);
    expect(joined).toHaveLength(8 * 7);
    expect(new Set(joined).size).toBe(8 * 7);
  });

  test("through a seed that comes up later needs no help", () => {
    const simulation = new Simulation(optionsOf({}));
    const late = simulation.addPeer();
    const early = simulation.addPeer({ seeds: [late.address] });
    simulation.start(early);
    throughout(simulation, 30 * PERIOD_MS, () => {
      expect(listOf(early)).toEqual([early.address]);
    });
    simulation.start(late);
    settle(simulation, within(simulation, "joinMs"));
  });

  test("through a name leads to everybody behind it, and it is looked up anew for those who come later", () => {
    const simulation = new Simulation(optionsOf({}));
    simulation.setName("peers:1", () => addressesOf(simulation.running));
    simulation.start(simulation.addPeer({ seeds: ["peers:1"] }));
    simulation.pass(5 * PERIOD_MS);
    simulation.start(simulation.addPeer({ seeds: ["peers:1"] }));
    settle(simulation, within(simulation, "joinMs"));
  });
});

describe("two groups", () => {
  test("without a common seed stay exactly apart, and one link merges them completely", () => {
    const simulation = started(4, "first");
    const left = [...simulation.peers];
    const first = simulation.addPeer();
    const right = [first, ...[1, 2, 3, 4].map(() => simulation.addPeer({ seeds: [first.address] }))];
    for (const each of right) simulation.start(each);
    simulation.pass(within(simulation, "healMs") * 3);
    for (const each of left) expect(listOf(each)).toEqual(addressesOf(left));
    for (const each of right) expect(listOf(each)).toEqual(addressesOf(right));
    simulation.addSeed(peer(simulation, 3), peer(simulation, 6).address);
    settle(simulation, within(simulation, "joinMs"));
  });

  test("of different clusters never mix, also where one was given the other as a seed", () => {
    const simulation = new Simulation({
      ...optionsOf({}),
      codec: { request: (request) => ({ ...request, cluster: `that of ${request.sender}` }), reply: (reply) => reply },
    });
    const peers = [["10.0.0.2:7946"], ["10.0.0.1:7946"]].map((seeds) => simulation.addPeer({ seeds }));
    for (const each of peers) simulation.start(each);
    throughout(simulation, 50 * PERIOD_MS, () => {
      expect(peers.map(listOf)).toEqual([["10.0.0.1:7946"], ["10.0.0.2:7946"]]);
    });
  });
});

test("of many updates the newest wins everywhere and is never undone", () => {
  const simulation = settled(8);
  const subject = peer(simulation, 3);
  for (let version = 1; version <= 20; version++) {
    simulation.updateMeta(subject, { name: `v${version}` });
    simulation.pass(PERIOD_MS / 3);
  }
  const names = (): Set<string | undefined> => new Set(metaOf(simulation, subject).map(({ name }) => name));
  settle(simulation, within(simulation, "updateMs"), () => names().size === 1);
  throughout(simulation, 50 * PERIOD_MS, () => {
    expect([...names()]).toEqual(["v20"]);
  });
});

test.each(chances.slice(0, 5))(
  "an update is known to all of fifty within a quarter of a period (chance %d)",
  (seed) => {
    const simulation = settled(50, { seed });
    const subject = peer(simulation, 7);
    simulation.updateMeta(subject, { name: "new" });
    settle(simulation, PERIOD_MS / 4, () => metaOf(simulation, subject).every(({ name }) => name === "new"));
  },
);

test("while all are healthy and idle nothing changes, and each speaks once a period", () => {
  const simulation = settled(10);
  const events = eventsOf(simulation);
  let asked = 0;
  simulation.watch({ sent: (_, message) => (asked += Number("recipient" in message)) });
  simulation.pass(300 * PERIOD_MS);
  expect(events).toEqual([]);
  expect(Math.abs(asked - 10 * 300)).toBeLessThanOrEqual(10);
});

describe("a crash", () => {
  const plain = { suspicionMultiplier: 0, indirectProbes: 0 };

  test.each(chances)(
    "of one of eleven is noticed by all within ten periods under the plain rule (chance %d)",
    (seed) => {
      const simulation = settled(11, { timing: plain, seed });
      simulation.kill(peer(simulation, 0), { unheard: "refused" });
      settle(simulation, 10 * PERIOD_MS);
    },
  );

  test.each(chances)(
    "of one of eleven, whose port refuses, is noticed by all within six periods (chance %d)",
    (seed) => {
      const simulation = settled(11, { seed });
      simulation.kill(peer(simulation, 0), { unheard: "refused" });
      settle(simulation, 6 * PERIOD_MS);
    },
  );

  test.each(chances.slice(0, 8))(
    "of a third of thirty is noticed by all within the budget, and nobody else is (chance %d)",
    (seed) => {
      const simulation = settled(30, { seed });
      const events = eventsOf(simulation);
      const killed = simulation.peers.filter(({ index }) => index % 3 === 0);
      for (const each of killed) simulation.kill(each, { unheard: "refused" });
      settle(simulation, within(simulation, "crashMs"));
      const removed = new Set(events.filter(({ kind }) => kind === "failed").map(({ about }) => about));
      expect([...removed].sort()).toEqual(addressesOf(killed));
    },
  );

  test("is forgotten by nobody: once a survivor has removed it, it never lists it again", () => {
    const simulation = settled(12);
    const killed = [0, 7].map((index) => peer(simulation, index));
    for (const each of killed) simulation.kill(each);
    const removed = new Set<string>();
    throughout(simulation, within(simulation, "crashMs") * 4, () => {
      for (const by of simulation.running) {
        for (const { address } of killed) {
          if (!by.protocol?.lists(address)) removed.add(`${by.address} ${address}`);
          else expect(removed.has(`${by.address} ${address}`)).toBe(false);
        }
      }
    });
    expect(removed.size).toBe(2 * 10);
    expect(agrees(simulation)).toBe(true);
  });

  test("of all but one leaves the last with itself", () => {
    const simulation = settled(6);
    const last = peer(simulation, 5);
    for (const each of simulation.peers) if (each !== last) simulation.kill(each, { unheard: "refused" });
    settle(simulation, within(simulation, "crashMs") * 2);
    expect(listOf(last)).toEqual([last.address]);
  });

  test("and a restart on the same address bring it back everywhere, and the old metadata are not shown again", () => {
    const simulation = settled(6);
    const subject = peer(simulation, 2);
    const isNamed = (name: string) => (): boolean => metaOf(simulation, subject).every((meta) => meta.name === name);
    simulation.updateMeta(subject, { name: "old" });
    settle(simulation, within(simulation, "updateMs"), isNamed("old"));
    simulation.kill(subject);
    settle(simulation, within(simulation, "crashMs"));
    simulation.updateMeta(subject, { name: "new" });
    simulation.start(subject);
    settle(simulation, within(simulation, "joinMs"), () => {
      expect(isNamed("new")()).toBe(true);
      return agrees(simulation);
    });
  });

  test("and a restart with a clock that runs behind bring it back too", () => {
    const simulation = settled(4);
    const subject = peer(simulation, 2);
    simulation.kill(subject);
    settle(simulation, within(simulation, "crashMs"));
    subject.clockSkewMs = -1_000_000;
    simulation.start(subject);
    settle(simulation, within(simulation, "joinMs"));
  });

  test("on whose address a peer of another cluster comes up is a crash still", () => {
    let foreign = "nobody yet";
    const simulation = new Simulation({
      ...optionsOf({}),
      codec: {
        request: (request) =>
          request.sender === foreign || request.recipient === foreign ? { ...request, cluster: "other" } : request,
        reply: (reply) => reply,
      },
    });
    for (const seeds of [[], ["10.0.0.1:7946"], [], ["10.0.0.1:7946"]]) simulation.addPeer({ seeds });
    const [subject, ...others] = [2, 0, 1, 3].map((index) => peer(simulation, index)) as [
      SimulatedPeer,
      ...SimulatedPeer[],
    ];
    for (const each of [...others, subject]) simulation.start(each);
    simulation.addSeed(peer(simulation, 1), subject.address);
    agree(simulation);
    simulation.kill(subject);
    simulation.start(subject);
    foreign = subject.address;
    settle(simulation, within(simulation, "crashMs"), () =>
      others.every((each) => listOf(each).join() === addressesOf(others).join()),
    );
    expect(listOf(subject)).toEqual([subject.address]);
  });
});

test("a leave is known everywhere without waiting for detection, and nobody takes it for a failure", () => {
  const simulation = settled(10);
  const events = eventsOf(simulation);
  const subject = peer(simulation, 4);
  simulation.stop(subject);
  settle(simulation, PERIOD_MS / 2);
  simulation.pass(within(simulation, "crashMs"));
  expect(subject.state).toBe("ended");
  expect(events.map(({ kind, about }) => `${kind} ${about}`)).toEqual(Array(9).fill(`left ${subject.address}`));
});

describe("a frozen peer", () => {
  test("is removed though its address does not refuse, and back with no help when it runs again", () => {
    const simulation = settled(8);
    const subject = peer(simulation, 0);
    simulation.pause(subject);
    settle(simulation, within(simulation, "silenceMs"), () =>
      simulation.running.every((each) => each === subject || !listOf(each).includes(subject.address)),
    );
    simulation.resume(subject);
    settle(simulation, within(simulation, "healMs"));
  });

  test.each([0.5, 1, 5, 20])("that slept through %d budgets removes nobody when it runs again", (share) => {
    const simulation = settled(8);
    const events = eventsOf(simulation);
    const subject = peer(simulation, 0);
    simulation.pause(subject);
    simulation.pass(share * within(simulation, "silenceMs"));
    simulation.resume(subject);
    simulation.pass(within(simulation, "healMs") * 2);
    expect(events.filter(({ kind, about }) => kind === "failed" && about !== subject.address)).toEqual([]);
    expect(agrees(simulation)).toBe(true);
  });
});

describe("a partition", () => {
  const isLeft = ({ index }: SimulatedPeer): boolean => index < 4;

  test.each([2, 15])("removes the other side on both sides, and heals with no help after %d budgets", (lengths) => {
    const simulation = settled(10);
    const [left, right] = [simulation.peers.filter(isLeft), simulation.peers.filter((each) => !isLeft(each))];
    const ways = left.flatMap((one) => right.flatMap((other) => [[one, other] as const, [other, one] as const]));
    for (const [from, to] of ways) simulation.network.cut(from.address, to.address);
    simulation.pass(lengths * within(simulation, "silenceMs"));
    for (const side of [left, right]) for (const each of side) expect(listOf(each)).toEqual(addressesOf(side));
    for (const [from, to] of ways) simulation.network.mend(from.address, to.address);
    settle(simulation, within(simulation, "healMs"));
  });

  test.each(chances.slice(0, 5))("of one way between two is got round: nobody is removed (chance %d)", (seed) => {
    const simulation = settled(8, { seed });
    const events = eventsOf(simulation);
    const [one, other] = [peer(simulation, 2).address, peer(simulation, 5).address];
    simulation.network.cut(one, other);
    simulation.network.cut(other, one);
    simulation.pass(within(simulation, "silenceMs") * 3);
    expect(events).toEqual([]);
  });
});
