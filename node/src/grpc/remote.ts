import { credentials, status, type ChannelCredentials, type ClientOptions, type ServiceError } from "@grpc/grpc-js";
import { addressProblem, type Address } from "../core/address.js";
import type { Member } from "../core/messages.js";
import { metaProblem, normalMeta, type GivenMeta } from "../core/meta.js";
import type { Millis } from "../core/timing.js";
import { GossipError } from "../errors.js";
import type { StateOfPeer } from "../peer-state.js";
import { securedLook } from "../tls/dialling.js";
import type { LookTls } from "../tls/tls-options.js";
import type { Traffic } from "../traffic.js";
import { CHANNEL_OPTIONS, targetOf } from "./channel-options.js";
import { encodeMeta } from "./codec-fields.js";
import { Malformed } from "./malformed.js";
import { Connecting } from "./connecting.js";
import type { AdminServiceClient } from "./generated/gossip/v1/AdminService.js";
import type { GetStateResponse__Output } from "./generated/gossip/v1/GetStateResponse.js";
import type { GetTrafficResponse__Output } from "./generated/gossip/v1/GetTrafficResponse.js";
import type { HealthClient } from "./generated/grpc/health/v1/Health.js";
import type { HealthCheckResponse__Output } from "./generated/grpc/health/v1/HealthCheckResponse.js";
import type { MembershipServiceClient } from "./generated/gossip/v1/MembershipService.js";
import {
  decodeState,
  decodeTraffic,
  decodeView,
  decodeFollowed,
  type Followed,
  type Watched,
  type WireView,
  type WireWatched,
} from "./membership-codec.js";
import { HEALTH } from "./health-service.js";
import { conventions, schema } from "./schema.js";
import { failureText } from "./unanswered.js";
import { PAGE } from "./watcher.js";

/** Members that are taken from one peer at most: as many as the option maxMembers allows. */
const MOST_MEMBERS = 1_000_000;

/** Statuses that say that the request is wrong, or wrong there, as an admin call is at the port for peers. */
const REFUSALS: readonly (status | undefined)[] = [
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.UNIMPLEMENTED,
];

type ClientClass<T> = new (target: string, credentials: ChannelCredentials, options: Partial<ClientOptions>) => T;
type Callback<T> = (error: ServiceError | null, response?: T) => void;

/** How a RemotePeer reaches its peer. */
export interface RemoteOptions {
  /** Where the admin service is reached. Default: at the address of the peer. */
  readonly adminAddress?: Address | undefined;
  /** How long a call may take, in ms. Default 2000. */
  readonly timeoutMs?: Millis | undefined;
  /** What the peer is shown, and by which CAs it is believed. Default: plain text. */
  readonly tls?: LookTls | undefined;
  /** The same for the admin service. Default: as `tls` where there is one address for both, and plain text else. */
  readonly adminTls?: LookTls | undefined;
}

/** One peer's view, and the address under which that peer knows itself. */
export interface ViewOfPeer {
  /** The peer's own address, which may be another than the one that was dialled. */
  address: Address;
  /** Whom it lists, in the order of their addresses. */
  members: Member[];
}

/**
 * A peer somewhere else, for programs that look at a cluster or change it. Every call has a deadline of `timeoutMs` and
 * rejects with `unavailable`, whose message names the address and what happened, an answer that is malformed included, or
 * with `refused` where that peer finds the request wrong. Nothing is dialled before the first call, and after `close()`
 * every call is `unavailable`.
 */
export class RemotePeer {
  /** Where the membership service is reached, as it was given. */
  readonly address: Address;
  readonly #timeoutMs: Millis;
  readonly #membership: MembershipServiceClient;
  readonly #admin: AdminServiceClient;
  readonly #health: HealthClient;
  readonly #connecting = new Connecting();
  readonly #closed = new AbortController();

  /**
   * `address` is where the membership service is reached, `adminAddress` where the admin service is. With `tls` whoever
   * answers has to show a certificate of these CAs that is for its address; at one of this machine any of them will do.
   * Throws `invalid-address`, and `invalid-certificate` when these do not fit together or cannot be read.
   */
  constructor(
    address: Address,
    {
      adminAddress = address,
      timeoutMs = 2000,
      tls,
      adminTls = adminAddress === address ? tls : undefined,
    }: RemoteOptions = {},
  ) {
    for (const each of [address, adminAddress]) {
      const problem = addressProblem(each);
      if (problem !== undefined) throw new GossipError("invalid-address", problem);
    }
    this.address = address;
    this.#timeoutMs = timeoutMs;
    const options: Partial<ClientOptions> = { ...CHANNEL_OPTIONS, "grpc.max_reconnect_backoff_ms": 1000 };
    const clientOf = <T>(Client: ClientClass<T>, at: Address, files: LookTls | undefined): T => {
      const secured = files && securedLook(at, files);
      const shown = secured?.credentials ?? credentials.createInsecure();
      return new Client(targetOf(at), shown, { ...options, ...secured?.options });
    };
    this.#membership = clientOf(schema.MembershipService, address, tls);
    this.#health = clientOf(conventions.Health, address, tls);
    this.#admin = clientOf(schema.AdminService, adminAddress, adminTls);
  }

  /**
   * Whether a connection to that peer was ever open. The peer may never have answered: the machine of a frozen one
   * accepts for it.
   */
  get hasConnected(): boolean {
    return this.#connecting.hasConnected;
  }

  /**
   * The members as that peer sees them, in the order of their addresses; with `includeGone` also those that it
   * remembers as failed or left. Large views come in several calls, each with its own deadline. Rejects with `unavailable`.
   */
  async getMembers({ includeGone = false } = {}): Promise<ViewOfPeer> {
    const members: Member[] = [];
    for (let after = ""; ;) {
      const response = await this.#unary<WireView>((deadline, done) =>
        this.#membership.getMembers({ includeGone, pageSize: PAGE, after }, { deadline }, done),
      );
      try {
        const page = decodeView(response);
        members.push(...page.members);
        const { next = "" } = response;
        if (next === "") return { address: page.address, members };
        // A page that does not go on would be asked for for ever.
        if (next <= after || members.length > MOST_MEMBERS) throw new Malformed(`next is ${next}, after ${after}`);
        after = next;
      } catch (error) {
        throw this.#unavailable(error);
      }
    }
  }

  /**
   * The traffic of that peer with others since it started; undefined when it does not publish that. Rejects with
   * `unavailable`.
   */
  async getTraffic(): Promise<Traffic | undefined> {
    return this.#optional<GetTrafficResponse__Output, Traffic>(
      (deadline, done) => this.#membership.getTraffic({}, { deadline }, done),
      decodeTraffic,
    );
  }

  /** How it stands with that peer, and its preset; undefined when it does not say. Rejects with `unavailable`. */
  async getState(): Promise<StateOfPeer | undefined> {
    return this.#optional<GetStateResponse__Output, StateOfPeer>(
      (deadline, done) => this.#membership.getState({}, { deadline }, done),
      decodeState,
    );
  }

  /**
   * Whether that peer is ready, which is one of its cluster or alone by choice, or with `liveness` whether it lives; undefined
   * when it does not say.
   */
  async checkHealth({ liveness = false } = {}): Promise<boolean | undefined> {
    const service = liveness ? HEALTH.liveness : HEALTH.readiness;
    return this.#optional<HealthCheckResponse__Output, boolean>(
      (deadline, done) => this.#health.check({ service }, { deadline }, done),
      ({ status }) => status === "SERVING",
    );
  }

  /**
   * Follows that peer's view until `signal` aborts, which ends the iteration quietly. Ends with `unavailable` when the
   * peer goes away. No deadline applies, since watching has no natural end.
   */
  async *watch(signal?: AbortSignal): AsyncGenerator<Watched> {
    for await (const followed of this.follow({ signal })) {
      if (followed.type === "event") yield followed;
      if (followed.type === "snapshot")
        yield { type: "snapshot", address: followed.address, members: followed.members };
    }
  }

  /**
   * As `watch`; that peer also reports how it is, every `reportEveryMs` (500 to 60 000) where it does that at all, as the
   * snapshot says.
   */
  async *follow({
    reportEveryMs = 0,
    signal,
  }: {
    reportEveryMs?: Millis;
    signal?: AbortSignal | undefined;
  }): AsyncGenerator<Followed> {
    const isAborted = (): boolean => signal?.aborted === true || this.#closed.signal.aborted;
    if (isAborted()) return;
    const stream = this.#connecting.during(() => this.#membership.watchMembers({ reportEveryMs }));
    const cancel = (): void => {
      stream.cancel();
    };
    for (const end of [signal, this.#closed.signal]) end?.addEventListener("abort", cancel);
    try {
      let pieces: Member[] = [];
      for await (const message of stream as AsyncIterable<WireWatched>) {
        const watched = decodeFollowed(message);
        if (watched === undefined) continue;
        if (watched.type === "snapshot") pieces = [...pieces, ...watched.members];
        if (message.snapshot?.more === true) {
          if (pieces.length > MOST_MEMBERS) throw new Malformed(`the snapshot has more than ${MOST_MEMBERS} members`);
          continue;
        }
        yield watched.type === "snapshot" ? { ...watched, members: pieces } : watched;
        pieces = [];
      }
    } catch (error) {
      if (!isAborted()) throw this.#unavailable(error);
      return;
    } finally {
      for (const end of [signal, this.#closed.signal]) end?.removeEventListener("abort", cancel);
      stream.cancel();
    }
    if (!isAborted()) throw this.#unavailable(new Error("the peer has ended the watching"));
  }

  /** Gives that peer one more address to try, as `Peer.addSeed` does; rejects with `too-many-seeds` as that throws. */
  async addSeed(seed: Address): Promise<void> {
    await this.#unary((deadline, done) => this.#admin.addSeed({ address: seed }, { deadline }, done)).catch(
      (error: unknown) => {
        if (error instanceof GossipError && statusOf(error.cause) === status.RESOURCE_EXHAUSTED)
          throw new GossipError("too-many-seeds", error.message, { cause: error.cause });
        throw error;
      },
    );
  }

  /** Takes an address back that was to be tried. */
  async removeSeed(seed: Address): Promise<void> {
    await this.#unary((deadline, done) => this.#admin.removeSeed({ address: seed }, { deadline }, done));
  }

  /**
   * Replaces that peer's metadata; when it resolves that peer's own view shows them. Rejects with `invalid-meta`, and asks
   * nobody then, with `refused` or with `unavailable`; whether the metadata are replaced is not known then.
   */
  async updateMeta(meta: GivenMeta): Promise<void> {
    const problem = metaProblem(meta);
    if (problem !== undefined) throw new GossipError("invalid-meta", problem);
    await this.#unary((deadline, done) =>
      this.#admin.updateMeta({ meta: encodeMeta(normalMeta(meta)) }, { deadline }, done),
    );
  }

  /**
   * Makes that peer say goodbye and end. Resolves when it has begun to, which takes it two seconds at most; rejects with
   * `refused` or `unavailable`.
   */
  async leave(): Promise<void> {
    await this.#unary((deadline, done) => this.#admin.leave({}, { deadline }, done));
  }

  /** Closes the connections; calls under way are `unavailable`, and iterations of `watch` and `follow` end quietly. */
  close(): void {
    this.#closed.abort();
    this.#membership.close();
    this.#admin.close();
    this.#health.close();
    this.#connecting.abandon();
  }

  /** A call that not every peer answers: resolves to undefined where it is not known there. */
  async #optional<Response, T>(
    call: (deadline: number, done: Callback<Response>) => unknown,
    decode: (response: Response) => T | undefined,
  ): Promise<T | undefined> {
    try {
      return decode(await this.#unary(call));
    } catch (error) {
      if (!(error instanceof GossipError)) throw this.#unavailable(error);
      if (statusOf(error.cause) === status.UNIMPLEMENTED) return undefined;
      throw error;
    }
  }

  #unary<T>(call: (deadline: number, done: Callback<T>) => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      // grpc-js throws on a channel that is closed.
      if (this.#closed.signal.aborted) throw this.#unavailable(new Error("this RemotePeer was closed"));
      this.#connecting.during(() =>
        call(Date.now() + this.#timeoutMs, (error, response) => {
          if (error === null && response !== undefined) resolve(response);
          else reject(this.#unavailable(error ?? new Error("no response")));
        }),
      );
    });
  }

  #unavailable(error: unknown): GossipError {
    const isRefused = REFUSALS.includes(statusOf(error));
    return new GossipError(isRefused ? "refused" : "unavailable", `${this.address}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function statusOf(error: unknown): status | undefined {
  return (error as Partial<ServiceError> | undefined)?.code;
}

function reasonOf(error: unknown): string {
  return error instanceof Malformed ? `the answer is malformed: ${error.message}` : failureText(error);
}
