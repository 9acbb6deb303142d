import { afterEach } from "@jest/globals";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Address } from "../../src/core/address.js";
import type { Millis } from "../../src/core/timing.js";

/** The unit of time in /proc/net, in ms (USER_HZ, which is 100 on all that Node runs on). */
const TICK_MS = 10;

export function portOf(address: Address): number {
  return Number(address.split(":").at(-1));
}

const open = new Set<Server | Socket>();
afterEach(() => {
  for (const each of open) {
    if ("destroy" in each) each.destroy();
    else each.close();
  }
  open.clear();
});

/** A listener on loopback, at a free port or that one, that does `welcome` with each connection. Closed after the test. */
export async function listenTcp(welcome: (socket: Socket) => void, port = 0): Promise<Address> {
  const server = createServer((socket) => {
    keep(socket);
    welcome(socket);
  }).listen(port, "127.0.0.1");
  open.add(server);
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A listener that accepts every connection and never sends a byte. */
export function listenSilently(): Promise<Address> {
  return listenTcp(() => undefined);
}

/**
 * The way to a peer's port. It can be cut: what is under way then stays unanswered, as if packets were dropped. Or its
 * connections can be closed, as by a proxy that starts anew, and new ones are let through.
 */
export class Way {
  /** How many connections have come along it. */
  connections = 0;
  /** How many bytes have gone along it: to the peer, and back from it. */
  readonly bytes = { to: 0, from: 0 };
  readonly #sockets = new Set<Socket>();
  #cut = false;

  /** Returns the address at which the way to that port begins. */
  async leadTo(port: number): Promise<Address> {
    return listenTcp((incoming) => {
      this.connections++;
      const outgoing = keep(connect(port, "127.0.0.1"));
      incoming.on("data", ({ length }: Buffer) => (this.bytes.to += length));
      outgoing.on("data", ({ length }: Buffer) => (this.bytes.from += length));
      incoming.pipe(outgoing).pipe(incoming);
      for (const socket of [incoming, outgoing]) {
        this.#sockets.add(socket);
        socket.on("close", () => {
          this.#sockets.delete(socket);
          incoming.destroy();
          outgoing.destroy();
        });
        if (this.#cut) socket.pause();
      }
    });
  }

  /** How many connections are open. */
  get open(): number {
    return this.#sockets.size / 2;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  heal(): void {
    this.#cut = false;
    for (const socket of this.#sockets) socket.resume();
  }
}

/** Closes the socket after the test, and ignores its errors: tests break connections on purpose. */
function keep(socket: Socket): Socket {
  open.add(socket);
  socket.on("error", () => undefined);
  return socket;
}

/**
 * After how long, in ms, Linux asks over the connection of two ports of this machine whether the other end is there
 * (TCP's keepalive), as seen by the first of them; undefined where it does not, or there is no such connection.
 */
export function asksAfterMs(port: number, other: number): Millis | undefined {
  const [local, remote] = [port, other].map((each) => each.toString(16).toUpperCase().padStart(4, "0"));
  // The columns of proc_pid_net(5): number, both addresses, state, queues, and the timer with what is left of it in ticks.
  const timer = new RegExp(`: \\w+:${local} \\w+:${remote} \\w+ \\w+:\\w+ 02:(\\w+) `);
  const [, ticks] = timer.exec(readFileSync("/proc/net/tcp", "utf8")) ?? [];
  return ticks === undefined ? undefined : Number.parseInt(ticks, 16) * TICK_MS;
}
