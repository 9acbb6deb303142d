import { describe, expect, test } from "@jest/globals";
import type { Effect } from "../../src/core/messages.js";
import { budgets } from "../../src/core/timing.js";
import { versionProblem, type Versions } from "../../src/core/versions.js";
import { Simulation, type SimulatedPeer } from "../../src/simulator/index.js";
import {
  eventsIn,
  exchangeWith,
  list,
  protocolKnowing,
  protocolOf,
  replyFrom,
  replyIn,
  requestFrom,
  wake,
  warningsIn,
} from "../support/protocol.js";

const PERIOD_MS = 100;
const LATER: Versions = { oldest: 2, newest: 3 };
const BOTH: Versions = { oldest: 1, newest: 2 };
const WHY = "it speaks versions 2 to 3 of the protocol, and this peer version 1";

test.each<[Versions, Versions | undefined, string | undefined]>([
  [{ oldest: 1, newest: 1 }, undefined, undefined],
  [BOTH, undefined, undefined],
  [BOTH, LATER, undefined],
  [LATER, BOTH, undefined],
  [LATER, undefined, "it speaks version 1 of the protocol, and this peer versions 2 to 3"],
  [{ oldest: 1, newest: 1 }, LATER, WHY],
])("whoever speaks %j understands %j unless none is in both: %j", (ours, theirs, problem) => {
  expect(versionProblem(ours, theirs)).toBe(problem);
});

describe("a peer that is called in a version that it does not speak", () => {
  test("learns nothing, says so to the caller and, once a minute, in a warning", () => {
    const protocol = protocolOf();
    const asked = (now: number): readonly Effect[] => {
      const answer = protocol.answer({ ...requestFrom("later:1"), versions: LATER }, now);
      expect(replyIn(answer)).toMatchObject({ sender: protocol.address, records: [], bucketHashes: [] });
      return answer.effects;
    };
    expect(warningsIn(asked(0))).toEqual([`nothing is learnt from later:1: ${WHY}`]);
    expect([warningsIn(asked(30_000)), warningsIn(asked(61_000))]).toEqual([[], [expect.stringContaining(WHY)]]);
    expect(list(protocol)).toEqual([protocol.address]);
  });

  test("says which versions it speaks itself, where that is more than the first", () => {
    const protocol = protocolOf({ versions: LATER });
    expect(replyIn(protocol.answer(requestFrom("first:1"), 0)).versions).toEqual(LATER);
    expect(list(protocol)).toEqual([protocol.address]);
  });
});

describe("a peer that is answered in a version that it does not speak", () => {
  test("learns nothing, and says what stands in the way of its joining", () => {
    const protocol = protocolOf();
    protocol.handle({ type: "add-seed", seed: "later:1" }, 0);
    wake(protocol);
    const resolved = protocol.handle({ type: "resolved", seed: "later:1", addresses: ["10.0.0.1:1"] }, 0);
    const { id, to } = exchangeWith("10.0.0.1:1", resolved);
    const reply = { ...replyFrom("later:1"), versions: LATER };
    expect(warningsIn(protocol.handle({ type: "replied", id, reply }, 10))).toContain(
      `nothing is learnt from later:1: ${WHY}`,
    );
    expect(list(protocol)).toEqual([protocol.address]);
    expect(protocol.condition(10)).toEqual({ name: "joining", reason: `seed ${to}: ${WHY}` });
  });

  test("accuses nobody of it, whom others may well understand", () => {
    const protocol = protocolKnowing(["a:1", "later:1"]);
    const { id } = exchangeWith("later:1", protocol.handle({ type: "wake" }, protocol.nextWakeAt));
    const reply = { ...replyFrom("later:1"), versions: LATER };
    expect(eventsIn(protocol.handle({ type: "replied", id, reply }, protocol.nextWakeAt))).toEqual([]);
    expect(list(protocol)).toContain("later:1");
  });
});

describe("a cluster of several versions", () => {
  /** Starts peers that speak these versions, the first the seed of all, and says what changes for them from now on. */
  function started(versions: readonly Versions[]): { simulation: Simulation; peers: SimulatedPeer[]; seen: string[] } {
    const simulation = new Simulation({ seed: 1, timing: { pingPeriodMs: PERIOD_MS } });
    const seen: string[] = [];
    simulation.watch({ announced: (by, { kind, member }) => seen.push(`${by.address} ${kind} ${member.address}`) });
    const peers = versions.map((each) => {
      const [first] = simulation.peers;
      const peer = simulation.addPeer({ seeds: first === undefined ? [] : [first.address] });
      peer.versions = each;
      simulation.start(peer);
      return peer;
    });
    return { simulation, peers, seen };
  }
  const listOf = ({ protocol }: SimulatedPeer): string[] => (protocol === undefined ? [] : list(protocol));
  const joined = (peers: readonly SimulatedPeer[]): boolean =>
    peers.every((peer) => listOf(peer).length === peers.length);

  test("that have none in common is two, and stays so without anybody being listed or removed", () => {
    const { simulation, peers, seen } = started([BOTH, { oldest: 3, newest: 3 }, BOTH]);
    simulation.pass(budgets(simulation.timing, 3).settleMs * 3);
    expect(peers.map((peer) => listOf(peer).length)).toEqual([2, 1, 2]);
    expect(seen).toHaveLength(2);
  });

  test("is one where somebody speaks with both sides, and stays so without a suspicion", () => {
    const { simulation, peers, seen } = started([BOTH, LATER, { oldest: 1, newest: 1 }, LATER, BOTH]);
    expect(simulation.passUntil(() => joined(peers), budgets(simulation.timing, 5).settleMs)).toBe(true);
    seen.length = 0;
    simulation.pass(budgets(simulation.timing, 5).settleMs * 5);
    expect(seen).toEqual([]);
  });

  test("learns through whoever speaks with both sides of changes and of ends", () => {
    const { simulation, peers } = started([BOTH, LATER, { oldest: 1, newest: 1 }]);
    const [, later, first] = peers as [SimulatedPeer, SimulatedPeer, SimulatedPeer];
    const { settleMs, crashMs } = budgets(simulation.timing, 3);
    expect(simulation.passUntil(() => joined(peers), settleMs)).toBe(true);
    simulation.updateMeta(later, { name: "later" });
    const nameAtFirst = (): unknown =>
      first.protocol?.members().find(({ address }) => address === later.address)?.meta.name;
    expect(simulation.passUntil(() => nameAtFirst() === "later", settleMs)).toBe(true);
    simulation.kill(later);
    expect(simulation.passUntil(() => !listOf(first).includes(later.address), crashMs + settleMs)).toBe(true);
  });
});
