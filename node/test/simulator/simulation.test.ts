import { describe, expect, test } from "@jest/globals";
import type { MemberEvent } from "../../src/core/messages.js";
import { PLAIN_RULE, resolveTiming, type Preset } from "../../src/core/timing.js";
import {
  disagreement,
  protobufCodec,
  Simulation,
  TrafficSampler,
  type Rhythm,
  type SimulatedPeer,
} from "../../src/simulator/index.js";
import { agree, agreed, held, peersOf, self, startMore, startTogether } from "../support/simulation.js";

/** How often whoever leaves tells so to one who does not answer. */
const GOODBYES = 6;

/** Writes down what each peer takes in, as its cause and moment. */
function diary(simulation: Simulation): { of: (peer: SimulatedPeer) => string[] } {
  const entries: { peer: SimulatedPeer; text: string }[] = [];
  simulation.watch({
    handled: (peer, cause) => {
      entries.push({ peer, text: cause });
    },
  });
  return { of: (peer) => entries.filter((entry) => entry.peer === peer).map(({ text }) => text) };
}

/** The first removal of anybody, with the time from the last exchange that was begun with it. */
function firstRemoval(simulation: Simulation): { reason: string; afterMs: number } {
  const begun = new Map<string, number>();
  let removal: { event: MemberEvent; afterMs: number } | undefined;
  simulation.watch({
    handled: (_, __, effects) => {
      for (const effect of effects) if (effect.type === "exchange") begun.set(effect.to, simulation.now);
    },
    announced: (_, event) => {
      if (event.kind !== "failed") return;
      removal ??= { event, afterMs: simulation.now - (begun.get(event.member.address) ?? NaN) };
    },
  });
  simulation.passUntil(() => removal !== undefined, 60_000);
  if (removal === undefined) throw new Error("nobody was removed");
  return { reason: removal.event.reason, afterMs: removal.afterMs };
}

describe("a run", () => {
  function hashOf(seed: number): string {
    const simulation = startTogether(4, { seed, link: { loss: 0.1, jitterMs: 20, duplicate: 0.1 } });
    simulation.pass(20_000);
    return simulation.trace.hash;
  }

  test("happens again in every detail with the same seed, and otherwise with another", () => {
    expect(hashOf(1)).toBe(hashOf(1));
    expect(hashOf(1)).not.toBe(hashOf(2));
  });

  test("shows who watches from whom to whom each message goes", () => {
    const simulation = new Simulation({ seed: 1 });
    const ways: string[] = [];
    simulation.watch({
      sent: (from, message, to) => ways.push(`${"recipient" in message ? "asks" : "replies"} ${from.address} ${to}`),
    });
    startMore(simulation, 2);
    simulation.pass(10);
    const [first, second] = peersOf(simulation).map(({ address }) => address) as [string, string];
    expect(ways).toEqual([`asks ${second} ${first}`, `replies ${first} ${second}`]);
  });

  test("sends every message through the codec it was given", () => {
    let messages = 0;
    const simulation = new Simulation({ seed: 1, codec: protobufCodec(() => messages++) });
    const traffic = new TrafficSampler(1);
    let answers = 0;
    simulation.watch(traffic);
    simulation.watch({ probed: () => answers++ });
    startMore(simulation, 3);
    simulation.pass(5000);
    expect(traffic.exchanges).toBeGreaterThan(10);
    // The answer to a probe is a boolean, and passes no codec of ours.
    expect(messages + answers).toBe(traffic.messages);
  });

  test("keeps the last of what happened as text", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    simulation.updateMeta(second, { name: "new" });
    const lines = simulation.trace.last(3);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain(`${second.address} meta {"name":"new"}`);
    expect(lines[2]).toContain(`${second.address} updated ${second.address}`);
  });
});

describe("time", () => {
  test("passes as told, with nothing to do as well", () => {
    const simulation = new Simulation({ seed: 1 });
    simulation.pass(1234);
    expect(simulation.now).toBe(1234);
  });

  test("runs out at exactly the limit, and what is due then has still happened", () => {
    const simulation = agreed(2);
    const start = simulation.now;
    let seen = false;
    simulation.at(start + 500, () => (seen = true));
    expect(simulation.passUntil(() => false, 499)).toBe(false);
    expect([simulation.now, seen]).toEqual([start + 499, false]);
    expect(simulation.passUntil(() => seen, 1)).toBe(true);
    expect(simulation.now).toBe(start + 500);
  });

  test("does not pass for what holds already", () => {
    const simulation = new Simulation({ seed: 1 });
    expect(simulation.passUntil(() => true, 1000)).toBe(true);
    expect(simulation.now).toBe(0);
  });

  test("does not go back for what was to be done in the past", () => {
    const simulation = new Simulation({ seed: 1 });
    simulation.pass(100);
    let at = NaN;
    simulation.at(50, () => (at = simulation.now));
    simulation.pass(0);
    expect(at).toBe(100);
  });
});

describe("a peer", () => {
  test("is there without taking part until it is started", () => {
    const simulation = new Simulation({ seed: 1 });
    const peer = simulation.addPeer();
    simulation.pass(5000);
    expect([peer.state, peer.protocol, simulation.running]).toEqual(["new", undefined, []]);
    simulation.start(peer);
    expect([peer.state, peer.life, simulation.running]).toEqual(["running", 1, [peer]]);
    expect(simulation.peerAt(peer.address)).toBe(peer);
  });

  test("that is started twice lives once", () => {
    const simulation = agreed(2);
    const [first] = peersOf(simulation);
    const protocol = first.protocol;
    simulation.start(first);
    expect([first.life, first.protocol]).toEqual([1, protocol]);
  });

  test("that stops says goodbye, ends once its calls are over and is held as left by all", () => {
    const simulation = agreed(3);
    const [first, second, third] = simulation.peers as [SimulatedPeer, SimulatedPeer, SimulatedPeer];
    simulation.stop(third);
    expect(third.state).toBe("leaving");
    simulation.pass(2 * simulation.timing.exchangeTimeoutMs);
    expect(third.state).toBe("ended");
    expect([held(first, third).status, held(second, third).status]).toEqual(["left", "left"]);
    expect(disagreement(simulation)).toBeUndefined();
  });

  test("that stops ends although nobody hears its goodbye", () => {
    const simulation = agreed(2);
    const [first, second] = peersOf(simulation);
    simulation.network.setAll({ loss: 1 });
    simulation.stop(second);
    const isOver = (): boolean => second.state === "ended";
    expect(simulation.passUntil(isOver, GOODBYES * simulation.timing.exchangeTimeoutMs)).toBe(true);
    expect(held(first, second).status).not.toBe("left");
  });

  test("that is killed says nothing, and calls to it are overdue", () => {
    const simulation = agreed(2, { timing: PLAIN_RULE });
    const [, second] = peersOf(simulation);
    simulation.kill(second);
    expect(second.state).toBe("ended");
    const { reason, afterMs } = firstRemoval(simulation);
    expect([reason, afterMs]).toEqual(["no answer for 1000 ms", 1000]); // it has seen no round trip yet
  });

  test("that is killed on a machine that lives on refuses, so that callers know after one way there and back", () => {
    const simulation = agreed(2, { timing: PLAIN_RULE, link: { latencyMs: 7 } });
    simulation.kill(peersOf(simulation)[1], { unheard: "refused" });
    const { reason, afterMs } = firstRemoval(simulation);
    expect(reason).toBe("UNAVAILABLE: connection refused");
    expect(afterMs).toBeCloseTo(14);
  });

  test("that is killed closes the connections of those who wait for its answer", () => {
    const simulation = agreed(2, { timing: PLAIN_RULE, link: { latencyMs: 100 } });
    const [first, second] = peersOf(simulation);
    let asked = false;
    simulation.watch({ sent: (from) => (asked ||= from === first) });
    simulation.passUntil(() => asked, 10_000);
    const since = simulation.now;
    simulation.kill(second);
    simulation.passUntil(() => held(first, second).status === "failed", 10_000);
    expect(simulation.now - since).toBe(100);
  });

  test("that ends closes the connections to it, which those hear who had any and can be reached", () => {
    const simulation = agreed(4, { link: { latencyMs: 5 } });
    simulation.pass(10_000); // each has called each
    const [first, second, third, fourth] = simulation.peers as [SimulatedPeer, ...SimulatedPeer[]];
    const stranger = simulation.addPeer();
    simulation.start(stranger);
    if (second === undefined || third === undefined || fourth === undefined) throw new Error("fewer than four");
    simulation.network.cut(second.address, third.address);
    const causes = diary(simulation);
    simulation.kill(second);
    simulation.pass(5);
    const isTold = (peer: SimulatedPeer): boolean => causes.of(peer).includes("closed");
    expect([first, third, fourth, stranger].map(isTold)).toEqual([true, false, true, false]);
  });

  test("whose connections close is told so, as are those at their other ends, and lives on", () => {
    const simulation = agreed(3);
    simulation.pass(5000);
    const [first, second, third] = peersOf(simulation);
    const causes = diary(simulation);
    expect([first, third].map((other) => other?.connections.has(second.address))).toContain(true);
    expect(simulation.disconnect(second)).toBe(2);
    simulation.pass(1);
    const closings = simulation.peers.map((peer) => causes.of(peer).filter((cause) => cause === "closed").length);
    expect(closings).toEqual([1, 2, 1]);
    simulation.pass(5000);
    expect([second.state, disagreement(simulation)]).toEqual(["running", undefined]);
  });

  test("whose connections close while it asks learns at once that nobody will answer", () => {
    const simulation = new Simulation({ seed: 1, link: { latencyMs: 300 } });
    const second = simulation.addPeer({ seeds: ["10.0.0.2:7946"] });
    simulation.start(simulation.addPeer());
    const causes = diary(simulation);
    simulation.start(second);
    simulation.pass(100);
    simulation.disconnect(second);
    simulation.pass(300);
    expect(causes.of(second)).toContain("unreachable");
  });

  test("that starts again in another cluster is refused by the first, and refuses it", () => {
    const simulation = agreed(3);
    const [first, second] = peersOf(simulation);
    simulation.kill(second);
    second.cluster = "another";
    simulation.start(second);
    const listsOther = (): boolean => second.protocol?.lists(first.address) === true;
    expect(simulation.passUntil(listsOther, 30_000)).toBe(false);
    expect(first.protocol?.lists(second.address)).toBe(false);
  });

  test("that does not answer one of them is tried by others, which whoever watches is shown", () => {
    const simulation = agreed(4);
    const [, second] = peersOf(simulation);
    const probed: string[] = [];
    simulation.watch({
      probed: (from, { recipient, target }) => {
        if (recipient !== target) probed.push(target);
        expect([recipient, target]).not.toContain(from.address);
      },
    });
    simulation.pass(10_000);
    expect(probed).toEqual([]);
    simulation.pause(second);
    expect(simulation.passUntil(() => probed.length >= 2, 10_000)).toBe(true);
    expect(new Set(probed)).toEqual(new Set([second.address]));
  });

  test("that starts again on its address has a higher generation and is listed again", () => {
    const simulation = agreed(3);
    const [first, second] = peersOf(simulation);
    const before = self(second);
    simulation.kill(second);
    simulation.passUntil(() => held(first, second).status === "failed", 60_000);
    simulation.start(second);
    expect(self(second).generation).toBeGreaterThan(before.generation);
    expect(self(second).generation - before.generation).toBe(Math.floor(simulation.now));
    agree(simulation);
    expect(held(first, second)).toEqual(self(second));
  });

  test("whose clock was set back starts with a lower generation and rises above the former", () => {
    const simulation = agreed(3);
    const [first, second] = peersOf(simulation);
    const before = self(second);
    simulation.kill(second);
    second.clockSkewMs = -1_000_000;
    simulation.start(second);
    expect(self(second).generation).toBeLessThan(before.generation);
    simulation.passUntil(() => held(first, second).generation > before.generation, 60_000);
    expect(held(first, second)).toMatchObject({ status: "alive", generation: before.generation + 1 });
  });

  test("that starts again while it is leaving ends its old life first, and its connections with it", () => {
    const simulation = agreed(2, { link: { latencyMs: 100 } });
    const [first, second] = peersOf(simulation);
    let asked = false;
    simulation.watch({ sent: (from) => (asked ||= from === first) });
    simulation.passUntil(() => asked, 10_000);
    const causes = diary(simulation);
    simulation.stop(second);
    expect(second.state).toBe("leaving");
    simulation.start(second);
    expect([second.state, second.life]).toEqual(["running", 2]);
    simulation.pass(100);
    expect(causes.of(first)).toContain("unreachable");
  });

  test("that starts again on a machine that refused calls refuses them no more", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    simulation.kill(second, { unheard: "refused" });
    expect(second.unheard).toBe("refused");
    simulation.start(second);
    expect(second.unheard).toBe("swallowed");
  });

  test("says new metadata to all, and in its next life too", () => {
    const simulation = agreed(3);
    const [first, second] = peersOf(simulation);
    simulation.updateMeta(second, { name: "new" });
    agree(simulation);
    expect(held(first, second).meta).toEqual({ name: "new" });
    simulation.kill(second);
    simulation.start(second);
    expect(self(second).meta).toEqual({ name: "new" });
  });

  test("that is given a seed while it runs finds the others", () => {
    const simulation = agreed(2);
    const lonely = simulation.addPeer();
    simulation.start(lonely);
    simulation.pass(5000);
    expect(disagreement(simulation)).toBeDefined();
    simulation.addSeed(lonely, peersOf(simulation)[0].address);
    agree(simulation);
  });
});

describe("a paused peer", () => {
  test("takes nothing in; what comes waits until it is resumed", () => {
    const simulation = agreed(3);
    const [first] = peersOf(simulation);
    const causes = diary(simulation);
    simulation.pause(first);
    simulation.pass(5000);
    expect(causes.of(first)).toEqual([]);
    expect(first.waiting.map(({ type }) => type)).toContain("request");
    simulation.resume(first);
    expect(first.waiting).toEqual([]);
    expect(causes.of(first)).toContain("request");
  });

  test("that is resumed takes its overdue timers first, though messages came before them", () => {
    const simulation = agreed(12);
    const [first] = peersOf(simulation);
    const causes = diary(simulation);
    // Paused just after a round, so that it is asked before its next alarm is due.
    simulation.pass(2000);
    simulation.passUntil(() => causes.of(first).at(-1) === "wake", 10_000);
    simulation.pause(first);
    simulation.pass(3000);
    const waited = first.waiting.map(({ type }) => type);
    expect(waited.indexOf("request")).toBeLessThan(waited.indexOf("wake"));
    const before = causes.of(first).length;
    simulation.resume(first);
    const taken = causes.of(first).slice(before);
    const isTimer = (cause: string): boolean => ["wake", "overdue", "unreachable"].includes(cause);
    expect(taken.filter(isTimer).length).toBeGreaterThan(0);
    expect(taken.slice(0, taken.filter(isTimer).length).every(isTimer)).toBe(true);
    expect(taken.filter((cause) => cause === "request" || cause === "probe")).toHaveLength(
      waited.filter((type) => type === "request").length,
    );
  });

  test("hears of new metadata and of a seed only when it is resumed", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    const causes = diary(simulation);
    simulation.pause(second);
    simulation.updateMeta(second, { name: "new" });
    simulation.addSeed(second, "10.9.9.9:1");
    expect([self(second).meta, second.meta, causes.of(second)]).toEqual([{}, {}, []]);
    simulation.resume(second);
    expect([self(second).meta, second.meta]).toEqual([{ name: "new" }, { name: "new" }]);
    expect(causes.of(second).filter((cause) => cause === "update-meta" || cause === "add-seed")).toEqual([
      "update-meta",
      "add-seed",
    ]);
  });

  test("that is killed never hears of what it was told meanwhile", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    simulation.pause(second);
    simulation.updateMeta(second, { name: "new" });
    simulation.kill(second);
    simulation.start(second);
    expect(self(second).meta).toEqual({});
  });

  test("is removed by the others, and listed again once it is resumed", () => {
    const simulation = agreed(3);
    const [first, second] = peersOf(simulation);
    simulation.pause(second);
    expect(simulation.passUntil(() => held(first, second).status === "failed", 60_000)).toBe(true);
    simulation.resume(second);
    agree(simulation);
    // A peer that slept blames nobody; it only refutes what was said of it.
    expect(self(second).incarnation).toBeGreaterThan(0);
  });

  test("that is stopped wakes for its goodbye", () => {
    const simulation = agreed(2);
    const [first, second] = peersOf(simulation);
    simulation.pause(second);
    simulation.stop(second);
    simulation.pass(simulation.timing.exchangeTimeoutMs);
    expect([second.state, held(first, second).status]).toEqual(["ended", "left"]);
  });
});

describe("a train of pauses", () => {
  /** How long each silence takes until nobody lists the frozen peer, one peer after the other. */
  function train(preset: Preset, count: number): number[] {
    const simulation = agreed(8, { timing: resolveTiming({ preset }) });
    const [, , ...others] = peersOf(simulation);
    return others.slice(0, count).map((frozen) => {
      simulation.pass(1500);
      const begunAt = simulation.now;
      simulation.pause(frozen);
      const listing = (): SimulatedPeer[] =>
        simulation.running.filter((peer) => peer !== frozen && peer.protocol?.lists(frozen.address));
      if (!simulation.passUntil(() => listing().length === 0, 20_000))
        throw new Error(`${frozen.address} is listed still`);
      const tookMs = simulation.now - begunAt;
      simulation.resume(frozen);
      agree(simulation);
      return tookMs;
    });
  }

  test("is noticed each time as soon as the first: what one frozen member answers late says nothing of the others", () => {
    for (const tookMs of train("lan", 5)) expect(tookMs).toBeLessThan(3500);
  });

  test("is noticed a second sooner with less patience", () => {
    for (const tookMs of train("quick", 5)) expect(tookMs).toBeLessThan(2000);
  });
});

describe("a starved peer", () => {
  const blockedFor = (ms: number): Rhythm => ({ asleepMs: () => ms, awakeMs: 100, goesOn: () => true });

  test("hears nothing and is not heard while it is blocked, though its own time goes on", () => {
    const simulation = agreed(3);
    const [first, second] = peersOf(simulation);
    const causes = diary(simulation);
    simulation.starve(second, blockedFor(3000));
    const heardBefore = causes.of(first).length;
    simulation.pass(2900);
    expect(new Set(causes.of(second))).toEqual(new Set(["wake", "overdue"]));
    expect(
      causes
        .of(first)
        .slice(heardBefore)
        .filter((cause) => cause === "request").length,
    ).toBeLessThanOrEqual(3);
    expect(second.waiting.map(({ type }) => type)).toContain("request");
    expect(second.unsent.length).toBeGreaterThan(0);
  });

  test("accuses others, since nothing tells it that the fault is its own, and hears in a burst when it is let go", () => {
    const simulation = agreed(3);
    const [first, second] = peersOf(simulation);
    const causes = diary(simulation);
    const accused = new Set<string>();
    simulation.watch({
      announced: (peer, { kind, member }) => {
        if (peer === second && kind === "suspected") accused.add(member.address);
      },
    });
    simulation.starve(second, blockedFor(12_000));
    simulation.pass(11_999);
    expect(accused).toContain(first.address);
    const before = causes.of(second).length;
    simulation.pass(1);
    expect([second.blocked, second.waiting, second.unsent]).toEqual([false, [], []]);
    expect(causes.of(second).slice(before)).toContain("request");
    simulation.pass(100);
    expect(second.blocked).toBe(true);
  });

  test("is free for good when whoever starves it resumes it and goes on no more", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    let goesOn = true;
    simulation.starve(second, { ...blockedFor(3000), goesOn: () => goesOn });
    simulation.pass(1000);
    goesOn = false;
    simulation.resume(second);
    expect(second.blocked).toBe(false);
    expect(simulation.passUntil(() => second.blocked, 20_000)).toBe(false);
  });

  test("that is killed has forgotten what it was to send", () => {
    const simulation = agreed(2);
    const [first, second] = peersOf(simulation);
    simulation.starve(second, blockedFor(3000));
    simulation.updateMeta(first, { name: "new" });
    simulation.pass(2000);
    simulation.kill(second);
    expect([second.blocked, second.waiting, second.unsent]).toEqual([false, [], []]);
  });
});

describe("a peer that gets a share of a processor", () => {
  /** The moments at which the second peer takes in three seeds that it is told at once. */
  function takenIn(share: number | undefined): number[] {
    const simulation = new Simulation({ seed: 1 });
    const peer = simulation.addPeer();
    simulation.start(peer);
    const moments: number[] = [];
    simulation.watch({ handled: (_, cause) => (cause === "add-seed" ? moments.push(simulation.now) : undefined) });
    simulation.limitCpu(peer, share);
    for (const host of ["a", "b", "c"]) simulation.addSeed(peer, `${host}:7946`);
    simulation.pass(1000);
    return moments;
  }

  test("takes in one message after the other, each the later the less it gets", () => {
    expect(takenIn(undefined)).toEqual([0, 0, 0]);
    expect(takenIn(0.1)).toEqual([12.5, 25, 37.5]);
    expect(takenIn(0.01)).toEqual([125, 250, 375]);
  });

  test("has its timers late as well while it is busy, and on time when the limit has ended", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    const causes = diary(simulation);
    simulation.limitCpu(second, 0.0001);
    simulation.updateMeta(second, { name: "busy" });
    const before = causes.of(second).length;
    simulation.pass(12_000);
    expect(causes.of(second).slice(before)).toEqual([]);
    simulation.limitCpu(second, undefined);
    simulation.pass(500);
    expect(self(second).meta).toEqual({ name: "busy" });
    agree(simulation);
  });

  test("stays on every list with a fiftieth, and is missed where it gets too little to answer", () => {
    const simulation = agreed(3);
    const [first, second] = peersOf(simulation);
    simulation.limitCpu(second, 0.02);
    simulation.pass(60_000);
    expect(held(first, second).status).toBe("alive");
    simulation.limitCpu(second, 0.0005);
    simulation.pass(60_000);
    expect(held(first, second).status).toBe("failed");
  });

  test("that is killed has forgotten what it was busy with, and keeps its limit in its next life", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    const causes = diary(simulation);
    simulation.limitCpu(second, 0.0001);
    simulation.updateMeta(second, { name: "busy" });
    simulation.kill(second);
    simulation.start(second);
    expect(causes.of(second)).toContain("wake");
    expect([second.cpuShare, self(second).meta.name]).toEqual([0.0001, undefined]);
  });
});

describe("a message for an earlier life", () => {
  const LATENCY = 300;

  /** The second asks the first, its seed, at moment 0. */
  function asking(): { simulation: Simulation; first: SimulatedPeer; second: SimulatedPeer } {
    const simulation = new Simulation({ seed: 1, link: { latencyMs: LATENCY } });
    const first = simulation.addPeer();
    const second = simulation.addPeer({ seeds: [first.address] });
    simulation.start(first);
    simulation.start(second);
    return { simulation, first, second };
  }

  test("is taken in where there is only one life", () => {
    const { simulation, first, second } = asking();
    const causes = diary(simulation);
    simulation.pass(2 * LATENCY);
    expect(causes.of(first)).toContain("request");
    expect(causes.of(second)).toContain("replied");
  });

  test("is dropped when it is a request", () => {
    const { simulation, first } = asking();
    const causes = diary(simulation);
    simulation.pass(100);
    simulation.kill(first);
    simulation.start(first);
    simulation.pass(LATENCY);
    expect(first.life).toBe(2);
    expect(causes.of(first)).not.toContain("request");
  });

  test("is dropped when it is a reply", () => {
    const { simulation, first, second } = asking();
    const causes = diary(simulation);
    simulation.pass(LATENCY + 100);
    expect(causes.of(first)).toContain("request");
    simulation.kill(second);
    second.seeds = [];
    simulation.start(second);
    simulation.pass(LATENCY);
    expect(causes.of(second)).not.toContain("replied");
  });
});

test("a name is looked up each time it is tried, and stands for what it means then", () => {
  const simulation = new Simulation({ seed: 1 });
  const other = simulation.addPeer();
  const peer = simulation.addPeer({ seeds: ["cluster:7946"] });
  let [lookups, addresses]: [number, string[]] = [0, []];
  simulation.setName("cluster:7946", () => {
    lookups++;
    return addresses;
  });
  simulation.start(other);
  simulation.start(peer);
  simulation.pass(5000);
  expect(lookups).toBeGreaterThan(1);
  expect(disagreement(simulation)).toBe(`peer 1 (${other.address}) does not list peer 2 (${peer.address})`);
  addresses = [other.address];
  agree(simulation);
});

describe("a disagreement", () => {
  test("is told in words, the first that there is", () => {
    const simulation = agreed(2);
    const [first, second] = peersOf(simulation);
    expect(disagreement(simulation)).toBeUndefined();
    simulation.updateMeta(second, { name: "new" });
    expect(disagreement(simulation)).toContain(`peer 1 (${first.address}) holds {} of peer 2 (${second.address})`);
    agree(simulation);
    simulation.kill(second);
    expect(disagreement(simulation)).toBe(`peer 1 (${first.address}) still lists ${second.address}`);
  });
});
