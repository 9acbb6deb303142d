import { credentials, makeGenericClientConstructor, status, type ServiceError } from "@grpc/grpc-js";
import type { Address } from "../core/address.js";
import type { ExchangeReply, ExchangeRequest, ProbeRequest, ProbeResult } from "../core/messages.js";
import type { Millis } from "../core/timing.js";
import { securedTo } from "../tls/dialling.js";
import type { PeerTls } from "../tls/peer-tls.js";
import { CHANNEL_OPTIONS, RENEWED_WITHIN_MS, targetOf } from "./channel-options.js";
import { Connecting } from "./connecting.js";
import { Interrupted, type Conversation } from "./conversation.js";
import { decodeProbeResult, decodeReply, encodeProbe, encodeRequest } from "./gossip-codec.js";
import type { ProbeRequest as WireProbe } from "./generated/gossip/v1/ProbeRequest.js";
import { Meter } from "./meter.js";
import { PeerChannel } from "./peer-channel.js";
import type { schema } from "./schema.js";
import { Unanswered } from "./unanswered.js";
import { completeReply } from "./unsaid.js";

/** What to do when an answer is late, which also counts against the channel. */
export interface Overdue {
  readonly afterMs: Millis;
  readonly tell: () => void;
}

export interface ClientOptions {
  /** Open channels at most. The least recently used is closed first, but none with a call under way. */
  readonly maxConnections: number;
  /** Called back when a connection closes over which answers had come, and that this side did not close. */
  readonly connectionClosed?: (to: Address) => void;
  /** Counts all calls. */
  readonly meter?: Meter;
  /** How others are called; in plain text where it is not given. */
  readonly tls?: PeerTls | undefined;
  /** Within this time all connections are made anew when the own certificates have changed. */
  readonly renewWithinMs?: Millis;
}

/** The calling side of GossipService: one channel for each peer. */
export class GossipClient {
  readonly #channels = new Map<Address, PeerChannel>();
  /** Given up, and to be closed when the last call on them is over. */
  readonly #spent = new Set<PeerChannel>();
  /** Channels that were let go of; their streams may not have ended yet. */
  readonly #parting = new Set<PeerChannel>();
  readonly #maxConnections: number;
  readonly #connectionClosed: (to: Address) => void;
  readonly #meter: Meter;
  readonly #tls: PeerTls | undefined;
  readonly #unsubscribe: (() => void) | undefined;
  readonly #Stub: typeof schema.GossipService;
  #isClosed = false;

  constructor({
    maxConnections,
    connectionClosed = () => undefined,
    meter = new Meter(),
    tls,
    renewWithinMs = RENEWED_WITHIN_MS / 2,
  }: ClientOptions) {
    this.#tls = tls;
    this.#unsubscribe = tls?.certificates.onChange(() => {
      for (const [to, channel] of this.#channels)
        setTimeout(() => {
          this.#giveUp(to, channel);
        }, Math.random() * renewWithinMs).unref();
    });
    this.#maxConnections = maxConnections;
    this.#connectionClosed = connectionClosed;
    this.#meter = meter;
    this.#Stub = makeGenericClientConstructor(meter.service, "GossipService") as unknown as typeof schema.GossipService;
  }

  /**
   * One exchange. Rejects with an Unanswered that says why there is no reply: not reached, no answer before the deadline,
   * refused, or an answer that is malformed. A channel that seems spent is then used no more, since a fresh one recovers
   * sooner.
   */
  async exchange(to: Address, request: ExchangeRequest, deadlineMs: Millis, overdue?: Overdue): Promise<ExchangeReply> {
    const wire = encodeRequest(request);
    return this.#call(to, overdue, async (channel) => {
      const reply = await this.#ask(
        () => channel.exchanges(),
        wire,
        deadlineMs,
        (response) => decodeReply(completeReply(response, request)),
      );
      const problem = reply.sender === to ? undefined : channel.claimProblem(reply.sender);
      if (problem !== undefined) throw new Unanswered(`whoever answers calls itself ${reply.sender}: ${problem}`);
      return reply;
    });
  }

  /**
   * Has the peer at `to` find out whether the target of the request answers, which may be itself. Rejects as `exchange`
   * does when the one who is asked does not answer.
   */
  async probe(to: Address, request: ProbeRequest, deadlineMs: Millis, overdue?: Overdue): Promise<ProbeResult> {
    const wire = encodeProbe(request);
    return this.#call(to, overdue, (channel) =>
      request.target === to
        ? this.#ask(() => channel.pings(), wire, deadlineMs, decodeProbeResult)
        : probeAnother(channel, wire, deadlineMs),
    );
  }

  /** How many channels are open, those among them that are closed with their last call. */
  get channels(): number {
    return this.#channels.size + this.#spent.size;
  }

  /** The next call to that address takes a fresh connection. Calls that are under way may still be answered. */
  release(to: Address): void {
    const channel = this.#channels.get(to);
    if (channel !== undefined) this.#giveUp(to, channel);
  }

  /** Cancels what is under way and closes every channel; no call is made afterwards. */
  close(): void {
    this.#isClosed = true;
    this.#unsubscribe?.();
    const all = [this.#channels.values(), this.#spent, this.#parting].flatMap((each) => [...each]);
    for (const channel of all) channel.close();
    this.#channels.clear();
    this.#spent.clear();
    this.#parting.clear();
  }

  /** Asks once more where the stream ended that the request had shared with others: to be asked twice does no harm. */
  async #ask<Request, Response, Answer>(
    conversation: () => Conversation<Request, Response>,
    request: Request,
    deadlineMs: Millis,
    read: (response: Response) => Answer,
  ): Promise<Answer> {
    const begun = performance.now();
    const response = await conversation()
      .ask(request, deadlineMs)
      .catch((error: unknown) => {
        if (!(error instanceof Interrupted)) throw error;
        return conversation().ask(request, Math.max(0, begun + deadlineMs - performance.now()));
      });
    const answer = read(response);
    this.#meter.roundTrips.add(performance.now() - begun);
    return answer;
  }

  async #call<T>(to: Address, overdue: Overdue | undefined, work: (channel: PeerChannel) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Unanswered("closed");
    let channel = this.#channelTo(to);
    const timer =
      overdue &&
      setTimeout(() => {
        channel.miss();
        overdue.tell();
      }, overdue.afterMs);
    try {
      const answer = await channel
        .call(() => work(channel))
        .catch((error: unknown) => {
          if (this.#tls?.mode !== "accept" || !channel.speaksNoTls(error)) throw error;
          this.#giveUp(to, channel);
          channel = this.#openChannel(to, { isPlain: true });
          this.#channels.set(to, channel);
          return channel.call(() => work(channel));
        });
      this.#meter.count("answered");
      return answer;
    } catch (error) {
      const unanswered = Unanswered.from(error);
      this.#meter.count(unanswered.result);
      if ((error as Partial<ServiceError>).code !== status.DEADLINE_EXCEEDED) this.#giveUp(to, channel);
      else if (overdue === undefined) channel.miss(); // else the miss was counted when the answer was overdue
      throw unanswered;
    } finally {
      clearTimeout(timer);
      this.#closeIfOver(channel);
      this.#closeIdle();
    }
  }

  /** The channel to a peer, which counts as the most recently used from now on. */
  #channelTo(to: Address): PeerChannel {
    const present = this.#channels.get(to);
    if (present?.hasExpired === true) this.#giveUp(to, present);
    const channel = this.#channels.get(to) ?? this.#openChannel(to);
    this.#channels.delete(to);
    this.#channels.set(to, channel);
    return channel;
  }

  #openChannel(to: Address, { isPlain = false } = {}): PeerChannel {
    const tls = isPlain ? undefined : this.#tls;
    const secured = tls && securedTo(to, tls.certificates.current, tls.rule);
    const stub = new this.#Stub(targetOf(to), secured?.credentials ?? credentials.createInsecure(), {
      ...CHANNEL_OPTIONS,
      ...secured?.options,
    });
    // A channel that is still in use was not closed by this side. The next call takes another, which looks the name up
    // again: where the connection was lost the member may have moved.
    const connecting = new Connecting(({ hadAnswered }) => {
      if (this.#channels.get(to) !== channel) return;
      this.#giveUp(to, channel);
      if (hadAnswered) this.#connectionClosed(to);
    });
    const spent = (): void => {
      this.#giveUp(to, channel);
    };
    const channel = new PeerChannel(stub, connecting, spent, tls && secured && { rule: tls.rule, secured });
    return channel;
  }

  /** Uses a channel no more; the calls that are under way on it may still be answered. */
  #giveUp(to: Address, channel: PeerChannel): void {
    if (this.#channels.get(to) !== channel) return;
    this.#channels.delete(to);
    this.#spent.add(channel);
    this.#closeIfOver(channel);
  }

  #closeIfOver(channel: PeerChannel): void {
    if (channel.isIdle && this.#spent.delete(channel)) this.#letGo(channel);
  }

  /** Closes a channel that is idle, and remembers it until its streams have ended, since `close` cancels these. */
  #letGo(channel: PeerChannel): void {
    for (const each of this.#parting) if (each.isOver) this.#parting.delete(each);
    this.#parting.add(channel);
    channel.letGo();
  }

  /** Closes idle channels alone: a call that is cut off would pass for a peer that does not answer. */
  #closeIdle(): void {
    for (const [to, channel] of this.#channels) {
      if (this.#channels.size <= this.#maxConnections) return;
      if (!channel.isIdle) continue;
      this.#channels.delete(to);
      this.#letGo(channel);
    }
  }
}

/** Takes a stream of its own: the answer takes the target's time too, and nothing else is to wait for that. */
async function probeAnother(channel: PeerChannel, wire: WireProbe, deadlineMs: Millis): Promise<ProbeResult> {
  const conversation = channel.openProbe();
  try {
    return decodeProbeResult(await conversation.ask(wire, deadlineMs));
  } finally {
    conversation.cancel();
  }
}
