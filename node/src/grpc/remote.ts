import { credentials, status, type ClientOptions, type ServiceError } from "@grpc/grpc-js";
import { addressProblem, type Address } from "../core/address.js";
import type { Member, MemberEvent } from "../core/messages.js";
import type { PeerMeta } from "../core/meta.js";
import type { Millis } from "../core/timing.js";
import { GossipError } from "../errors.js";
import { CHANNEL_OPTIONS } from "./channel.js";
import { decodeEvent, decodeMember, encodeMeta } from "./codec.js";
import type { AdminServiceClient } from "./generated/gossip/v1/AdminService.js";
import type { MembershipServiceClient } from "./generated/gossip/v1/MembershipService.js";
import { schema } from "./schema.js";

/** What a watcher is told: first the whole view, then each change. */
export type Watched =
  | { readonly type: "snapshot"; readonly address: Address; readonly members: readonly Member[] }
  | { readonly type: "event"; readonly event: Omit<MemberEvent, "reason"> };

type Callback<T> = (error: ServiceError | null, response?: T) => void;

/**
 * A peer somewhere else, for programs that look at a cluster or change it. Every call has a deadline of `timeoutMs` and
 * rejects with `unavailable`, whose message names the address and what happened. Nothing is dialled before the first
 * call.
 */
export class RemotePeer {
  readonly address: Address;
  readonly #timeoutMs: Millis;
  readonly #membership: MembershipServiceClient;
  readonly #admin: AdminServiceClient;

  /** `address` serves the membership calls, `adminAddress` the others. Throws `invalid-address`. */
  constructor(
    address: Address,
    { adminAddress = address, timeoutMs = 2000 }: { adminAddress?: Address; timeoutMs?: Millis } = {},
  ) {
    for (const each of [address, adminAddress]) {
      const problem = addressProblem(each);
      if (problem !== undefined) throw new GossipError("invalid-address", problem);
    }
    this.address = address;
    this.#timeoutMs = timeoutMs;
    const options: Partial<ClientOptions> = { ...CHANNEL_OPTIONS, "grpc.max_reconnect_backoff_ms": 1000 };
    this.#membership = new schema.MembershipService(address, credentials.createInsecure(), options);
    this.#admin = new schema.AdminService(adminAddress, credentials.createInsecure(), options);
  }

  /** The members as that peer sees them; with `includeGone` also those it remembers as failed or left. */
  async getMembers({ includeGone = false } = {}): Promise<{ address: Address; members: Member[] }> {
    const response = await this.#unary<{ address: string; members: Parameters<typeof decodeMember>[0][] }>(
      (deadline, done) => this.#membership.getMembers({ includeGone }, { deadline }, done),
    );
    return { address: response.address, members: response.members.map((member) => decodeMember(member)) };
  }

  /**
   * Follows that peer's view until `signal` aborts, which ends the iteration quietly. Ends with `unavailable` when the
   * peer goes away. Without a deadline, since watching has no natural end.
   */
  async *watch(signal?: AbortSignal): AsyncGenerator<Watched> {
    const isAborted = (): boolean => signal?.aborted === true;
    if (isAborted()) return;
    const stream = this.#membership.watchMembers({});
    const cancel = (): void => {
      stream.cancel();
    };
    signal?.addEventListener("abort", cancel);
    try {
      for await (const message of stream as AsyncIterable<WatchMessage>) yield decodeWatched(message);
    } catch (error) {
      if (!isAborted()) throw this.#unavailable(error as ServiceError);
      return;
    } finally {
      signal?.removeEventListener("abort", cancel);
      stream.cancel();
    }
    if (!isAborted()) throw new GossipError("unavailable", `${this.address}: the peer has ended the watching`);
  }

  async addSeed(seed: Address): Promise<void> {
    await this.#unary((deadline, done) => this.#admin.addSeed({ address: seed }, { deadline }, done));
  }

  /** Replaces that peer's metadata. */
  async updateMeta(meta: PeerMeta): Promise<void> {
    await this.#unary((deadline, done) => this.#admin.updateMeta({ meta: encodeMeta(meta) }, { deadline }, done));
  }

  /** Makes that peer say goodbye and end. */
  async leave(): Promise<void> {
    await this.#unary((deadline, done) => this.#admin.leave({}, { deadline }, done));
  }

  /** Closes the connections; watching ends. */
  close(): void {
    this.#membership.close();
    this.#admin.close();
  }

  #unary<T>(call: (deadline: number, done: Callback<T>) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      call(Date.now() + this.#timeoutMs, (error, response) => {
        if (error === null && response !== undefined) resolve(response);
        else reject(this.#unavailable(error));
      });
    });
  }

  #unavailable(error: ServiceError | null): GossipError {
    const why = error === null ? "no response" : `${status[error.code]}: ${error.details}`;
    return new GossipError("unavailable", `${this.address}: ${why}`, { cause: error });
  }
}

interface WatchMessage {
  readonly snapshot?: { address: string; members: Parameters<typeof decodeMember>[0][] } | null;
  readonly event?: Parameters<typeof decodeEvent>[0] | null;
}

function decodeWatched({ snapshot, event }: WatchMessage): Watched {
  if (snapshot) {
    return {
      type: "snapshot",
      address: snapshot.address,
      members: snapshot.members.map((member) => decodeMember(member)),
    };
  }
  if (event) return { type: "event", event: decodeEvent(event) };
  throw new GossipError("unavailable", "the peer sent neither a snapshot nor an event");
}
