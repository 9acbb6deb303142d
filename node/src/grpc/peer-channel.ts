import { status, type ClientDuplexStream, type ServiceError } from "@grpc/grpc-js";
import type { Address } from "../core/address.js";
import type { Millis } from "../core/timing.js";
import type { Secured } from "../tls/dialling.js";
import { identityProblem, type IdentityRule } from "../tls/identity.js";
import { expiryOf } from "../tls/material.js";
import type { Connecting } from "./connecting.js";
import { Conversation } from "./conversation.js";
import type { ExchangeRequest as WireRequest } from "./generated/gossip/v1/ExchangeRequest.js";
import type { ExchangeResponse__Output } from "./generated/gossip/v1/ExchangeResponse.js";
import { shortenExchanges, shortenProbes } from "./unsaid.js";
import type { GossipServiceClient } from "./generated/gossip/v1/GossipService.js";
import type { ProbeRequest as WireProbe } from "./generated/gossip/v1/ProbeRequest.js";
import type { ProbeResponse__Output } from "./generated/gossip/v1/ProbeResponse.js";

/**
 * A connection that takes its time, on a busy machine, is waited for beyond the calls that wanted it: were it given up
 * with each, nobody would ever be connected again where all are busy connecting. Measured with 50 containers on 2 cores.
 */
const CONNECT_WITHIN_MS: Millis = 5000;

/** One answer that fails to come says little; after so many in a row a fresh connection recovers sooner. */
const MOST_MISSES = 2;

/** How long the peer gets to end a stream that is needed no more. */
const ENDED_WITHIN_MS: Millis = 1000;

/** What a channel speaks TLS with, and by what it knows whoever answers. */
interface ChannelTls {
  readonly secured: Secured;
  readonly rule: IdentityRule;
}

type ExchangeConversation = Conversation<WireRequest, ExchangeResponse__Output>;
type Endable = Pick<ExchangeConversation, "end" | "cancel">;
type ProbeConversation = Conversation<WireProbe, ProbeResponse__Output>;

/** One channel to one peer: the streams on it, the calls under way, and when a fresh channel would do better. */
export class PeerChannel {
  readonly #stub: GossipServiceClient;
  readonly #connecting: Connecting;
  readonly #spent: () => void;
  readonly #tls: ChannelTls | undefined;
  readonly #open = new Set<Endable>();
  #exchanges: ExchangeConversation | undefined;
  #pings: ProbeConversation | undefined;
  #calls = 0;
  /** How many answers in a row have not come in time. */
  #misses = 0;
  /** Begins with the first miss, and gives the channel up when it has not connected by its end. */
  #patience: NodeJS.Timeout | undefined;

  /**
   * Calls `spent` back, once or more, when a fresh channel would recover sooner than this one. `tls`: what it speaks TLS
   * with, if it does.
   */
  constructor(stub: GossipServiceClient, connecting: Connecting, spent: () => void, tls?: ChannelTls) {
    this.#tls = tls;
    this.#stub = stub;
    this.#connecting = connecting;
    this.#spent = spent;
  }

  get isIdle(): boolean {
    return this.#calls === 0;
  }

  /** Whether no stream is open on the channel. */
  get isOver(): boolean {
    return this.#open.size === 0;
  }

  /** Whether the certificate that the other side has shown is good no more. */
  get hasExpired(): boolean {
    const shown = this.#tls?.secured.shown();
    return shown !== undefined && expiryOf(shown) <= Date.now();
  }

  /** Why whoever answers may not speak for an address; undefined where it may. In plain text everybody may. */
  claimProblem(address: Address): string | undefined {
    const shown = this.#tls?.secured.shown();
    return this.#tls && shown && identityProblem(shown, address, this.#tls.rule);
  }

  /** Whether a call failed with this since the other side does not understand TLS. */
  speaksNoTls(error: unknown): boolean {
    const { code } = error as Partial<ServiceError>;
    return code === status.UNAVAILABLE && this.#tls !== undefined && this.#tls.secured.shown() === undefined;
  }

  /** Does `work` as a call on this channel. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    this.#calls++;
    try {
      const result = await work();
      this.#misses = 0;
      this.#connecting.answered();
      return result;
    } finally {
      this.#calls--;
    }
  }

  /** Counts an answer that did not come in time against the channel. */
  miss(): void {
    this.#misses++;
    if (!this.#connecting.hasConnected) this.#patience ??= this.#giveUpLater();
    else if (this.#misses >= MOST_MISSES) this.#spent();
  }

  /** The stream for exchanges, which stays open from its first use on. */
  exchanges(): ExchangeConversation {
    return (this.#exchanges ??= this.#converse(
      (stub) => stub.exchange(),
      shortenExchanges(),
      () => (this.#exchanges = undefined),
    ));
  }

  /** The stream on which the peer is asked whether it is there itself; stays open as the other. */
  pings(): ProbeConversation {
    return (this.#pings ??= this.#converse(
      (stub) => stub.probe(),
      shortenProbes(),
      () => (this.#pings = undefined),
    ));
  }

  /** A new stream for one probe of another peer. Cancelled by the caller. */
  openProbe(): ProbeConversation {
    return this.#converse((stub) => stub.probe(), shortenProbes());
  }

  /**
   * Closes a channel without calls under way. Its streams are ended and not cancelled: a stream that breaks off tells the
   * peer that this process has crashed.
   */
  letGo(): void {
    this.#close((conversation) => {
      conversation.end(ENDED_WITHIN_MS);
    });
  }

  /** Cancels the calls under way and closes the channel, also one that is not connected yet. */
  close(): void {
    this.#close((conversation) => {
      conversation.cancel();
    });
  }

  #close(endStream: (conversation: Endable) => void): void {
    clearTimeout(this.#patience);
    for (const conversation of [...this.#open]) endStream(conversation);
    this.#stub.close();
    this.#connecting.abandon();
  }

  #converse<Request, Response>(
    open: (stub: GossipServiceClient) => ClientDuplexStream<Request, Response>,
    shorten: (request: Request) => Request,
    over: () => void = () => undefined,
  ): Conversation<Request, Response> {
    const conversation = new Conversation(
      this.#connecting.during(() => open(this.#stub)),
      shorten,
      () => {
        this.#open.delete(conversation);
        over();
      },
    );
    this.#open.add(conversation);
    return conversation;
  }

  #giveUpLater(): NodeJS.Timeout {
    return setTimeout(() => {
      if (!this.#connecting.hasConnected) this.#spent();
    }, CONNECT_WITHIN_MS).unref();
  }
}
