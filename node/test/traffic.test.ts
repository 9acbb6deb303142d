import { Server } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "@jest/globals";
import { GossipClient } from "../src/grpc/client.js";
import { encodeProbe, encodeRequest } from "../src/grpc/gossip-codec.js";
import { Meter } from "../src/grpc/meter.js";
import { schema } from "../src/grpc/schema.js";
import type { Peer, Traffic } from "../src/index.js";
import { ROUND_TRIP_BOUNDS_MS, roundTripWithin, trafficBetween } from "../src/testbed.js";
import { agreed, freePort, peerOf, startPeer, within } from "./support/peers.js";
import { anyRequest } from "./support/records.js";
import { listen } from "./support/servers.js";
import { until } from "./support/wait.js";
import { call } from "./support/wire.js";

/** A period so long that after the first exchange nothing is said by itself. */
const QUIET = { pingPeriodMs: 300_000 };
const AMPLE_MS = 5000;
const NOTHING: Omit<Traffic, "startedAtMs" | "runningForMs"> = {
  exchanges: { asked: 0, answered: 0 },
  probes: { asked: 0, answered: 0 },
  unanswered: 0,
  messages: { sent: 0, received: 0 },
  bytes: { sent: 0, received: 0 },
  roundTrips: Array<number>(ROUND_TRIP_BOUNDS_MS.length + 1).fill(0),
};

const clients = new Set<GossipClient>();
afterEach(() => {
  for (const client of clients) client.close();
});

/** Somebody who is no peer, and counts what it says. */
function stranger(): { client: GossipClient; meter: Meter } {
  const meter = new Meter();
  const client = new GossipClient({ maxConnections: 10, meter });
  clients.add(client);
  return { client, meter };
}

function answers({ roundTrips }: Traffic): number {
  return roundTrips.reduce((sum, count) => sum + count, 0);
}

describe("the traffic of a peer", () => {
  test("is nothing before it runs, and nothing as long as nobody talks to it", async () => {
    const peer = peerOf(QUIET);
    expect(peer.traffic()).toEqual({ startedAtMs: 0, runningForMs: 0, ...NOTHING });
    await peer.run();
    expect(peer.traffic()).toEqual({
      startedAtMs: expect.any(Number),
      runningForMs: expect.any(Number),
      ...NOTHING,
    });
    expect(Math.abs(peer.traffic().startedAtMs - Date.now())).toBeLessThan(AMPLE_MS);
  });

  test("is, of two that talk to each other alone, what the other says of it", async () => {
    const first = await startPeer(QUIET);
    const second = await startPeer({ ...QUIET, seeds: [first.address] });
    await until(within(2).joinMs, "they find each other", () => agreed([first, second]));
    const mirrored = ({ exchanges, probes, messages, bytes }: Traffic): unknown => ({
      exchanges: [exchanges.answered, exchanges.asked],
      probes: [probes.answered, probes.asked],
      messages: [messages.received, messages.sent],
      bytes: [bytes.received, bytes.sent],
    });
    const plain = ({ exchanges, probes, messages, bytes }: Traffic): unknown => ({
      exchanges: [exchanges.asked, exchanges.answered],
      probes: [probes.asked, probes.answered],
      messages: [messages.sent, messages.received],
      bytes: [bytes.sent, bytes.received],
    });
    const same = (): boolean => JSON.stringify(plain(first.traffic())) === JSON.stringify(mirrored(second.traffic()));
    await until(AMPLE_MS, "what is under way has arrived", same);
    const { exchanges, probes, messages, unanswered } = second.traffic();
    expect(exchanges.asked).toBeGreaterThan(0);
    expect(messages.sent).toBe(exchanges.asked + exchanges.answered + probes.asked + probes.answered);
    expect(messages.received).toBe(messages.sent);
    expect(answers(second.traffic())).toBe(exchanges.asked + probes.asked);
    expect(unanswered).toBe(0);
  });

  test("has every byte of an exchange, on both sides", async () => {
    const peer = await startPeer(QUIET);
    const { client, meter } = stranger();
    const request = { ...anyRequest, cluster: "default", recipient: peer.address };
    await client.exchange(peer.address, request, AMPLE_MS);
    const bytes = schema.GossipService.service.Exchange.requestSerialize(encodeRequest(request)).length;
    const { exchanges, probes, messages, bytes: counted, unanswered } = meter.read();
    expect({ exchanges, probes, unanswered }).toEqual({
      exchanges: { asked: 1, answered: 0 },
      probes: { asked: 0, answered: 0 },
      unanswered: 0,
    });
    expect([messages, counted.sent]).toEqual([{ sent: 1, received: 1 }, bytes]);
    expect(answers(meter.read())).toBe(1);
    expect(peer.traffic()).toMatchObject({
      exchanges: { answered: 1 },
      messages: { received: 1 },
      bytes: { received: bytes },
    });
    expect(peer.traffic().bytes.sent).toBeGreaterThanOrEqual(counted.received);
  });

  test("has what was refused as received and not as answered, and at the other side as unanswered", async () => {
    const peer = await startPeer(QUIET);
    const { client, meter } = stranger();
    const probe = { cluster: "another", recipient: peer.address, sender: "a:1", target: peer.address };
    await expect(client.probe(peer.address, probe, AMPLE_MS)).rejects.toThrow(/FAILED_PRECONDITION/);
    const sent = schema.GossipService.service.Probe.requestSerialize(encodeProbe(probe)).length;
    expect(peer.traffic()).toMatchObject({
      ...NOTHING,
      messages: { sent: 0, received: 1 },
      bytes: { sent: 0, received: sent },
    });
    expect(meter.read()).toMatchObject({ probes: { asked: 1 }, unanswered: 1, messages: { received: 0 } });
    expect(answers(meter.read())).toBe(0);
  });

  test("has what was said to nobody as sent and unanswered", async () => {
    const { client, meter } = stranger();
    await expect(client.exchange(`127.0.0.1:${await freePort()}`, anyRequest, AMPLE_MS)).rejects.toThrow();
    expect(meter.read()).toMatchObject({ exchanges: { asked: 1 }, unanswered: 1, messages: { sent: 1, received: 0 } });
  });

  test("has no round trip of a probe of a third, since that takes as long as the third does", async () => {
    const [peer, other] = await Promise.all([startPeer(QUIET), startPeer(QUIET)]);
    const { client, meter } = stranger();
    const probe = { cluster: "default", recipient: peer.address, sender: "a:1" };
    await client.probe(peer.address, { ...probe, target: peer.address }, AMPLE_MS);
    expect(answers(meter.read())).toBe(1);
    await client.probe(peer.address, { ...probe, target: other.address }, AMPLE_MS);
    expect(answers(meter.read())).toBe(1);
    expect(meter.read().probes.asked).toBe(2);
  });

  test("is counted on a server of the user's, too, and who looks is not", async () => {
    const server = new Server();
    const peer: Peer = await startPeer({ ...QUIET, address: await listen(server), server });
    await call(peer.address, "MembershipService", "GetMembers", {});
    const published = await call(peer.address, "MembershipService", "GetTraffic", {});
    expect(published).toMatchObject({ started_at_ms: String(peer.traffic().startedAtMs) });
    expect(peer.traffic()).toMatchObject(NOTHING);
    await stranger().client.exchange(peer.address, { ...anyRequest, cluster: "default", recipient: "" }, AMPLE_MS);
    expect(peer.traffic().exchanges.answered).toBe(1);
  });
});

describe("two readings of the traffic of a peer", () => {
  const earlier: Traffic = { ...NOTHING, startedAtMs: 5, runningForMs: 1000, unanswered: 3 };

  test("differ by what happened between them", () => {
    const later = { ...earlier, runningForMs: 3000, unanswered: 5, bytes: { sent: 100, received: 0 } };
    expect(trafficBetween(earlier, later)).toEqual({
      ...NOTHING,
      startedAtMs: 5,
      runningForMs: 2000,
      unanswered: 2,
      bytes: { sent: 100, received: 0 },
    });
  });

  test("cannot be compared when it restarted meanwhile, or says that less happened than before", () => {
    expect(trafficBetween(earlier, { ...earlier, startedAtMs: 6 })).toBeUndefined();
    expect(trafficBetween(earlier, { ...earlier, unanswered: 2 })).toBeUndefined();
  });
});

test("a share of the round trips was within a bound: the smallest that is told", () => {
  const counts = (change: Record<number, number>): number[] => Object.assign([...NOTHING.roundTrips], change);
  expect(roundTripWithin(NOTHING.roundTrips, 0.5)).toBeUndefined();
  expect(roundTripWithin(counts({ 0: 1 }), 0.99)).toBe(0.5);
  expect(roundTripWithin(counts({ 0: 50, 3: 49, 23: 1 }), 0.5)).toBe(0.5);
  expect(roundTripWithin(counts({ 0: 50, 3: 49, 23: 1 }), 0.51)).toBe(1.5);
  expect(roundTripWithin(counts({ 0: 50, 3: 49, 23: 1 }), 0.99)).toBe(1.5);
  expect(roundTripWithin(counts({ 0: 50, 3: 49, 23: 1 }), 1)).toBe(5000);
  expect(roundTripWithin(counts({ 24: 2 }), 0.5)).toBe(Infinity);
});
