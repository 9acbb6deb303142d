import type { Socket } from "node:net";
import { ServerInterceptingCall, ServerListenerBuilder, type ServerInterceptor } from "@grpc/grpc-js";
import type { Millis } from "../core/timing.js";
import { atMost } from "../timers.js";

/** What a server allows those who connect to it. */
export interface ConnectionLimits {
  /** Open connections at most. For one more the least useful of the address with the most is closed. */
  readonly most: number;
  /** A connection over which no request has come within this time is closed. */
  readonly firstRequestMs: Millis;
  /** A connection whose other end does not take a message within this time is closed. */
  readonly takenWithinMs: Millis;
  /**
   * Bytes of messages that wait to be taken, over all connections, as they are estimated. Beyond it the connection for
   * which the most wait is closed.
   */
  readonly mostUnsentBytes: number;
}

/**
 * Every peer keeps to its own `maxConnections`, so as many come in on the average, and more at a seed through which many
 * join at once; 4096 idle connections are 100 MB. A peer that connects asks at once.
 */
export const CONNECTION_LIMITS: ConnectionLimits = {
  most: 4096,
  firstRequestMs: 10_000,
  takenWithinMs: 10_000,
  mostUnsentBytes: 32 * 1024 * 1024,
};

/** At most so many bytes are in a record with the largest metadata, of a later version, and its accusers. */
const MOST_RECORD_BYTES = 2600;

/** What a session takes that ends by itself. */
const CLOSED_WITHIN_MS: Millis = 50;

type ServerInterceptingCallInterface = Parameters<ServerInterceptor>[1];

interface Connection {
  readonly socket: Socket;
  readonly from: string;
  /** The order of last use; 0 before the first request. */
  usedAt: number;
  unsentBytes: number;
}

/** The connections that others hold to a server: how many, from where, and whether what is sent over them is taken. */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #warn: (text: string) => void;
  /** By the address and port of the other end, as grpc-js names it. */
  readonly #open = new Map<string, Connection>();
  #uses = 0;
  /** How many calls are not answered yet, and who waits for the last of them. */
  #calls = 0;
  readonly #whenAnswered = new Set<() => void>();
  #unsentBytes = 0;

  constructor(limits: ConnectionLimits, warn: (text: string) => void) {
    this.#limits = limits;
    this.#warn = warn;
  }

  /** Takes note of a connection that was accepted; another may be closed for it. */
  add(socket: Socket): void {
    const from = socket.remoteAddress ?? "";
    const name = `${from}:${socket.remotePort ?? ""}`;
    const connection: Connection = { socket, from, usedAt: 0, unsentBytes: 0 };
    if (this.#open.size >= this.#limits.most) this.#makeRoom();
    this.#open.set(name, connection);
    const tooLate = setTimeout(() => {
      if (connection.usedAt === 0) socket.destroy();
    }, this.#limits.firstRequestMs);
    tooLate.unref();
    socket.on("close", () => {
      clearTimeout(tooLate);
      if (this.#open.get(name) === connection) this.#open.delete(name);
    });
    socket.on("error", () => undefined);
  }

  /** Watches over every call of a server. */
  readonly interceptor: ServerInterceptor = (_method, call) => {
    const connection = this.#open.get(call.getPeer());
    if (connection === undefined) return new ServerInterceptingCall(call);
    connection.usedAt = ++this.#uses;
    this.#calls++;
    const over = (): void => {
      if (--this.#calls > 0) return;
      for (const tell of this.#whenAnswered) tell();
      this.#whenAnswered.clear();
    };
    return new WatchedCall(call, (bytes) => this.#sending(connection, bytes), over);
  };

  /** A message is on its way; the function returned is called when the other end has taken it, or never will. */
  #sending(connection: Connection, bytes: number): () => void {
    this.#count(connection, bytes);
    if (this.#unsentBytes > this.#limits.mostUnsentBytes) this.#closeLaziest();
    const tooLate = setTimeout(() => {
      this.#warn(`a connection of ${connection.from} is closed: it takes no answers`);
      connection.socket.destroy();
    }, this.#limits.takenWithinMs);
    tooLate.unref();
    return () => {
      clearTimeout(tooLate);
      this.#count(connection, -bytes);
    };
  }

  #count(connection: Connection, bytes: number): void {
    connection.unsentBytes += bytes;
    this.#unsentBytes += bytes;
  }

  #closeLaziest(): void {
    const all = [...this.#open.values()];
    const laziest = all.reduce((lazier, each) => (each.unsentBytes > lazier.unsentBytes ? each : lazier));
    this.#warn(`a connection of ${laziest.from} is closed: too many answers wait to be taken`);
    laziest.socket.destroy();
  }

  /** Resolves when all calls are answered, or after that time. */
  async answered(withinMs: Millis): Promise<void> {
    if (this.#calls === 0) return;
    const answered = new Promise<void>((resolve) => {
      this.#whenAnswered.add(resolve);
    });
    await atMost(withinMs, answered);
  }

  /**
   * Closes all connections. Those whose sessions are about to end by themselves get a moment for it, in which the last
   * answers are on their way; nobody waits longer for one whose other end is frozen.
   */
  async closeAll(): Promise<void> {
    const sockets = [...this.#open.values()].map(({ socket }) => socket);
    await atMost(CLOSED_WITHIN_MS, Promise.all(sockets.map(closed)));
    for (const socket of sockets) socket.destroy();
  }

  #makeRoom(): void {
    const counts = new Map<string, number>();
    for (const { from } of this.#open.values()) counts.set(from, (counts.get(from) ?? 0) + 1);
    const [most] = [...counts].reduce((more, each) => (each[1] > more[1] ? each : more), ["", 0]);
    const all = [...this.#open.values()].filter(({ from }) => from === most);
    this.#warn(`${this.#limits.most} connections are open: for each more one of ${most} is closed`);
    all.reduce((least, each) => (each.usedAt < least.usedAt ? each : least)).socket.destroy();
  }
}

/** Resolves when the socket has closed, also where its connection breaks, for which events.once rejects. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else
      socket.once("close", () => {
        resolve();
      });
  });
}

/** A call that tells when messages are sent and taken, and when it is over. */
class WatchedCall extends ServerInterceptingCall {
  readonly #sending: (bytes: number) => () => void;
  readonly #untaken: Set<() => void>;
  readonly #over: () => void;

  constructor(call: ServerInterceptingCallInterface, sending: (bytes: number) => () => void, over: () => void) {
    const untaken = new Set<() => void>();
    let isOver = false;
    const overOnce = (): void => {
      if (!isOver) over();
      isOver = true;
    };
    // Messages of a call that was cancelled are never taken.
    const forget = (): void => {
      for (const taken of untaken) taken();
      untaken.clear();
      overOnce();
    };
    const listener = new ServerListenerBuilder().withOnCancel(forget).build();
    super(call, {
      start: (next) => {
        next(listener);
      },
    });
    this.#sending = sending;
    this.#untaken = untaken;
    this.#over = overOnce;
  }

  override sendStatus(status: Parameters<ServerInterceptingCall["sendStatus"]>[0]): void {
    super.sendStatus(status);
    this.#over();
  }

  override sendMessage(message: unknown, callback: () => void): void {
    const taken = this.#sending(estimatedBytes(message));
    this.#untaken.add(taken);
    super.sendMessage(message, () => {
      if (this.#untaken.delete(taken)) taken();
      callback();
    });
  }
}

/** As many bytes as the message has at most, reckoned from the number of its records. */
function estimatedBytes(message: unknown): number {
  const { records, members, snapshot } = message as {
    readonly records?: readonly unknown[];
    readonly members?: readonly unknown[];
    readonly snapshot?: { readonly members?: readonly unknown[] };
  };
  return MOST_RECORD_BYTES * (1 + (records ?? members ?? snapshot?.members ?? []).length);
}
