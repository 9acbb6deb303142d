import { afterEach, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { connect, type AddressInfo } from "node:net";
import type { Server } from "node:http";
import { serveMetrics } from "../../src/metrics/server.js";
import { startPeer } from "../support/peers.js";
import { until } from "../support/wait.js";

const AMPLE_MS = 5000;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** The address at which the metrics of a peer of its own are served. */
async function served(): Promise<string> {
  const server = await serveMetrics(await startPeer(), "127.0.0.1:0");
  servers.push(server);
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("the metrics over HTTP", () => {
  test("are at /metrics, in the format of Prometheus", async () => {
    const response = await fetch(`http://${await served()}/metrics?whatever`);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
    ]);
    expect(await response.text()).toMatch(/^gossip_members\{cluster="default",peer=".*",status="alive"\} 1$/m);
  });

  test("have histograms from the first question on, the same for all who ask", async () => {
    const url = `http://${await served()}/metrics`;
    const lags = async (): Promise<number> =>
      Number(/^gossip_event_loop_lag_seconds_count.* (\d+)$/m.exec(await (await fetch(url)).text())?.[1] ?? 0);
    expect(await Promise.all([lags(), lags()])).toEqual([0, 0]);
    await until(AMPLE_MS, "a lag is counted", async () => (await lags()) > 0);
    const before = await lags();
    expect(await lags()).toBeGreaterThanOrEqual(before);
  });

  test("are a 500 with the reason where they cannot be told, and the peer lives on", async () => {
    const peer = await startPeer();
    const broken = {
      stats: () => {
        throw new Error("no stats today");
      },
      address: peer.address,
      onDuration: peer.onDuration.bind(peer),
    };
    const server = await serveMetrics(broken, "127.0.0.1:0");
    servers.push(server);
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining("no stats today")]);
    expect(peer.getMembers().size).toBe(1);
  });

  test.each([
    ["elsewhere", "/", "GET", 404, "the metrics are at /metrics\n"],
    ["for being written", "/metrics", "POST", 405, "the metrics can be read, and nothing else\n"],
  ])("are not %s, and the answer says what is right", async (_, path, method, status, text) => {
    const response = await fetch(`http://${await served()}${path}`, { method });
    expect([response.status, await response.text()]).toEqual([status, text]);
  });

  test("are told to sixteen connections at a time, and one more is closed", async () => {
    const [host = "", port] = (await served()).split(":");
    const sockets = Array.from({ length: 16 }, () => connect(Number(port), host));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const oneMore = connect(Number(port), host);
    await once(oneMore, "close");
    for (const socket of sockets) socket.destroy();
  });

  test("cannot be where somebody else is", async () => {
    const peer = await startPeer();
    await expect(serveMetrics(peer, peer.address)).rejects.toThrow("EADDRINUSE");
  });
});
