import { describe, expect, test } from "@jest/globals";
import type { Effect, ExchangeReply, ExchangeRequest, SentRecord } from "../../src/core/messages.js";
import type { Protocol } from "../../src/core/protocol.js";
import type { MemberRecord } from "../../src/core/record.js";
import {
  INVARIANTS,
  Invariants,
  Simulation,
  Violation,
  type InvariantName,
  type SimulatedPeer,
  type SimulationOptions,
} from "../../src/simulator/index.js";
import { agree, held, peersOf, self, startMore } from "../support/simulation.js";
import { sent } from "../support/records.js";

interface Watched {
  readonly simulation: Simulation;
  readonly invariants: Invariants;
  readonly first: SimulatedPeer;
  readonly second: SimulatedPeer;
}

/** Peers that were watched from their start and agree. */
function watched(count = 2, options: Partial<SimulationOptions> = {}): Watched {
  const simulation = new Simulation({ seed: 1, ...options });
  const invariants = new Invariants(simulation);
  simulation.watch(invariants);
  startMore(simulation, count);
  agree(simulation);
  const [first, second] = peersOf(simulation);
  return { simulation, invariants, first, second };
}

/** The first violation, and none where everything holds. */
function violationIn(act: () => void): InvariantName | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof Violation) return error.invariant;
    throw error;
  }
  return undefined;
}

/** Three peers between which every record becomes, on its way, what is told here. */
function tamperedWith(change: (record: SentRecord, sender: string) => readonly SentRecord[]): void {
  const tamper = <T extends { readonly sender: string; readonly records: readonly SentRecord[] }>(message: T): T => ({
    ...message,
    records: message.records.flatMap((record) => change(record, message.sender)),
  });
  watched(3, { codec: { request: tamper, reply: tamper } });
}

let revision = 1_000_000;

/** A saboteur in the place of a protocol: what it holds and how much of it is made up. */
function pretend(
  { invariants }: Watched,
  peer: SimulatedPeer,
  said: { records?: readonly MemberRecord[]; sizes?: Partial<ReturnType<Protocol["sizes"]>> },
): void {
  const real = peer.protocol;
  if (real === undefined) throw new Error("never started");
  const fake = {
    revision: ++revision,
    members: () => said.records ?? real.members({ includeGone: true }),
    sizes: () => ({ ...real.sizes(), ...said.sizes }),
  };
  invariants.handled(Object.create(peer, { protocol: { value: fake } }) as SimulatedPeer, "wake", []);
}

/** The second is killed and the first holds it as failed. */
function withOneFailed(options: Partial<SimulationOptions> = {}): Watched & { readonly asAlive: MemberRecord } {
  const all = watched(2, options);
  const { simulation, first, second } = all;
  const asAlive = held(first, second);
  simulation.kill(second);
  simulation.passUntil(() => held(first, second).status === "failed", 60_000);
  return { ...all, asAlive };
}

function exchangeOf(peer: SimulatedPeer, to: SimulatedPeer): Effect {
  const request: ExchangeRequest = {
    cluster: "default",
    recipient: to.address,
    sender: peer.address,
    records: [],
    viewHash: 0,
    buckets: [],
    range: undefined,
  };
  return { type: "exchange", id: 1, to: to.address, request, timeoutMs: 1, deadlineMs: 1000 };
}

function replyOf(peer: SimulatedPeer, records: readonly SentRecord[]): ExchangeReply {
  return { sender: peer.address, records, viewHash: 0, bucketHashes: [] };
}

/** Ways to break each. A new invariant is not complete before it is here. */
const SABOTAGE: Record<InvariantName, Record<string, () => void>> = {
  "only the owner speaks for itself": {
    "another is held with a higher incarnation": () => {
      const all = watched();
      pretend(all, all.first, { records: [self(all.first), { ...self(all.second), incarnation: 1 }] });
    },
    "a generation is raised on its way": () => {
      tamperedWith((record) => [{ ...record, generation: record.generation + 1 }]);
    },
  },
  "records never go back": {
    "an earlier incarnation comes back": () => {
      const all = watched();
      const { simulation, first, second } = all;
      const before = held(first, second);
      simulation.updateMeta(second, { name: "new" });
      agree(simulation);
      pretend(all, first, { records: [self(first), before] });
    },
    "an earlier life comes back from the dead": () => {
      const all = withOneFailed();
      const earlier = { ...all.asAlive, generation: all.asAlive.generation - 1 };
      pretend(all, all.first, { records: [self(all.first), earlier] });
    },
  },
  "nobody is listed that never was": {
    "somebody is made up": () => {
      tamperedWith((record) => [record, { ...record, address: "10.9.9.9:1" }]);
    },
  },
  "the dead stay dead": {
    "one that failed is listed again as it was": () => {
      const all = withOneFailed();
      pretend(all, all.first, { records: [self(all.first), all.asAlive] });
    },
    "one that left is listed again as it was": () => {
      const all = watched();
      const { simulation, first, second } = all;
      const before = held(first, second);
      simulation.stop(second);
      simulation.passUntil(() => held(first, second).status === "left", 10_000);
      pretend(all, first, { records: [self(first), before] });
    },
  },
  "a peer lists itself": {
    "it has no record of itself": () => {
      const all = watched();
      pretend(all, all.first, { records: [self(all.second)] });
    },
    "it takes itself for failed": () => {
      const all = watched();
      pretend(all, all.first, { records: [{ ...self(all.first), status: "failed" }, self(all.second)] });
    },
  },
  "silence after the goodbye": {
    "it starts an exchange after it": () => {
      const { simulation, invariants, first, second } = watched();
      simulation.stop(second);
      invariants.handled(second, "wake", [exchangeOf(second, first)]);
    },
  },
  "messages keep their limits": {
    "a sender leaves itself out": () => {
      tamperedWith((record, sender) => (record.address === sender ? [] : [record]));
    },
    "a message has one record too many": () => {
      const { invariants, first } = watched(2, { limits: { maxRecordsPerMessage: 2 } });
      const records = [self(first), ...["a:1", "b:1"].map((address) => sent({ address }))].map((record) =>
        sent(record),
      );
      invariants.sent(first, replyOf(first, records));
    },
    "its owner says too much of itself": () => {
      const { simulation, second } = watched();
      simulation.updateMeta(second, { name: "n".repeat(129) });
    },
    "an owner starts with too much to say": () => {
      const simulation = new Simulation({ seed: 1 });
      simulation.watch(new Invariants(simulation));
      simulation.start(simulation.addPeer({ meta: { name: "n".repeat(129) } }));
    },
    "a name is too long": () => {
      tamperedWith((record) => [{ ...record, meta: { name: "n".repeat(129) } }]);
    },
  },
  "memory is bounded": {
    "there are too many tombstones": () => {
      const all = watched();
      pretend(all, all.first, { sizes: { tombstones: 2001 } });
    },
    "there are too many members": () => {
      const all = watched(2, { limits: { maxMembers: 2 } });
      pretend(all, all.first, { sizes: { live: 3 } });
    },
    "exchanges are never closed": () => {
      const all = watched();
      pretend(all, all.first, { sizes: { calls: 10_000 } });
    },
    "partners are never forgotten": () => {
      const all = watched();
      pretend(all, all.first, { sizes: { partners: 10_000 } });
    },
  },
};

describe.each(Object.keys(INVARIANTS) as InvariantName[])("%s: a violation is thrown when", (name) => {
  test.each(Object.entries(SABOTAGE[name]))("%s", (_, act) => {
    expect(violationIn(act)).toBe(name);
  });
});

describe("nothing is thrown", () => {
  test("in a run with joins, news, a crash, a goodbye and a restart, and all of it is checked", () => {
    const { simulation, invariants, second } = watched(5, { link: { loss: 0.1, jitterMs: 20 } });
    const [, , third, fourth] = simulation.peers;
    if (third === undefined || fourth === undefined) throw new Error("there are five");
    simulation.updateMeta(second, { name: "new" });
    simulation.kill(third);
    simulation.stop(fourth);
    simulation.pass(15_000);
    simulation.start(third);
    agree(simulation);
    expect(invariants.checks).toBeGreaterThan(100);
  });

  test("when a message holds as many records as it may", () => {
    const { invariants, first } = watched(2, { limits: { maxRecordsPerMessage: 2 } });
    const records = [sent(self(first)), sent({ address: "a:1" })];
    const send = (): void => {
      invariants.sent(first, replyOf(first, records));
    };
    expect(violationIn(send)).toBeUndefined();
  });

  test("when somebody is back as it was, once its tombstone has run out and not before", () => {
    const TTL = 20_000;
    const all = withOneFailed({ timing: { tombstoneTtlMs: TTL } });
    const { simulation, first, asAlive } = all;
    const comeBack = (): void => {
      pretend(all, first, { records: [self(first), asAlive] });
    };
    simulation.pass(TTL - 1);
    expect(violationIn(comeBack)).toBe("the dead stay dead");
    simulation.pass(1);
    expect(violationIn(comeBack)).toBeUndefined();
  });
});

test("a violation says what does not hold, what that means and who broke it", () => {
  const all = watched();
  const { first, second } = all;
  const raised = { ...self(second), incarnation: 7 };
  expect(() => {
    pretend(all, first, { records: [self(first), raised] });
  }).toThrow(
    new RegExp(
      `"only the owner speaks for itself" does not hold \\(nobody holds .*\\): ${first.address} holds ${second.address} ` +
        `alive \\(generation ${raised.generation}, incarnation 7\\), its owner is at ${second.address}`,
    ),
  );
});
