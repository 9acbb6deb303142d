import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Protocol } from "../../src/core/protocol.js";
import {
  converse,
  eventsIn,
  exchangesIn,
  exchangeWith,
  list,
  ME,
  protocolKnowing,
  protocolOf,
  replyFrom,
  replyIn,
  requestFrom,
  wake,
  wakeFor,
  warningsIn,
} from "../support/protocol.js";
import { sent } from "../support/records.js";

/** The partner of each of that many regular rounds, in which each exchange is answered at once. */
function chosenIn(protocol: Protocol, rounds: number): string[] {
  return Array.from({ length: rounds }, () => {
    const now = protocol.nextWakeAt;
    const [exchange, ...more] = exchangesIn(wake(protocol));
    if (exchange === undefined || more.length > 0) throw new Error("not one exchange in a round");
    protocol.handle({ type: "replied", id: exchange.id, reply: replyFrom(exchange.to) }, now);
    return exchange.to;
  });
}

describe("an exchange", () => {
  test("says who speaks to whom in which cluster, the own record, and of all others no more than a hash", () => {
    const protocol = protocolKnowing(["b:1", "c:1"], { meta: { name: "me" } });
    const { to, request, timeoutMs } = exchangesIn(wake(protocol))[0] ?? {};
    expect(to).toBe("c:1");
    expect(timeoutMs).toBe(1000);
    expect(request).toMatchObject({ cluster: "test", recipient: "c:1", sender: ME });
    expect(request).toMatchObject({ viewHash: protocol.viewHash, buckets: [], range: undefined });
    expect(request?.records).toEqual([sent({ address: ME, generation: 100, meta: { name: "me" } })]);
  });

  test("leaves both sides with the union of what they knew", () => {
    const [a, b] = [protocolKnowing(["c:1", "d:1"], { address: "a:1" }), protocolKnowing(["e:1"])];
    a.handle({ type: "add-seed", seed: ME }, 0);
    converse(a, b, exchangeWith(ME, a.handle({ type: "resolved", seed: ME, addresses: [ME] }, 0)), 0);
    expect(list(a)).toEqual(["a:1", "c:1", "d:1", "e:1", ME]);
    expect(list(b)).toEqual(list(a));
  });

  test("makes the asked side know the asking one, with no seed of its own", () => {
    const protocol = protocolOf();
    const answer = protocol.answer(requestFrom("b:1"), 0);
    expect(eventsIn(answer.effects)).toEqual(["joined b:1"]);
    expect(replyIn(answer).records.map(({ address }) => address)).toEqual([ME]);
    expect(list(protocol)).toEqual(["b:1", ME]);
  });

  test("with a peer of another cluster is refused, names both clusters and teaches nothing", () => {
    const protocol = protocolOf();
    const answer = protocol.answer({ ...requestFrom("b:1"), cluster: "other" }, 0);
    expect(answer).toMatchObject({ refusal: expect.stringMatching(/"test".*"other"/) });
    expect(answer.effects).toEqual([{ type: "warn", text: expect.stringMatching(/refused a call of b:1/) }]);
    expect(list(protocol)).toEqual([ME]);
  });

  test("meant for another address is refused, names both addresses and teaches nothing", () => {
    const protocol = protocolOf();
    const answer = protocol.answer({ ...requestFrom("b:1"), recipient: "was-here:1" }, 0);
    expect(answer).toEqual({ refusal: expect.stringMatching(/me:1.*was-here:1/), effects: [] });
    expect(list(protocol)).toEqual([ME]);
  });

  test("of a dialler that cannot know whom it reaches is answered", () => {
    expect(protocolOf().answer({ ...requestFrom("b:1"), recipient: "" }, 0)).toHaveProperty("reply");
  });

  test("whose outcome is told twice, or was never asked for, counts once", () => {
    const protocol = protocolKnowing(["b:1"]);
    const { id } = exchangeWith("b:1", wake(protocol));
    protocol.handle({ type: "replied", id, reply: replyFrom("b:1") }, 1);
    expect(protocol.handle({ type: "unreachable", id, reason: "late" }, 2)).toEqual([]);
    expect(protocol.handle({ type: "unreachable", id: 999, reason: "never asked" }, 2)).toEqual([]);
    expect(list(protocol)).toEqual(["b:1", ME]);
  });
});

describe("the turns", () => {
  test("are one each period, the second within the first period so that peers started together spread out", () => {
    const protocol = protocolKnowing(["b:1", "c:1"]);
    const at = [0, 1, 2, 3, 4].map(() => {
      const now = protocol.nextWakeAt;
      chosenIn(protocol, 1);
      return now;
    });
    const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = at;
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThan(100);
    expect([third - second, fourth - third, fifth - fourth].map(Math.round)).toEqual([100, 100, 100]);
  });

  test("over k(N-1) periods go k times to each member, give or take one, whatever chance and N", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer(),
        (others, k, chance) => {
          const members = Array.from({ length: others }, (_, at) => `m${at}:1`);
          const chosen = chosenIn(protocolKnowing(members, { chance }), k * others);
          const times = members.map((member) => chosen.filter((each) => each === member).length);
          expect(Math.min(...times)).toBeGreaterThanOrEqual(k - 1);
          expect(Math.max(...times)).toBeLessThanOrEqual(k + 1);
        },
      ),
    );
  });

  test("go first to those who never had one, also to those who come later", () => {
    const protocol = protocolKnowing(["b:1", "c:1", "d:1"]);
    expect(chosenIn(protocol, 3).at(-1)).toBe("b:1"); // it spoke first, so it has waited least
    protocol.answer(requestFrom("b:1", [sent({ address: "new:1" })]), protocol.nextWakeAt);
    expect(chosenIn(protocol, 1)).toEqual(["new:1"]);
  });

  test("count talk in either direction: who has just spoken waits longest", () => {
    const protocol = protocolKnowing(["b:1", "c:1"]);
    const [before = "", last = ""] = chosenIn(protocol, 4).slice(-2);
    protocol.answer(requestFrom(before), protocol.nextWakeAt);
    expect(chosenIn(protocol, 2)).toEqual([last, before]);
  });

  test("wait while the last is awaited, and then pass over a member that has not answered yet", () => {
    const protocol = protocolKnowing(["b:1", "c:1"]);
    const [first] = exchangesIn(wake(protocol));
    if (first === undefined) throw new Error("nobody is asked");
    expect([1, 2].flatMap(() => exchangesIn(wake(protocol)))).toEqual([]);
    protocol.handle({ type: "overdue", id: first.id }, protocol.nextWakeAt);
    const chosen = wakeFor(protocol, (effects) => {
      const calls = exchangesIn(effects);
      return calls.length > 0 ? calls.map(({ to }) => to) : undefined;
    });
    expect(chosen).not.toContain(first.to);
  });

  test("do not come early when the alarm does", () => {
    const protocol = protocolKnowing(["b:1"]);
    chosenIn(protocol, 2);
    const due = protocol.nextWakeAt;
    expect(protocol.handle({ type: "wake" }, due - 1)).toEqual([]);
    expect(protocol.nextWakeAt).toBe(due);
  });

  test("of a peer that knows nobody are silent", () => {
    const protocol = protocolOf();
    expect([1, 2, 3].flatMap(() => wake(protocol))).toEqual([]);
    expect(list(protocol)).toEqual([ME]);
  });
});

describe("metadata", () => {
  test("of the own peer show at once and are announced once, even when they are set again", () => {
    const protocol = protocolOf();
    const effects = [1, 2].flatMap(() => protocol.handle({ type: "update-meta", meta: { name: "new" } }, 1));
    expect(protocol.members()[0]?.meta).toEqual({ name: "new" });
    expect(eventsIn(effects)).toEqual(["updated me:1"]);
  });

  test("are never undone by a stale relay", () => {
    const protocol = protocolOf();
    const old = sent({ address: "b:1", incarnation: 1, meta: { name: "old" } });
    const fresh = sent({ address: "b:1", incarnation: 2, meta: { name: "fresh" } });
    protocol.answer(requestFrom("b:1", [fresh]), 0);
    const answer = protocol.answer(requestFrom("c:1", [old]), 1);
    expect(eventsIn(answer.effects)).toEqual(["joined c:1"]);
    expect(replyIn(answer).records).toContainEqual(fresh);
  });

  test("of a restarted peer are taken over though it counts from the beginning again", () => {
    const protocol = protocolOf();
    protocol.answer(requestFrom("b:1", [sent({ address: "b:1", incarnation: 9, meta: { name: "old" } })]), 0);
    const restarted = sent({ address: "b:1", generation: 2, meta: { name: "new" } });
    const answer = protocol.answer(requestFrom("b:1", [restarted]), 1);
    expect(eventsIn(answer.effects)).toEqual(["updated b:1"]);
    expect(protocol.members().find(({ address }) => address === "b:1")?.meta).toEqual({ name: "new" });
  });

  test("that differ within one incarnation are reported: two processes claim one address", () => {
    const protocol = protocolOf();
    protocol.answer(requestFrom("b:1", [sent({ address: "b:1", meta: { name: "one" } })]), 0);
    const { effects } = protocol.answer(requestFrom("c:1", [sent({ address: "b:1", meta: { name: "two" } })]), 1);
    expect(warningsIn(effects)).toEqual([expect.stringMatching(/two peers claim b:1.*says c:1/)]);
  });
});

test("beyond maxMembers whoever speaks for itself takes the place of one that never spoke", () => {
  const protocol = protocolKnowing(["b:1", "madeup:1"], { limits: { maxMembers: 3 } });
  const answer = protocol.answer(requestFrom("c:1", [sent({ address: "d:1" })]), 1);
  expect(eventsIn(answer.effects)).toEqual(["failed madeup:1", "joined c:1"]);
  expect(list(protocol)).toEqual(["b:1", "c:1", ME]);
});

test("after a sleep longer than the dead are remembered a peer knows nobody, and tries those whom it knew", () => {
  const protocol = protocolKnowing(["b:1", "c:1"], { timing: { tombstoneTtlMs: 10_000 } });
  const open = exchangesIn(wake(protocol));
  const now = 20_000;
  const stale = open.flatMap(({ id }) => protocol.handle({ type: "replied", id, reply: replyFrom("b:1") }, now));
  expect(eventsIn(stale).sort()).toEqual(["failed b:1", "failed c:1"]);
  expect(protocol.answer(requestFrom("c:1"), now + 1)).toMatchObject({ refusal: expect.stringMatching(/begins anew/) });
  expect(list(protocol)).toEqual([ME]);
  const tried = [1, 2, 3].flatMap(() => wake(protocol).flatMap((each) => (each.type === "resolve" ? [each.seed] : [])));
  expect(new Set(tried)).toEqual(new Set(["b:1", "c:1"]));
});

test("beyond maxMembers newcomers are refused with a warning that names them and the limit", () => {
  const protocol = protocolKnowing(["b:1"], { limits: { maxMembers: 2 } });
  const answer = protocol.answer(requestFrom("c:1"), 1);
  expect(warningsIn(answer.effects)).toEqual([expect.stringMatching(/c:1.*maxMembers is 2/)]);
  expect(eventsIn(answer.effects)).toEqual([]);
  expect(list(protocol)).toEqual(["b:1", ME]);
});
