import { describe, expect, test } from "@jest/globals";
import { ROUND_TRIP_BOUNDS_MS } from "../src/testbed.js";
import { createAuthority, set } from "./support/certificates.js";
import { agreed, freePort, peerOf, startPeer, startPeers, within } from "./support/peers.js";
import { until } from "./support/wait.js";

const AMPLE_MS = 5000;
const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);

describe("the numbers of a peer", () => {
  test("are zero before it runs, and stay as they were when it has stopped", async () => {
    const peer = peerOf();
    expect(peer.stats()).toMatchObject({ state: "new", cluster: "default", generation: 0, channels: 0 });
    expect(peer.stats().members).toEqual({ alive: 0, suspect: 0, failed: 0, left: 0 });
    await peer.run();
    expect(peer.stats()).toMatchObject({ state: "alone", address: peer.address, members: { alive: 1 } });
    const { generation } = peer.stats();
    expect(Math.abs(generation - Date.now())).toBeLessThan(AMPLE_MS);
    await peer.stop();
    expect(peer.stats()).toMatchObject({ state: "stopped", generation, members: { alive: 0, left: 1 } });
  });

  test("have the same view hash at peers that agree, and calls, round trips and channels", async () => {
    const peers = await startPeers(2);
    const [first, second] = peers;
    await until(within(2).joinMs, "they agree", () => agreed(peers));
    await until(AMPLE_MS, "both have calls answered", () => peers.every((peer) => peer.stats().calls.answered > 0));
    await until(AMPLE_MS, "their views are equal", () => first.stats().viewHash === second?.stats().viewHash);
    const { calls, channels, roundTripMs, state, traffic, transitions } = first.stats();
    expect({ channels, state, joined: transitions.joined }).toEqual({ channels: 1, state: "joined", joined: 1 });
    expect(roundTripMs).toBeGreaterThan(0);
    expect(calls.answered).toBe(sum(traffic.roundTrips));
  });

  test("have what came of calls that were not answered", async () => {
    const peer = await startPeer({ seeds: [`127.0.0.1:${await freePort()}`] });
    await until(AMPLE_MS, "the seed was called", () => peer.stats().calls.unreachable > 0);
    expect(peer.stats().calls).toMatchObject({ answered: 0, silent: 0, failed: 0 });
    expect(peer.stats().traffic.unanswered).toBeGreaterThan(0);
  });

  test("have how late the timer rang, also when the process was busy for 50 ms", async () => {
    const peer = await startPeer({ pingPeriodMs: 10 });
    const { eventLoopLags: before } = peer.stats();
    const end = performance.now() + 100;
    while (performance.now() < end);
    const longest = ROUND_TRIP_BOUNDS_MS.findIndex((bound) => bound >= 70);
    const late = (lags: readonly number[]): number => sum(lags.slice(longest));
    await until(AMPLE_MS, "it is counted", () => late(peer.stats().eventLoopLags) > late(before));
  });

  test("have when the own certificate ends, with TLS", async () => {
    expect((await startPeer()).stats().certificateExpiresAtMs).toBeUndefined();
    const until = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
    const tls = await set(await createAuthority(), { ips: ["127.0.0.1"], until });
    expect((await startPeer({ tls })).stats().certificateExpiresAtMs).toBe(until.getTime());
  });
});

describe("a listener for durations", () => {
  test("is told each round trip and each lag until it is taken back", async () => {
    const [first] = await startPeers(2);
    const told = { roundTrip: 0, eventLoopLag: 0 };
    const end = first.onDuration({
      roundTrip: (ms) => (told.roundTrip += ms > 0 ? 1 : 0),
      eventLoopLag: (ms) => (told.eventLoopLag += ms >= 0 ? 1 : 0),
    });
    await until(AMPLE_MS, "both were told", () => told.roundTrip > 0 && told.eventLoopLag > 0);
    end();
    const before = { ...told };
    const calls = first.stats().calls.answered;
    await until(AMPLE_MS, "more was answered", () => first.stats().calls.answered > calls + 1);
    expect(told).toEqual(before);
  });

  test("that throws is logged, and no call fails of it", async () => {
    const errors: string[] = [];
    const quiet = (): void => undefined;
    const logger = {
      debug: quiet,
      info: quiet,
      warn: quiet,
      error: (_: object, text: string) => void errors.push(text),
    };
    const [first] = await startPeers(2, { logger });
    const broken = (): never => {
      throw new Error("broken");
    };
    first.onDuration({ roundTrip: broken, eventLoopLag: broken });
    await until(AMPLE_MS, "it is logged", () => errors.some((text) => text.includes('"roundTrip" threw')));
    expect(first.stats().calls).toMatchObject({ failed: 0 });
  });
});
