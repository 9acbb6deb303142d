import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { EventEmitter, once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { splitAddress } from "../../src/core/address.js";
import { GossipClient } from "../../src/grpc/client.js";
import { Meter } from "../../src/grpc/meter.js";
import { PeerServer } from "../../src/grpc/server.js";
import { Certificates } from "../../src/tls/certificates.js";
import { Door } from "../../src/tls/door.js";
import { createAuthority, SetOnDisk, set, type Authority } from "../support/certificates.js";
import { anyRequest } from "../support/records.js";
import { startPeer } from "../support/peers.js";
import { inTime, until } from "../support/wait.js";

const SUBJECT = { ips: ["127.0.0.1"] };
const SOON_MS = 50;
const AMPLE_MS = 5000;
const DAY_MS = 86_400_000;

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

function certificatesOf({ files }: SetOnDisk): Certificates {
  const certificates = new Certificates(files, { warn: () => undefined, everyMs: 2 ** 30 });
  ends.push(() => {
    certificates.close();
  });
  return certificates;
}

/** A port of a peer with these certificates, without the peer. */
async function serveWith(certificates: Certificates): Promise<number> {
  const peer = { meter: new Meter(), warn: () => undefined } as never;
  const server = new PeerServer(peer, 1, { renewedWithinMs: SOON_MS });
  ends.push(() => server.close());
  return server.listen("127.0.0.1", 0, { mode: "require", certificates });
}

async function connected(port: number, subject = {}): Promise<TLSSocket> {
  const { certificate, privateKey, ca } = await set(authority, { ...SUBJECT, ...subject });
  const socket = connect({ host: "127.0.0.1", port, ca, cert: certificate, key: privateKey, ALPNProtocols: ["h2"] });
  ends.push(() => socket.destroy());
  await inTime(AMPLE_MS, "the handshake", once(socket, "secureConnect"));
  socket.on("error", () => undefined);
  socket.resume();
  return socket;
}

describe("a connection", () => {
  test("that another dialled is closed when the own certificates have changed for so long", async () => {
    const files = new SetOnDisk(await authority.issue(SUBJECT), authority.ca);
    const certificates = certificatesOf(files);
    const socket = await connected(await serveWith(certificates));
    certificates.look();
    expect(socket.destroyed).toBe(false);
    files.put(await authority.issue(SUBJECT));
    certificates.look();
    await inTime(AMPLE_MS, "its end", once(socket, "close"));
  });

  test("is closed when the certificate ends with which it was made", async () => {
    const certificates = certificatesOf(new SetOnDisk(await authority.issue(SUBJECT), authority.ca));
    const socket = await connected(await serveWith(certificates), { until: new Date(Date.now() + 2000) });
    await inTime(AMPLE_MS, "its end", once(socket, "close"));
  });

  test("is closed at its certificate's end also where one timer cannot wait for that", async () => {
    const certificates = certificatesOf(new SetOnDisk(await authority.issue(SUBJECT), authority.ca));
    const entries = new EventEmitter();
    const entered = once(entries, "entered");
    const enter = (socket: Socket): void => {
      entries.emit("entered", socket.resume());
    };
    const door = new Door("require", certificates, { enter, refused: () => undefined }, SOON_MS);
    const listening = createServer((socket) => {
      door.take(socket);
    }).listen(0, "127.0.0.1");
    ends.push(() => listening.close());
    await once(listening, "listening");
    const { port } = listening.address() as AddressInfo;
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask", "performance", "Date"] });
    ends.push(() => jest.useRealTimers());
    const socket = await connected(port, { until: new Date(Date.now() + 60 * DAY_MS) });
    const closed = once(socket, "close");
    await entered;
    jest.advanceTimersByTime(60 * DAY_MS);
    jest.useRealTimers();
    await inTime(AMPLE_MS, "its end", closed);
  });

  test("that this side dialled is made anew when its certificates have changed, and is not called closed", async () => {
    const files = new SetOnDisk(await authority.issue(SUBJECT), authority.ca);
    const certificates = certificatesOf(files);
    const peer = await startPeer({ tls: await set(authority, SUBJECT) });
    const closed: string[] = [];
    const client = new GossipClient({
      maxConnections: 10,
      connectionClosed: (to) => void closed.push(to),
      tls: { mode: "require", certificates, rule: { cluster: "default", trustDomain: undefined } },
      renewWithinMs: SOON_MS,
    });
    ends.push(() => {
      client.close();
    });
    const { port } = splitAddress(peer.address);
    const dialled: Socket[] = [];
    const note = (message: unknown): void => void dialled.push((message as { socket: Socket }).socket);
    subscribe("net.client.socket", note);
    ends.push(() => unsubscribe("net.client.socket", note));
    const localPorts = (): (number | undefined)[] =>
      dialled
        .filter(({ remotePort, closed: isClosed }) => remotePort === port && !isClosed)
        .map((each) => each.localPort);
    const ask = async (): Promise<unknown> =>
      client.exchange(peer.address, { ...anyRequest, sender: "127.0.0.1:1" }, AMPLE_MS);
    await ask();
    certificates.look();
    const before = localPorts();
    expect(before).toHaveLength(1);
    files.put(await authority.issue(SUBJECT));
    certificates.look();
    await until(AMPLE_MS, "another connection", async () => {
      await ask();
      const after = localPorts();
      return after.length === 1 && after[0] !== before[0];
    });
    expect(closed).toEqual([]);
  });
});
