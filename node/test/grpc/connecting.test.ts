import { afterEach, expect, test } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { GossipClient } from "../../src/grpc/client.js";
import { RemotePeer } from "../../src/grpc/remote.js";
import { anyRequest as request } from "../support/records.js";
import { until } from "../support/wait.js";

/** Listens, and freezes itself before it accepts anybody: when its queue is full, the kernel drops who comes next. */
const LISTENER = `const server = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  require("fs").writeSync(1, String(server.address().port));
  process.kill(process.pid, "SIGSTOP");
})`;

let listener: ChildProcess | undefined;
const queued: Socket[] = [];
afterEach(async () => {
  for (const socket of queued.splice(0)) socket.destroy();
  if (listener?.kill("SIGKILL")) await once(listener, "close");
});

test("a connection that is never answered ends with its channel, and keeps the process alive no longer", async () => {
  const address = await listenFull();
  const before = connectionsUnderWay();
  const client = new GossipClient({ maxConnections: 1 });
  await expect(client.exchange(address, request, 300)).rejects.toThrow(/^DEADLINE_EXCEEDED/);
  await until(10_000, "the connection is given up", () => connectionsUnderWay() === before);
  client.close();
});

test("so does the connection of a RemotePeer", async () => {
  const address = await listenFull();
  const before = connectionsUnderWay();
  const remote = new RemotePeer(address, { timeoutMs: 300 });
  const stop = new AbortController();
  const watched = remote.watch(stop.signal).next();
  await expect(remote.getMembers()).rejects.toThrow(/DEADLINE_EXCEEDED/);
  await expect(remote.leave()).rejects.toThrow(/DEADLINE_EXCEEDED/);
  expect(connectionsUnderWay()).toBeGreaterThan(before);
  stop.abort();
  await watched;
  remote.close();
  await until(5000, "the connections are given up", () => connectionsUnderWay() === before);
});

/** The address of one to whom no further connection can be made, and who refuses none. */
async function listenFull(): Promise<string> {
  listener = spawn(process.execPath, ["-e", LISTENER], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(listener.stdout ?? listener, "data")) as [Buffer];
  const port = Number(String(said));
  await fillQueue(port);
  return `127.0.0.1:${port}`;
}

/** The queue is full when one more is neither taken nor refused. */
async function fillQueue(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    queued.push(socket);
    const answered = await Promise.race([once(socket, "connect").then(() => true), soon().then(() => false)]);
    if (!answered) return;
  }
}

/** Loopback answers within microseconds; the kernel's first repetition comes after a second. */
function soon(): Promise<void> {
  return new Promise((resolve) => {
    AbortSignal.timeout(300).addEventListener("abort", () => {
      resolve();
    });
  });
}

function connectionsUnderWay(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "ConnectWrap").length;
}
