import { describe, expect, jest, test } from "@jest/globals";
import { createRequire } from "node:module";
import { Counter, Registry, type OpenMetricsContentType } from "prom-client";
import type { Peer } from "../../src/index.js";
import { measurePeer } from "../../src/metrics/prometheus.js";
import { agreed, startPeer, startPeers, within } from "../support/peers.js";
import { until } from "../support/wait.js";

const AMPLE_MS = 5000;

/** Two peers that have found each other, both in a registry. */
async function twoMeasured(): Promise<{ first: Peer; second: Peer; registry: Registry; takeOut: () => void }> {
  const registry = new Registry();
  const [first, second] = (await startPeers(2)) as [Peer, Peer];
  const ends = [first, second].map((peer) => measurePeer(peer, registry));
  await until(within(2).joinMs, "they agree", () => agreed([first, second]));
  const takeOut = (): void => {
    for (const end of ends) end();
  };
  return { first, second, registry, takeOut };
}

/** The value of a sample by its name and labels, as they stand in the text. */
function valueIn(text: string, sample: string): number | undefined {
  const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

const of = ({ address }: Peer): string => `cluster="default",peer="${address}"`;

describe("a registry of prom-client", () => {
  test("tells how it stands with a peer at the moment when it is asked", async () => {
    const { first, second, registry } = await twoMeasured();
    const text = await registry.metrics();
    expect(valueIn(text, `gossip_members{${of(first)},status="alive"}`)).toBe(2);
    expect(valueIn(text, `gossip_state{${of(first)},state="joined"}`)).toBe(1);
    expect(valueIn(text, `gossip_state{${of(first)},state="unreachable"}`)).toBe(0);
    expect(valueIn(text, `gossip_transitions_total{${of(first)},kind="joined"}`)).toBe(1);
    await second.stop();
    await until(within(2).leaveMs, "the leave", () => agreed([first]));
    const later = await registry.metrics();
    expect(valueIn(later, `gossip_members{${of(first)},status="alive"}`)).toBe(1);
    expect(valueIn(later, `gossip_members{${of(first)},status="left"}`)).toBe(1);
    expect(valueIn(later, `gossip_state{${of(second)},state="stopped"}`)).toBe(1);
  });

  test("tells several peers apart, whose views have the same hash where they agree", async () => {
    const { first, second, registry } = await twoMeasured();
    await until(AMPLE_MS, "the hashes are equal", async () => {
      const text = await registry.metrics();
      const [one, other] = [first, second].map((peer) => valueIn(text, `gossip_view_hash{${of(peer)}}`));
      return one !== undefined && one === other;
    });
  });

  test("has the durations of answers in seconds, from when the peer was added", async () => {
    const { first, registry } = await twoMeasured();
    await until(
      AMPLE_MS,
      "an answer is counted",
      async () => (valueIn(await registry.metrics(), `gossip_call_duration_seconds_count{${of(first)}}`) ?? 0) > 0,
    );
    const text = await registry.metrics();
    const [sum = Infinity, count = 0] = ["sum", "count"].map((what) =>
      valueIn(text, `gossip_call_duration_seconds_${what}{${of(first)}}`),
    );
    expect(sum / count).toBeLessThan(AMPLE_MS / 1000);
    expect(valueIn(text, `gossip_call_duration_seconds_bucket{le="+Inf",${of(first)}}`)).toBe(count);
    expect(text).toMatch(/^gossip_event_loop_lag_seconds_count/m);
  });

  test("has no certificate and no round trip where there is none", async () => {
    const registry = new Registry();
    measurePeer(await startPeer(), registry);
    const text = await registry.metrics();
    expect(text).toMatch(/^# TYPE gossip_certificate_expiry_timestamp_seconds gauge$/m);
    expect(text).not.toMatch(/^gossip_(certificate|round_trip)/m);
  });

  test("asks each peer once, however many metrics are told", async () => {
    const peer = await startPeer();
    let asked = 0;
    const registry = new Registry();
    measurePeer(
      {
        address: peer.address,
        stats: () => (asked++, peer.stats()),
        onDuration: (listener) => peer.onDuration(listener),
      },
      registry,
    );
    asked = 0;
    await registry.metrics();
    expect(asked).toBe(1);
    await registry.metrics();
    expect(asked).toBe(2);
  });

  test("is as it was when its peers are taken out, and takes them again", async () => {
    const { first, registry, takeOut } = await twoMeasured();
    takeOut();
    takeOut();
    expect((await registry.metrics()).trim()).toBe("");
    measurePeer(first, registry);
    expect(valueIn(await registry.metrics(), `gossip_members{${of(first)},status="alive"}`)).toBe(2);
  });

  test("keeps the other peers when one is taken out", async () => {
    const { first, second, registry } = await twoMeasured();
    const takeOut = measurePeer(second, registry);
    takeOut();
    const text = await registry.metrics();
    expect(text).toContain(of(first));
    expect(text).not.toContain(of(second));
  });

  test("that has a metric of that name already is left as it is", async () => {
    const registry = new Registry();
    new Counter({ name: "gossip_calls_total", help: "of somebody else", registers: [registry] });
    const peer = await startPeer();
    expect(() => measurePeer(peer, registry)).toThrow("the registry has another metric gossip_calls_total");
    expect(registry.getMetricsAsArray()).toHaveLength(1);
  });

  test("may be of another copy of prom-client", async () => {
    jest.resetModules();
    const copy = createRequire(import.meta.url)("prom-client") as { Registry: typeof Registry };
    expect(copy.Registry).not.toBe(Registry);
    const registry = new copy.Registry();
    const peer = await startPeer();
    measurePeer(peer, registry);
    expect(valueIn(await registry.metrics(), `gossip_members{${of(peer)},status="alive"}`)).toBe(1);
  });

  test("tells counters by the same names as OpenMetrics", async () => {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    measurePeer(await startPeer(), registry);
    const text = await registry.metrics();
    expect(text).toMatch(/^# TYPE gossip_calls counter$/m);
    expect(text).toMatch(/^gossip_calls_total\{/m);
  });
});
