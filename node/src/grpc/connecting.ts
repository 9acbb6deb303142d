import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** A connection that has closed. */
export interface Closed {
  /** Whether any answer had come over it. Else whoever accepted it may be anybody: a proxy, or another program. */
  readonly hadAnswered: boolean;
}

/**
 * The sockets that a channel has opened: those that are not connected yet, to end them with it, and those that were, to
 * hear when they close. grpc-js lets go of a socket that is not connected when its channel is closed, but does not close
 * it: where packets are dropped the kernel then keeps trying for two minutes, which keeps the process alive as long and
 * lets sockets pile up. So whoever opens a channel opens it here, and abandons its sockets with it.
 */
export class Connecting {
  readonly #sockets = new Set<Socket>();
  readonly #closed: (connection: Closed) => void;
  #hasConnected = false;
  #hasAnswered = false;

  /** Calls `closed` back when a socket closes that was connected. */
  constructor(closed: (connection: Closed) => void = () => undefined) {
    this.#closed = closed;
  }

  /** Whether any of the sockets has been connected. */
  get hasConnected(): boolean {
    return this.#hasConnected;
  }

  /** An answer came over the connection that is open now. */
  answered(): void {
    this.#hasAnswered = true;
  }

  /** Runs `work`; sockets that come of it, at once or later, are watched until they are connected or closed. */
  during<T>(work: () => T): T {
    if (inUse.size === 0) subscribe(CLIENT_SOCKETS, takeCharge);
    inUse.add(this);
    return opener.run(this, work);
  }

  /** Closes all sockets that are not connected yet. */
  abandon(): void {
    for (const socket of this.#sockets) socket.destroy();
    if (inUse.delete(this) && inUse.size === 0) unsubscribe(CLIENT_SOCKETS, takeCharge);
  }

  /** @internal Takes charge of a socket. */
  watch(socket: Socket): void {
    this.#sockets.add(socket);
    const forget = (): void => {
      this.#sockets.delete(socket);
    };
    socket.once("connect", () => {
      forget();
      this.#hasConnected = true;
      this.#hasAnswered = false;
      socket.once("close", () => {
        this.#closed({ hadAnswered: this.#hasAnswered });
      });
    });
    socket.once("close", forget);
  }
}

const opener = new AsyncLocalStorage<Connecting>();

/** Node announces every client socket here, in the asynchronous context of whoever asked for it. */
const CLIENT_SOCKETS = "net.client.socket";

/** All that are not abandoned yet. The process keeps what is subscribed, so nothing is subscribed while there is none. */
const inUse = new Set<Connecting>();

function takeCharge(message: unknown): void {
  opener.getStore()?.watch((message as { socket: Socket }).socket);
}
