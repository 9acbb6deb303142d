import { describe, expect, test } from "@jest/globals";
import {
  askingOf,
  exchangeWith,
  GENERATION,
  ME,
  passPeacefully,
  protocolKnowing,
  protocolOf,
  replyFrom,
  requestFrom,
  REST,
  restedKnowing,
  wake,
  WITH_NEWS,
  type Exchange,
} from "../support/protocol.js";
import type { Protocol } from "../../src/core/protocol.js";
import { sent } from "../support/records.js";

/** A protocol that has just accused b:1, the only other member, and the call that tells b:1 so. */
function accusing(): { protocol: Protocol; notice: Exchange } {
  const protocol = protocolKnowing(["b:1"]);
  const { id } = exchangeWith("b:1", wake(protocol));
  const effects = protocol.handle({ type: "unreachable", id, reason: "silent" }, 500);
  return { protocol, notice: exchangeWith("b:1", effects) };
}

describe("the numbers of a protocol", () => {
  test("say at the start that it is alone, well and has seen nothing", () => {
    expect(protocolOf().stats()).toEqual({
      transitions: { joined: 0, updated: 0, suspected: 0, recovered: 0, failed: 0, left: 0 },
      suspicions: { made: 0, wrong: 0, suffered: 0, refuted: 0 },
      records: { news: 0, duplicates: 0 },
      members: { alive: 1, suspect: 0, failed: 0, left: 0 },
      viewHash: expect.any(Number),
      generation: GENERATION,
      incarnation: 0,
      localHealth: 0,
      roundTripMs: undefined,
      newsWaiting: 0,
    });
  });

  test("are a snapshot, which does not change with the protocol", () => {
    const protocol = protocolOf();
    const before = protocol.stats();
    protocol.answer(requestFrom("b:1"), 0);
    expect(before).toMatchObject({ transitions: { joined: 0 }, members: { alive: 1 }, records: { news: 0 } });
    expect(protocol.stats()).toMatchObject({ transitions: { joined: 1 }, members: { alive: 2 }, records: { news: 1 } });
  });

  test("have members by their status, the gone as long as they are remembered", () => {
    const { protocol } = accusing();
    protocol.answer(requestFrom("c:1", [sent({ address: "d:1", status: "left" })]), 500);
    expect(protocol.stats().members).toEqual({ alive: 2, suspect: 1, failed: 0, left: 1 });
  });

  test("have records that say nothing new as duplicates, but for the senders' own", () => {
    const protocol = protocolKnowing(["b:1", "c:1"]);
    const { news } = protocol.stats().records;
    protocol.answer(requestFrom("b:1", [sent({ address: "c:1" }), sent({ address: "d:1" })]), 0);
    expect(protocol.stats().records).toEqual({ news: news + 1, duplicates: 1 });
  });

  test("have members of whom there is news until it is told", () => {
    const protocol = restedKnowing(["b:1", "c:1"], { timing: WITH_NEWS });
    protocol.handle({ type: "update-meta", meta: { name: "new" } }, REST);
    expect(protocol.stats().newsWaiting).toBe(1);
    passPeacefully(protocol, REST + 1000);
    expect(protocol.stats().newsWaiting).toBe(0);
  });

  test("have how long answers take", () => {
    const protocol = protocolKnowing(["b:1"]);
    const { id } = exchangeWith("b:1", wake(protocol));
    protocol.handle({ type: "replied", id, reply: replyFrom("b:1") }, 7);
    expect(protocol.stats().roundTripMs).toBe(7);
  });
});

describe("of suspicions the numbers have", () => {
  test("one that is made, and the local health that it costs", () => {
    const { protocol } = accusing();
    expect(protocol.stats()).toMatchObject({
      suspicions: { made: 1, wrong: 0 },
      transitions: { suspected: 1 },
      localHealth: 1,
    });
  });

  test("one that is made though another accused first, once", () => {
    const protocol = protocolKnowing(["b:1", "c:1"]);
    const { exchange, now } = askingOf(protocol, "b:1");
    const suspect = { ...sent({ address: "b:1", status: "suspect" }), accusers: [{ address: "c:1", broken: false }] };
    protocol.answer(requestFrom("c:1", [suspect]), now + 1);
    expect(protocol.stats().suspicions.made).toBe(0);
    protocol.handle({ type: "unreachable", id: exchange.id, reason: "refused", refused: true }, now + 2);
    expect(protocol.stats().suspicions.made).toBe(1);
    expect(protocol.stats().transitions.suspected).toBe(1);
  });

  test("one that was wrong, where the member denies in the same life", () => {
    const { protocol, notice } = accusing();
    const reply = replyFrom("b:1", [sent({ address: "b:1", incarnation: 1 })]);
    protocol.handle({ type: "replied", id: notice.id, reply }, 501);
    expect(protocol.stats()).toMatchObject({ suspicions: { made: 1, wrong: 1 }, transitions: { recovered: 1 } });
  });

  test("none that was wrong where another life denies: the former one had ended", () => {
    const { protocol, notice } = accusing();
    const reply = replyFrom("b:1", [sent({ address: "b:1", generation: 2 })]);
    protocol.handle({ type: "replied", id: notice.id, reply }, 501);
    expect(protocol.stats()).toMatchObject({ suspicions: { made: 1, wrong: 0 }, transitions: { recovered: 1 } });
  });

  test("one that is suffered and refuted, however many tell of it", () => {
    const protocol = protocolOf();
    const rumour = sent({ address: ME, status: "suspect", generation: GENERATION });
    for (const sender of ["b:1", "c:1", "d:1"]) protocol.answer(requestFrom(sender, [rumour]), 0);
    expect(protocol.stats()).toMatchObject({ suspicions: { suffered: 1, refuted: 1 }, incarnation: 1 });
  });
});
