import type { X509Certificate } from "node:crypto";
import { EventEmitter } from "node:events";
import { Announcer, MEMBER_EVENTS, type PeerEvents } from "./announcer.js";
import {
  addressProblem,
  identityProblem,
  isLoopback,
  joinAddress,
  splitAddress,
  type Address,
} from "./core/address.js";
import type { Condition } from "./core/condition.js";
import type { Answer, ExchangeRequest, Input, Member, MemberEvent } from "./core/messages.js";
import { metaProblem, normalMeta, type GivenMeta, type PeerMeta } from "./core/meta.js";
import { Protocol } from "./core/protocol.js";
import { seededRandom } from "./core/random.js";
import { noStats } from "./core/stats.js";
import type { Millis } from "./core/timing.js";
import { DurationCounts } from "./duration-counts.js";
import { GossipError } from "./errors.js";
import { Meter } from "./grpc/meter.js";
import type { ServedPeer } from "./grpc/served-peer.js";
import { PeerServer } from "./grpc/server.js";
import { PeerLog } from "./log.js";
import { MemberChanges } from "./member-changes.js";
import type { PeerOptions } from "./options.js";
import { resolveOptions, type ResolvedOptions } from "./resolve-options.js";
import type { PeerState } from "./peer-state.js";
import { Shell } from "./shell.js";
import type { DurationListener, Stats } from "./stats.js";
import { identityProblem as certificateProblem } from "./tls/identity.js";
import { openAdminTls, openPeerTls, type CertificateHolder } from "./tls/open.js";
import type { PeerTls } from "./tls/peer-tls.js";
import { ROUND_TRIP_BOUNDS_MS, type Traffic } from "./traffic.js";

/**
 * One member of a gossip cluster. Constructing it opens and starts nothing; `run()` starts it, `stop()` ends
 * everything. Emits `joined`, `updated`, `suspected`, `recovered`, `failed` and `left`, each with the member and the
 * reason; `changed`, which is each of these; and `state` with the peer's own. A listener that throws, or is asynchronous
 * and rejects, is logged and harms nobody.
 */
export class Peer extends EventEmitter<PeerEvents> {
  readonly #options: ResolvedOptions;
  readonly #meter = new Meter();
  readonly #lags = new DurationCounts(ROUND_TRIP_BOUNDS_MS);
  readonly #server: PeerServer;
  readonly #log: PeerLog;
  readonly #announcer: Announcer;
  readonly #seeds: Set<Address>;
  #address: Address;
  #adminAddress: Address | undefined;
  #healthAddress: Address | undefined;
  #meta: PeerMeta;
  #state: PeerState = { name: "new", reason: "" };
  /** Present from the start on, where the peer speaks TLS. */
  #tls: PeerTls | undefined;
  /** Present from the moment on at which the peer takes part. */
  #shell: Shell | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  /** Aborts when the peer has ended, or could not begin. */
  readonly #ended = new AbortController();

  /** Throws `invalid-options`, with everything that is wrong in one message. */
  constructor(options: PeerOptions) {
    super();
    this.#options = resolveOptions(options);
    this.#address = this.#options.address;
    this.#adminAddress = this.#options.adminAddress;
    this.#healthAddress = this.#options.healthAddress;
    this.#meta = this.#options.meta;
    this.#seeds = new Set(this.#options.seeds);
    this.#log = new PeerLog(this.#options.logger, () => this.#address);
    this.#announcer = new Announcer(this, this.#log);
    this.#server = new PeerServer(this.#served(), this.#options.maxWatchers);
    this.setMaxListeners(this.#options.maxWatchers + 20);
  }

  /** The peer's id. With port 0 the port is known once `run()` has resolved. */
  get address(): Address {
    return this.#address;
  }

  /** Where the admin service listens, if it does. With port 0 the port is known once `run()` has resolved. */
  get adminAddress(): Address | undefined {
    return this.#adminAddress;
  }

  /** Where the peer says in plain text how it is, if it does. With port 0 the port is known once `run()` has resolved. */
  get healthAddress(): Address | undefined {
    return this.#healthAddress;
  }

  /**
   * Listens and takes part. Resolves when others can reach the peer; a second call gets the same promise. Rejects with
   * `invalid-certificate` when what `tls` names is not there or does not fit together, `bind-failed` when it cannot listen,
   * or `stopped` when `stop()` came first; nothing is left running then. The peer stops
   * when the signal aborts, if one is given; the signal keeps nothing of a peer that has ended.
   */
  run({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const end = (): void => {
      void this.stop();
    };
    if (signal?.aborted === true) end();
    else signal?.addEventListener("abort", end, { signal: this.#ended.signal });
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Says goodbye and ends everything: after it resolves there is no timer, socket or call; a look-up of a name that is under
   * way is the system's to end. Never rejects; may be called twice, before `run()` or during it. Takes at most two seconds. A stopped peer stays stopped.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  /**
   * Adds an address to try, for as long as the peer runs; nobody need be there, and it is no member until it is reached.
   * Returns at once. Throws `invalid-address` for what is no address, and `too-many-seeds` where `maxSeeds` are kept. A seed
   * that is known, or is the peer's own address, changes nothing.
   */
  addSeed(seed: Address): void {
    const problem = identityProblem(seed);
    if (problem !== undefined) throw new GossipError("invalid-address", problem);
    if (this.#seeds.has(seed) || seed === this.#address) return;
    const { maxSeeds } = this.#options.limits;
    if (this.#seeds.size >= maxSeeds)
      throw new GossipError("too-many-seeds", `seed ${seed} is not kept: maxSeeds is ${maxSeeds}`);
    this.#seeds.add(seed);
    this.#log.seedAdded(seed);
    if (this.#shell !== undefined) this.#warnOfLoopback([seed]);
    this.#feed({ type: "add-seed", seed });
  }

  /**
   * Takes an address back that was to be tried; a member that was found there stays one. Throws `invalid-address` for what
   * is no address; one that is no seed changes nothing.
   */
  removeSeed(seed: Address): void {
    const problem = addressProblem(seed);
    if (problem !== undefined) throw new GossipError("invalid-address", problem);
    if (!this.#seeds.delete(seed)) return;
    this.#log.seedRemoved(seed);
    this.#feed({ type: "remove-seed", seed });
  }

  /**
   * Replaces what the peer says of itself; the own view shows it at once. Throws `invalid-meta`, and nothing changed
   * then.
   */
  updateMeta(meta: GivenMeta): void {
    const problem = metaProblem(meta);
    if (problem !== undefined) throw new GossipError("invalid-meta", problem);
    this.#meta = normalMeta(meta);
    this.#log.metaUpdated(this.#meta);
    this.#feed({ type: "update-meta", meta: this.#meta });
  }

  /**
   * A snapshot of the live members and what they say of themselves, in the order of their addresses, which is the same at
   * every peer. The peer itself is always among them.
   */
  getMembers(): ReadonlyMap<Address, PeerMeta> {
    return new Map(this.getView().map(({ address, meta }) => [address, meta]));
  }

  /**
   * A snapshot in the same order, with status, generation and incarnation; with `includeGone` also of the members remembered
   * as failed or left.
   */
  getView({ includeGone = false } = {}): readonly Member[] {
    if (this.#shell !== undefined)
      return [...this.#shell.members({ includeGone })].sort((a, b) => (a.address < b.address ? -1 : 1));
    return [{ address: this.#address, generation: 0, incarnation: 0, status: "alive", meta: this.#meta }];
  }

  /**
   * How it stands with the peer: whether it has joined others, and if not, why. Each change is announced as `state`, with
   * the new one.
   */
  get state(): PeerState {
    return this.#state;
  }

  /** What the talk with other peers has cost this one since `run()`: all zero before that. */
  traffic(): Traffic {
    return this.#meter.read();
  }

  /**
   * A snapshot of everything that the peer has numbers of, `traffic()` included. Before `run()` all counts are zero; after
   * `stop()` they stay as they were. The records of the view are counted for it: meant to be called every few seconds.
   */
  stats(): Stats {
    return {
      address: this.#address,
      cluster: this.#options.cluster,
      state: this.#state.name,
      ...(this.#shell?.stats() ?? { ...noStats(), channels: 0 }),
      traffic: this.traffic(),
      calls: this.#meter.results(),
      eventLoopLags: this.#lags.read(),
      certificateExpiresAtMs: this.#tls?.certificates.expiresAt,
    };
  }

  /**
   * Tells the listener each duration from now on, until the function returned is called. A listener that throws is logged and
   * harms nobody.
   */
  onDuration(listener: DurationListener): () => void {
    const forgiving = (kind: keyof DurationListener) => (durationMs: Millis) => {
      try {
        listener[kind](durationMs);
      } catch (error) {
        this.#log.listenerThrew(kind, error);
      }
    };
    const ends = [this.#meter.roundTrips.listen(forgiving("roundTrip")), this.#lags.listen(forgiving("eventLoopLag"))];
    return () => {
      for (const end of ends) end();
    };
  }

  /**
   * Gives each change of the view from now on, one after the other, until the signal aborts or the peer has stopped, which
   * ends the iteration quietly. Throws `fell-behind` where changes are taken so slowly that 10 000 wait.
   */
  changes(signal?: AbortSignal): AsyncIterableIterator<MemberEvent, undefined> {
    return new MemberChanges(this, signal);
  }

  /** Stops the peer, at the end of an `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  // ---- life ---------------------------------------------------------------------------------------------------------

  async #start(): Promise<void> {
    if (this.#stopped !== undefined) throw new GossipError("stopped", `${this.#address} was stopped before it ran`);
    this.#meter.start();
    this.#setState({ name: "starting", reason: "" });
    try {
      this.#tls = openPeerTls(this.#options.tls, this.#options.cluster, this.#certificateHolder());
      await this.#listen();
    } catch (error) {
      await this.#server.close();
      this.#hasEnded(error instanceof Error ? error.message : String(error));
      throw error;
    }
    if (this.#isStopping()) throw new GossipError("stopped", `${this.#address} was stopped while it started`);
    this.#shell = this.#newShell();
    this.#log.started(this.#options, { adminAddress: this.#adminAddress, healthAddress: this.#healthAddress });
    if (this.#tls?.mode !== "require" && !isLoopback(this.#address))
      this.#log.warning("others are spoken to in plain text: whoever reaches this address can be a member");
    this.#warnOfLoopback(this.#seeds);
    for (const seed of this.#seeds) this.#feed({ type: "add-seed", seed });
    this.#feed({ type: "wake" });
  }

  /** With an address of this machine only, seeds on others could never call back. */
  #warnOfLoopback(seeds: Iterable<Address>): void {
    const elsewhere = [...seeds].find((seed) => !isLoopback(seed));
    if (!isLoopback(this.#address) || elsewhere === undefined) return;
    this.#log.warning(
      `others cannot reach ${this.#address} from ${elsewhere}: the address is one of this machine only`,
    );
  }

  #certificateHolder(): CertificateHolder {
    const warn = (text: string): void => {
      this.#log.warning(text);
    };
    return { warn, ended: this.#ended.signal };
  }

  async #listen(): Promise<void> {
    const { server, bindHost, bindPort } = this.#options;
    const { host, port } = splitAddress(this.#address);
    if (server === undefined) {
      const taken = await this.#server.listen(bindHost, bindPort, this.#tls);
      this.#address = joinAddress(host, port === 0 ? taken : port);
    } else this.#server.useServer(server, { speaksTls: this.#tls !== undefined });
    if (this.#adminAddress !== undefined) {
      const admin = splitAddress(this.#adminAddress);
      const port = await this.#server.listenForAdmin(
        admin.host,
        admin.port,
        openAdminTls(this.#options.adminTls, this.#certificateHolder()),
      );
      this.#adminAddress = joinAddress(admin.host, port);
    }
    if (this.#healthAddress !== undefined) {
      const health = splitAddress(this.#healthAddress);
      const port = await this.#server.listenForHealth(health.host, health.port);
      this.#healthAddress = joinAddress(health.host, port);
    }
  }

  #newShell(): Shell {
    const { cluster, timing, limits, maxConnections } = this.#options;
    const self = { address: this.#address, cluster, generation: Date.now(), meta: this.#meta };
    const random = seededRandom(Math.floor(Math.random() * 2 ** 32));
    const protocol = new Protocol(self, timing, limits, random, performance.now());
    const conditionChanged = (condition: Condition): void => {
      this.#setState(condition);
    };
    return new Shell(protocol, {
      maxConnections,
      tls: this.#tls,
      meter: this.#meter,
      lags: this.#lags,
      log: this.#log,
      announcer: this.#announcer,
      conditionChanged,
    });
  }

  async #end(): Promise<void> {
    await this.#started?.catch(() => undefined);
    if (this.#shell !== undefined) {
      this.#log.stopping();
      await this.#shell.leave();
      this.#shell.close();
    }
    await this.#server.close();
    this.#log.closed();
    this.#hasEnded("");
  }

  /** The first reason stays: a peer that could not begin may be stopped as well. */
  #hasEnded(reason: string): void {
    this.#ended.abort();
    if (this.#state.name !== "stopped") this.#setState({ name: "stopped", reason });
  }

  #setState(state: PeerState): void {
    this.#state = state;
    this.#announcer.announce([state]);
  }

  #isStopping(): boolean {
    return this.#stopped !== undefined;
  }

  #feed(input: Input): void {
    if (!this.#isStopping()) this.#shell?.feed(input);
  }

  // ---- what the gRPC services see of the peer -----------------------------------------------------------------------

  #served(): ServedPeer {
    return {
      meter: this.#meter,
      address: () => this.#address,
      claimProblem: (certificate, address) => this.#claimProblem(certificate, address),
      answer: (request) => this.#answer(request),
      probe: (request) => this.#shell?.probe(request) ?? Promise.resolve({ refusal: this.#starting() }),
      state: () => ({ ...this.#state, preset: this.#options.preset }),
      viewHash: () => this.#shell?.viewHash ?? 0,
      getView: (options) => this.getView(options),
      watch: (listener) => {
        for (const kind of MEMBER_EVENTS) this.on(kind, listener);
        return () => {
          for (const kind of MEMBER_EVENTS) this.off(kind, listener);
        };
      },
      watchState: (listener) => {
        this.on("state", listener);
        return () => {
          this.off("state", listener);
        };
      },
      addSeed: (seed) => {
        this.addSeed(seed);
      },
      removeSeed: (seed) => {
        this.removeSeed(seed);
      },
      updateMeta: (meta) => {
        this.updateMeta(meta);
      },
      stop: () => this.stop(),
      brokenOff: (asker) => {
        this.#feed({ type: "closed", address: asker });
      },
      warn: (text) => {
        this.#log.warning(text);
      },
      answerFailed: (error) => {
        this.#log.answerFailed(error);
      },
    };
  }

  #claimProblem(certificate: X509Certificate | undefined, address: Address): string | undefined {
    if (this.#tls === undefined) return undefined;
    if (certificate !== undefined) return certificateProblem(certificate, address, this.#tls.rule);
    return this.#tls.mode === "require" ? "it shows no certificate" : undefined;
  }

  #answer(request: ExchangeRequest): Answer {
    return this.#shell?.answer(request) ?? { refusal: this.#starting(), effects: [] };
  }

  #starting(): string {
    return `${this.#address} is starting`;
  }
}

/** Gives a peer that runs already. Rejects as the constructor throws and as `run()` rejects. */
export async function spawnPeer(options: PeerOptions): Promise<Peer> {
  const peer = new Peer(options);
  await peer.run();
  return peer;
}
