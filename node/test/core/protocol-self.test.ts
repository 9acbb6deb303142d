import { describe, expect, test } from "@jest/globals";
import type { Effect } from "../../src/core/messages.js";
import type { Protocol } from "../../src/core/protocol.js";
import { MAX_COUNTER, type Status } from "../../src/core/record.js";
import {
  answerAll,
  eventsIn,
  exchangesIn,
  exchangeWith,
  GENERATION,
  held,
  list,
  ME,
  protocolKnowing,
  protocolOf,
  replyFrom,
  replyIn,
  requestFrom,
  wake,
  warningsIn,
} from "../support/protocol.js";
import { sent } from "../support/records.js";

const rumour = (status: Status, generation = GENERATION, incarnation = 0, goneForMs = 0) =>
  sent({ address: ME, status, generation, incarnation, goneForMs });

describe("a peer that hears itself called", () => {
  test.each<Status>(["suspect", "failed", "left"])("%s says in its reply that it is not so", (status) => {
    const protocol = protocolOf();
    const reply = replyIn(protocol.answer(requestFrom("b:1", [rumour(status)]), 0));
    expect(reply.records).toContainEqual(sent({ address: ME, generation: GENERATION, incarnation: 1 }));
    expect(held(protocol, ME)).toBe("alive 100.1");
  });

  test.each<Status>(["suspect", "failed", "left"])("%s in a reply goes back at once and says so", (status) => {
    const protocol = protocolKnowing(["b:1"]);
    const { id } = exchangeWith("b:1", wake(protocol));
    const effects = protocol.handle({ type: "replied", id, reply: replyFrom("b:1", [rumour(status)]) }, 1);
    expect(exchangeWith("b:1", effects).request.records[0]).toMatchObject({ status: "alive", incarnation: 1 });
  });

  test("failed is listed all the while, and makes no event of it", () => {
    const protocol = protocolOf();
    const { effects } = protocol.answer(requestFrom("b:1", [rumour("failed")]), 0);
    expect(eventsIn(effects)).toEqual(["joined b:1"]);
    expect(list(protocol)).toContain(ME);
  });

  test("failed in a later incarnation than it has had goes above that", () => {
    const protocol = protocolOf();
    protocol.answer(requestFrom("b:1", [rumour("failed", GENERATION, 7)]), 0);
    expect(held(protocol, ME)).toBe("alive 100.8");
  });

  test("alive in a later incarnation than it has had goes above that too, for its metadata are not its own", () => {
    const protocol = protocolOf({ meta: { name: "mine" } });
    protocol.answer(requestFrom("b:1", [{ ...rumour("alive", GENERATION, 7), meta: { name: "theirs" } }]), 0);
    expect(held(protocol, ME)).toBe("alive 100.8");
    expect(protocol.members()[0]?.meta).toEqual({ name: "mine" });
  });

  test("failed in an earlier life or incarnation need not answer", () => {
    const protocol = protocolOf();
    protocol.handle({ type: "update-meta", meta: { name: "n" } }, 0);
    protocol.answer(requestFrom("b:1", [rumour("failed", GENERATION - 1, 99), rumour("left", GENERATION, 0)]), 0);
    expect(held(protocol, ME)).toBe("alive 100.1");
  });

  test("by the very record it has does nothing", () => {
    const protocol = protocolKnowing(["b:1"]);
    const { id } = exchangeWith("b:1", wake(protocol));
    expect(protocol.handle({ type: "replied", id, reply: replyFrom("b:1", [rumour("alive")]) }, 1)).toEqual([]);
    expect(held(protocol, ME)).toBe("alive 100.0");
  });

  test("into a life with a faster clock starts a life above that", () => {
    const protocol = protocolOf();
    protocol.answer(requestFrom("b:1", [rumour("failed", 5000, 3)]), 0);
    expect(held(protocol, ME)).toBe("alive 5001.0");
  });

  test("something other within its own incarnation warns that two claim its address", () => {
    const protocol = protocolOf({ meta: { name: "mine" } });
    const { effects } = protocol.answer(requestFrom("b:1", [{ ...rumour("alive"), meta: { name: "theirs" } }]), 0);
    expect(warningsIn(effects)).toEqual([expect.stringMatching(/two peers claim me:1/)]);
  });

  test.each([
    ["others hold instead of the own begins a life above that", "theirs", "alive 101.0"],
    ["others do not hold instead of the own stays as it is", "a", "alive 100.0"],
  ])("by metadata of its own incarnation that %s", (_, name, after) => {
    const protocol = protocolOf({ meta: { name: "mine" } });
    protocol.answer(requestFrom("b:1", [{ ...rumour("alive"), meta: { name } }]), 0);
    expect(held(protocol, ME)).toBe(after);
    expect(protocol.members()[0]?.meta).toEqual({ name: "mine" });
  });

  test("failed at the highest incarnation there is starts a life above that, since no incarnation is", () => {
    const protocol = protocolOf();
    const reply = replyIn(protocol.answer(requestFrom("b:1", [rumour("failed", GENERATION, MAX_COUNTER)]), 0));
    expect(reply.records).toContainEqual(sent({ address: ME, generation: GENERATION + 1, incarnation: 0 }));
    expect(held(protocol, ME)).toBe("alive 101.0");
  });

  test("failed in a life a century ahead does not believe it, says so once, and stays as it is", () => {
    const protocol = protocolOf();
    const rumours = [1, 2].map((at) => protocol.answer(requestFrom("b:1", [rumour("failed", MAX_COUNTER, 0)]), at));
    expect(rumours.map(({ effects }) => warningsIn(effects))).toEqual([
      [expect.stringMatching(/b:1 tells of me:1/)],
      [],
    ]);
    expect(held(protocol, ME)).toBe("alive 100.0");
  });

  test("failed at the last incarnation but one has room for the change after that", () => {
    const protocol = protocolOf();
    protocol.answer(requestFrom("b:1", [rumour("failed", GENERATION, MAX_COUNTER - 1)]), 0);
    expect(held(protocol, ME)).toBe(`alive 100.${MAX_COUNTER}`);
    protocol.handle({ type: "update-meta", meta: { name: "n" } }, 1);
    expect(held(protocol, ME)).toBe("alive 101.0");
  });
});

describe("a peer of whose address another claims a later life", () => {
  const lifted = (protocol: Protocol, generation: number, now: number) =>
    protocol.answer(requestFrom("b:1", [rumour("alive", generation)]), now).effects;

  test("begins a life above that once, since its clock may be slower than before", () => {
    const protocol = protocolOf();
    expect(warningsIn(lifted(protocol, 5000, 0))).toEqual([]);
    expect(held(protocol, ME)).toBe("alive 5001.0");
    expect(protocol.condition(0).name).toBe("joined");
  });

  test("does so a second time, warns of the other process, and then waits ever longer", () => {
    const protocol = protocolOf();
    lifted(protocol, 5000, 0);
    expect(warningsIn(lifted(protocol, 5002, 1))).toEqual([expect.stringMatching(/another process claims me:1 too/)]);
    expect(held(protocol, ME)).toBe("alive 5003.0");
    expect(protocol.condition(1).name).toBe("conflicting");
    let [now, generation] = [1, 9000];
    for (const periods of [8, 16, 32, 64, 64]) {
      generation += 10;
      lifted(protocol, generation, now + periods * 100 - 1);
      expect(held(protocol, ME)).not.toBe(`alive ${generation + 1}.0`);
      now += periods * 100;
      lifted(protocol, generation, now);
      expect(held(protocol, ME)).toBe(`alive ${generation + 1}.0`);
    }
  });
});

describe("a peer that others cannot call", () => {
  const callsOf = (effects: readonly Effect[]): Effect[] => exchangesIn(effects);

  /** Called failed in the reply to its next call, and well in the one after that. */
  function accused(protocol: Protocol, incarnation: number): readonly Effect[] {
    const now = protocol.nextWakeAt;
    const { id } = exchangeWith("b:1", wake(protocol));
    const accusation = replyFrom("b:1", [rumour("failed", GENERATION, incarnation)]);
    const effects = protocol.handle({ type: "replied", id, reply: accusation }, now);
    answerAll(protocol, callsOf(effects), now);
    return effects;
  }

  test("denies three accusations in a row, then no more, and warns of it", () => {
    const protocol = protocolKnowing(["b:1"], { timing: { indirectProbes: 0 } });
    for (const times of [0, 1, 2]) {
      accused(protocol, times);
      expect(held(protocol, ME)).toBe(`alive 100.${times + 1}`);
    }
    expect(warningsIn(accused(protocol, 3))).toEqual([expect.stringMatching(/others cannot reach this peer at me:1/)]);
    expect(held(protocol, ME)).toBe("alive 100.3");
    expect(protocol.condition(0).name).toBe("unreachable");
  });

  test("denies again once somebody has called it", () => {
    const protocol = protocolKnowing(["b:1"], { timing: { indirectProbes: 0 } });
    for (const times of [0, 1, 2, 3]) accused(protocol, times);
    protocol.answer(requestFrom("b:1", [rumour("failed", GENERATION, 3)]), protocol.nextWakeAt - 1);
    expect(held(protocol, ME)).toBe("alive 100.4");
    expect(protocol.condition(0).name).toBe("joined");
  });
});

describe("leaving", () => {
  const others = ["b:1", "c:1", "d:1", "e:1", "f:1"];

  test("tells a few, who pass it on, and says goodbye in its own record", () => {
    const told = exchangesIn(protocolKnowing(others).handle({ type: "leave" }, 1));
    expect(told).toHaveLength(3);
    expect(new Set(told.map(({ to }) => to)).size).toBe(3);
    for (const { request } of told) expect(request.records[0]).toMatchObject({ address: ME, status: "left" });
  });

  test("tells also the seed whose answer is still under way, for it may hold us alive already", () => {
    const protocol = protocolOf();
    protocol.handle({ type: "add-seed", seed: "seed:1" }, 0);
    wake(protocol);
    exchangeWith("seed:1", protocol.handle({ type: "resolved", seed: "seed:1", addresses: ["seed:1"] }, 0));
    const goodbye = exchangeWith("seed:1", protocol.handle({ type: "leave" }, 1));
    expect(goodbye.request).toMatchObject({ recipient: "", records: [{ address: ME, status: "left" }] });
  });

  test("with nobody there tells nobody", () => {
    expect(protocolOf().handle({ type: "leave" }, 1)).toEqual([]);
  });

  test("is no event to whoever leaves, and it stays in its own list", () => {
    const protocol = protocolKnowing(others);
    expect(eventsIn(protocol.handle({ type: "leave" }, 1))).toEqual([]);
    expect(list(protocol)).toContain(ME);
  });

  test("is the last thing that is sent, whatever happens afterwards", () => {
    const protocol = protocolKnowing(others);
    protocol.handle({ type: "add-seed", seed: "seed:1" }, 0);
    const open = exchangesIn(wake(protocol));
    const goodbyes = exchangesIn(protocol.handle({ type: "leave" }, 1));
    expect(protocol.nextWakeAt).toBe(Infinity);

    const [first, second] = goodbyes.map(({ id }) => id);
    const after = [
      ...protocol.handle({ type: "wake" }, 1000),
      ...protocol.handle({ type: "leave" }, 1001),
      ...protocol.handle({ type: "add-seed", seed: "other:1" }, 1002),
      ...protocol.handle({ type: "resolved", seed: "seed:1", addresses: ["seed:1"] }, 1003),
      ...open.flatMap(({ id }) => protocol.handle({ type: "unreachable", id, reason: "gone" }, 1004)),
      ...protocol.handle({ type: "replied", id: first ?? 0, reply: replyFrom("b:1", [rumour("failed")]) }, 1005),
      ...protocol.handle({ type: "replied", id: second ?? 0, reply: replyFrom("c:1") }, 1006),
      ...protocol.answer(requestFrom("g:1", [rumour("failed")]), 1008).effects,
    ];
    expect(after).toEqual([]);
    expect(protocol.nextWakeAt).toBe(Infinity);
  });

  test("is told to another of those who were to hear it when one of them does not answer", () => {
    const protocol = protocolKnowing(["b:1", "c:1", "d:1", "e:1", "f:1", "g:1"]);
    const goodbyes = exchangesIn(protocol.handle({ type: "leave" }, 1));
    const [first] = goodbyes;
    if (first === undefined) throw new Error("nobody was told");
    const again = exchangesIn(protocol.handle({ type: "unreachable", id: first.id, reason: "gone" }, 2));
    expect(again.map(({ request }) => request.range)).toEqual([first.request.range]);
    expect(goodbyes.map(({ to }) => to)).not.toContain(again[0]?.to);
    expect(again[0]?.request.records[0]).toMatchObject({ address: ME, status: "left" });
  });

  test("gives up after a while where nobody answers", () => {
    const protocol = protocolKnowing(others);
    let open = exchangesIn(protocol.handle({ type: "leave" }, 1));
    let told = open.length;
    for (let now = 2; open.length > 0 && told < 100; now++) {
      open = open.flatMap(({ id }) => exchangesIn(protocol.handle({ type: "unreachable", id, reason: "gone" }, now)));
      told += open.length;
    }
    expect(told).toBe(3 * 6);
  });

  test("is told to whoever still asks", () => {
    const protocol = protocolKnowing(others);
    protocol.handle({ type: "leave" }, 1);
    expect(replyIn(protocol.answer(requestFrom("b:1"), 2)).records[0]).toMatchObject({ address: ME, status: "left" });
  });

  test("of another is told apart from a failure and holds against rumours that it lives or failed", () => {
    const protocol = protocolKnowing(others);
    const goodbye = sent({ address: "b:1", status: "left" });
    expect(eventsIn(protocol.answer(requestFrom("b:1", [goodbye]), 1).effects)).toEqual(["left b:1"]);
    const rumours = (["alive", "suspect", "failed"] as const).map((status) => sent({ address: "b:1", status }));
    expect(eventsIn(protocol.answer(requestFrom("c:1", rumours), 2).effects)).toEqual([]);
    expect(held(protocol, "b:1")).toBe("left 1.0");
  });
});
