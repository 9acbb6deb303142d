import type { X509Certificate } from "node:crypto";
import type { Address } from "../core/address.js";
import type { Answer, ExchangeRequest, Member, MemberEvent, ProbeRequest, ProbeResult } from "../core/messages.js";
import type { PeerMeta } from "../core/meta.js";
import type { StateOfPeer } from "../peer-state.js";
import type { Meter } from "./meter.js";

/** A peer, as far as the gRPC services need to know it. */
export interface ServedPeer {
  /** Counts what this peer and the others say to each other. */
  readonly meter: Meter;
  /** The peer's own address, which is known for good once it listens. */
  address(): Address;
  /**
   * Why a caller may not speak for an address, by the certificate of its connection; undefined where it may. Without TLS
   * everybody may.
   */
  claimProblem(certificate: X509Certificate | undefined, address: Address): string | undefined;
  answer(request: ExchangeRequest): Answer;
  /** Resolves to whether the target answered, or to why this peer is not the one to ask. */
  probe(request: ProbeRequest): Promise<ProbeResult | { readonly refusal: string }>;
  state(): StateOfPeer;
  /** The hash of all records that the peer holds. */
  viewHash(): number;
  getView(options: { includeGone: boolean }): readonly Member[];
  /** Calls back on every change of the view until the returned function is called. */
  watch(listener: (event: MemberEvent) => void): () => void;
  /** Calls back on every change of the state until the returned function is called. */
  watchState(listener: () => void): () => void;
  addSeed(address: Address): void;
  removeSeed(address: Address): void;
  updateMeta(meta: PeerMeta): void;
  stop(): Promise<void>;
  /** Reports that a peer's stream of exchanges broke off: a peer that needs it no more ends it, and one that crashes does not. */
  brokenOff(asker: Address): void;
  /** Tells the operator of something. */
  warn(text: string): void;
  /** Reports a request that could not be answered, through no fault of whoever asked. */
  answerFailed(error: unknown): void;
}
