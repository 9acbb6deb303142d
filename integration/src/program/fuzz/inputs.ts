import type { Random } from "gossip-peer/simulator";
import { schema } from "gossip-peer/testbed";

/** A message for a peer's port, or for the one who asks, as bytes. */
export interface FuzzInput {
  readonly method: "Exchange" | "Probe";
  readonly kind: string;
  readonly bytes: Buffer;
}

/** The longest message: what gRPC takes, and a little more. */
const MOST_BYTES = 4 * 1024 * 1024 + 16;

const { Exchange, Probe } = schema.GossipService.service;

const STATUSES = ["STATUS_UNSPECIFIED", "STATUS_ALIVE", "STATUS_SUSPECT", "STATUS_FAILED", "STATUS_LEFT", 77] as const;

/** Counters at which something may turn over. */
const COUNTERS = [0, 1, 2, 2 ** 31, 2 ** 32, 2 ** 47, 2 ** 48 - 1, 2 ** 48, 2 ** 48 + 1, 2 ** 53 - 1];

const TEXTS = [
  "",
  "x",
  "0.0.0.0:1",
  "[::]:1",
  "http://a:1",
  "a:0",
  "a:65536",
  "\u0000:1",
  "é".repeat(200),
  "[::1%x]:9",
];

/**
 * Draws messages: valid ones that lie, and ones that are changed in their bytes. What they say of is the peers under fire,
 * and members that are made up, at ports of loopback at which nobody listens.
 */
export class Inputs {
  readonly #random: Random;
  readonly #peers: readonly string[];

  constructor(random: Random, peers: readonly string[]) {
    this.#random = random;
    this.#peers = peers;
  }

  /** A request, as others send them to a peer. */
  request(): FuzzInput {
    const isExchange = this.#chance(0.9);
    const bytes = isExchange ? Exchange.requestSerialize(this.#exchange()) : Probe.requestSerialize(this.#probe());
    return { method: isExchange ? "Exchange" : "Probe", ...this.#changed(bytes) };
  }

  /** A reply, as a peer gets it from whom it has asked. */
  reply(sender: string): FuzzInput {
    const records = this.#many(() => this.#record(), 6);
    const own = { ...this.#record(), address: sender };
    const bucketHashes = this.#chance(0.5) ? [] : Array.from({ length: this.#whole(70) }, () => this.#whole(2 ** 32));
    const reply = {
      sender: this.#chance(0.9) ? sender : this.#address(),
      records: [own, ...records],
      viewHash: this.#counter(),
      bucketHashes,
      versions: this.#versions(),
    };
    return { method: "Exchange", ...this.#changed(Exchange.responseSerialize(reply)) };
  }

  // ---- messages that lie --------------------------------------------------------------------------------------------

  #exchange(): object {
    const sender = this.#address();
    return {
      cluster: this.#chance(0.95) ? "default" : this.#pick(TEXTS),
      recipient: this.#chance(0.7) ? "" : this.#address(),
      sender,
      records: [{ ...this.#record(), address: sender }, ...this.#many(() => this.#record(), 6)],
      viewHash: this.#counter(),
      buckets: this.#many(() => this.#whole(70), 70),
      range: this.#chance(0.3) ? { from: this.#address(), to: this.#address() } : null,
      versions: this.#versions(),
    };
  }

  #versions(): object | null {
    return this.#chance(0.1) ? { oldest: this.#whole(3), newest: this.#whole(4) } : null;
  }

  #probe(): object {
    const [recipient, sender, target] = [this.#address(), this.#address(), this.#address()];
    return { cluster: "default", recipient: this.#chance(0.5) ? "" : recipient, sender, target };
  }

  #record(): object {
    const isGone = this.#chance(0.4);
    return {
      address: this.#address(),
      generation: this.#chance(0.5) ? Date.now() + this.#whole(1000) : this.#counter(),
      incarnation: this.#counter(),
      status: this.#pick(STATUSES),
      meta: this.#chance(0.5) ? null : { name: this.#text(), tags: this.#tags() },
      goneForMs: isGone ? this.#counter() : 0,
      accusers: this.#many(() => ({ address: this.#address(), broken: this.#chance(0.5) }), 10),
    };
  }

  #tags(): Record<string, string> {
    return Object.fromEntries(this.#many(() => [this.#text(), this.#text()] as const, 66));
  }

  #address(): string {
    if (this.#chance(0.4)) return this.#pick(this.#peers);
    return this.#chance(0.9) ? `127.0.0.1:${1 + this.#whole(900)}` : this.#pick(TEXTS);
  }

  #text(): string {
    return this.#chance(0.5) ? this.#pick(TEXTS) : "t".repeat(this.#whole(2400));
  }

  #counter(): number {
    return this.#chance(0.5) ? this.#whole(1000) : this.#pick(COUNTERS);
  }

  // ---- bytes that are changed ---------------------------------------------------------------------------------------

  #changed(bytes: Buffer): Pick<FuzzInput, "kind" | "bytes"> {
    switch (this.#whole(8)) {
      case 0:
        return { kind: "bytes changed", bytes: this.#withBytesChanged(bytes) };
      case 1:
        return { kind: "truncated", bytes: bytes.subarray(0, this.#whole(bytes.length + 1)) };
      case 2:
        return { kind: "extended", bytes: Buffer.concat([bytes, this.#noise(64)]) };
      case 3:
        return { kind: "noise", bytes: this.#noise(200) };
      case 4:
        return { kind: "repeated", bytes: this.#repeated(bytes) };
      default:
        return { kind: "a lie", bytes };
    }
  }

  #withBytesChanged(bytes: Buffer): Buffer {
    const changed = Buffer.from(bytes);
    for (let times = 1 + this.#whole(8); times > 0 && changed.length > 0; times--)
      changed[this.#whole(changed.length)] = this.#whole(256);
    return changed;
  }

  /** A field over and over, empty or packed: now and then as large as a message may be, and larger. */
  #repeated(bytes: Buffer): Buffer {
    const field = 1 + this.#whole(16);
    const unit = this.#chance(0.5) ? [field * 8 + 2, 0] : [field * 8 + 2, 2, 0x0a, 0];
    const length = this.#chance(0.02) ? MOST_BYTES : this.#whole(20_000);
    return Buffer.concat([bytes, Buffer.alloc(length, Buffer.from(unit))]);
  }

  #noise(most: number): Buffer {
    return Buffer.from(Array.from({ length: this.#whole(most) }, () => this.#whole(256)));
  }

  // ---- chance -------------------------------------------------------------------------------------------------------

  #chance(share: number): boolean {
    return this.#random.next() < share;
  }

  /** A whole number below the bound; 0 where the bound is. */
  #whole(bound: number): number {
    return Math.floor(this.#random.next() * bound);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#whole(items.length)] as T;
  }

  /** At most so many, mostly few. */
  #many<T>(make: () => T, most: number): T[] {
    const count = this.#chance(0.8) ? this.#whole(4) : this.#whole(most);
    return Array.from({ length: count }, make);
  }
}
