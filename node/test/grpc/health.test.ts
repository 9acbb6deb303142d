import { Server, status, type ClientReadableStream } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import { healthHandlers } from "../../src/grpc/health-service.js";
import type { ServedPeer } from "../../src/grpc/served-peer.js";
import { conventions } from "../../src/grpc/schema.js";
import type { PeerState } from "../../src/index.js";
import { createAuthority, set } from "../support/certificates.js";
import { freePort, peerOf, startPeer, within } from "../support/peers.js";
import { listen, serve } from "../support/servers.js";
import { until } from "../support/wait.js";
import { call, listenTo } from "../support/wire.js";

const HEALTH = "grpc.health.v1.Health";
const READINESS = "gossip.v1.GossipService";

async function check(address: string, service: string): Promise<unknown> {
  return (await call(address, HEALTH, "Check", { service }))["status"];
}

/** What a watcher of a service is told, as it comes, and last the code with which the stream ended. */
function watch(address: string, service: string): { told: unknown[]; stream: ClientReadableStream<unknown> } {
  const told: unknown[] = [];
  const stream = listenTo(address, HEALTH, "Watch", { service });
  stream.on("data", ({ status }: { status: string }) => told.push(status));
  stream.on("error", () => undefined);
  stream.on("status", ({ code }) => told.push(code));
  return { told, stream };
}

/** Waits until a watcher was told just that. */
async function hears(told: readonly unknown[], expected: readonly unknown[]): Promise<void> {
  await until(
    within(4).silenceMs,
    () => `told ${told.join(", ")}, not ${expected.join(", ")}`,
    () => told.join() === expected.join(),
  );
}

describe("a peer, asked by gRPC's Health service,", () => {
  test("is alive and, alone by choice, ready; a service that it does not know is NOT_FOUND", async () => {
    const { address } = await startPeer();
    expect([await check(address, ""), await check(address, READINESS)]).toEqual(["SERVING", "SERVING"]);
    await expect(check(address, "gossip.v2.GossipService")).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: '"gossip.v2.GossipService" is no service of this peer',
    });
  });

  test("is alive and not ready while it looks for others in vain, as its list of services says, too", async () => {
    const { address } = await startPeer({ seeds: [`127.0.0.1:${await freePort()}`] });
    expect([await check(address, ""), await check(address, READINESS)]).toEqual(["SERVING", "NOT_SERVING"]);
    expect(await call(address, HEALTH, "List", {})).toEqual({
      statuses: { "": { status: "SERVING" }, [READINESS]: { status: "NOT_SERVING" } },
    });
  });

  test("tells who watches that it has joined, and that it leaves, before it ends the stream", async () => {
    const port = await freePort();
    const peer = await startPeer({ seeds: [`127.0.0.1:${port}`] });
    const { told } = watch(peer.address, READINESS);
    await hears(told, ["NOT_SERVING"]);
    const seed = await startPeer({ address: `127.0.0.1:${port}` });
    await hears(told, ["NOT_SERVING", "SERVING"]);
    await Promise.all([seed.stop(), peer.stop()]);
    expect(told.filter((each, at) => each !== told[at - 1])).toEqual([
      "NOT_SERVING",
      "SERVING",
      "NOT_SERVING",
      status.OK,
    ]);
  });

  test("tells who watches a service that it does not know just that, and goes on", async () => {
    const { address } = await startPeer();
    const [unknown, known] = [watch(address, "nothing"), watch(address, "")];
    await hears(unknown.told, ["SERVICE_UNKNOWN"]);
    await hears(known.told, ["SERVING"]);
    expect(unknown.told).toEqual(["SERVICE_UNKNOWN"]);
  });

  test("sends one watcher more than maxWatchers away, until one of them ends", async () => {
    const { address } = await startPeer({ maxWatchers: 1 });
    const first = watch(address, "");
    await hears(first.told, ["SERVING"]);
    await hears(watch(address, "").told, [status.RESOURCE_EXHAUSTED]);
    first.stream.cancel();
    let last = watch(address, "");
    await until(
      within(1).silenceMs,
      () => `there is room again: ${last.told.join()}`,
      () => {
        if (last.told.includes(status.RESOURCE_EXHAUSTED)) last = watch(address, "");
        return last.told.join() === "SERVING";
      },
    );
  });
});

const states: Record<PeerState["name"], string> = {
  new: "NOT_SERVING",
  starting: "NOT_SERVING",
  alone: "SERVING",
  joining: "NOT_SERVING",
  joined: "SERVING",
  unreachable: "NOT_SERVING",
  conflicting: "NOT_SERVING",
  leaving: "NOT_SERVING",
  stopped: "NOT_SERVING",
};

test.each(Object.entries(states))("a peer that is %s is %s", async (name, expected) => {
  const peer = { state: () => ({ name, reason: "" }) } as unknown as ServedPeer;
  const address = await serve(conventions.Health.service, healthHandlers(peer, new Set(), 1));
  expect(await check(address, READINESS)).toBe(expected);
  expect(await check(address, "")).toBe("SERVING");
});

describe("an address for health alone", () => {
  test("answers in plain text where the peer speaks to members only, and tells nothing else", async () => {
    const tls = await set(await createAuthority(), { ips: ["127.0.0.1"] });
    const { address, healthAddress = "" } = await startPeer({ tls, healthAddress: "127.0.0.1:0" });
    expect(await check(healthAddress, READINESS)).toBe("SERVING");
    await expect(check(address, READINESS)).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await expect(call(healthAddress, "MembershipService", "GetMembers", {})).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
    });
  });

  test("that is taken already ends the start, and leaves nothing running", async () => {
    const { address } = await startPeer();
    const peer = peerOf({ healthAddress: address });
    await expect(peer.run()).rejects.toThrow(/EADDRINUSE/);
    await expect(check(peer.address, "")).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });
});

test("a server of the user's keeps a health service of its own", async () => {
  const server = new Server();
  const own = { Check: () => undefined, List: () => undefined, Watch: () => undefined };
  server.addService(conventions.Health.service, own);
  const address = await listen(server);
  const peer = await startPeer({ address, server });
  await peer.stop();
  expect(() => {
    server.addService(conventions.Health.service, own);
  }).toThrow(/already/);
});
