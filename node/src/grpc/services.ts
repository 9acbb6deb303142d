import { once } from "node:events";
import { status, type sendUnaryData, type ServerDuplexStream, type ServerWritableStream } from "@grpc/grpc-js";
import { GossipError } from "../errors.js";
import type { Address } from "../core/address.js";
import type { Answer, ExchangeRequest, Member, MemberEvent, ProbeRequest } from "../core/messages.js";
import type { PeerMeta } from "../core/meta.js";
import {
  decodeMeta,
  decodeProbe,
  decodeRequest,
  encodeEvent,
  encodeMember,
  encodeReply,
  encodeTraffic,
  Malformed,
} from "./codec.js";
import type { AdminServiceHandlers } from "./generated/gossip/v1/AdminService.js";
import type { GossipServiceHandlers } from "./generated/gossip/v1/GossipService.js";
import type { MembershipServiceHandlers } from "./generated/gossip/v1/MembershipService.js";
import type { WatchMembersRequest__Output } from "./generated/gossip/v1/WatchMembersRequest.js";
import type { WatchMembersResponse } from "./generated/gossip/v1/WatchMembersResponse.js";
import type { Meter } from "./meter.js";

/** What the services need of a peer. */
export interface Host {
  /** Counts what it and the others say to each other. */
  readonly meter: Meter;
  address(): Address;
  answer(request: ExchangeRequest): Answer;
  /** Resolves to whether the target answered, or to why this peer is not the one to ask. */
  probe(request: ProbeRequest): Promise<boolean | { readonly refusal: string }>;
  getView(options: { includeGone: boolean }): readonly Member[];
  /** Calls back on every change of the view until the returned function is called. */
  watch(listener: (event: MemberEvent) => void): () => void;
  addSeed(address: Address): void;
  updateMeta(meta: PeerMeta): void;
  stop(): Promise<void>;
  /** Something an operator should know of. */
  warn(text: string): void;
  /** An answer that could not be given, and not because of who asked. */
  failed(error: unknown): void;
}

type WatchCall = ServerWritableStream<WatchMembersRequest__Output, WatchMembersResponse>;

/** A stream on which somebody asks. */
export interface Conversing {
  /** What is being asked is answered, and nothing else. */
  end(): void;
}

/** What a slow watcher may lag behind, in events, before it is sent away. */
const MAX_WATCH_BACKLOG = 10_000;

/** Those who ask are kept so that their streams can be ended with the peer, as the watchers' are. */
export function gossipHandlers(host: Host, open: Set<Conversing>): GossipServiceHandlers {
  return {
    Exchange: (call) => {
      void converse(host, call, open, (request) => {
        const answered = host.answer(decodeRequest(request));
        if ("refusal" in answered) throw new Refused(answered.refusal);
        return encodeReply(answered.reply);
      });
    },
    Probe: (call) => {
      void converse(host, call, open, async (request) => {
        const outcome = await host.probe(decodeProbe(request));
        if (typeof outcome !== "boolean") throw new Refused(outcome.refusal);
        return { reached: outcome };
      });
    },
  };
}

/** The watchers are kept so that they can be told when the peer ends: a stream nobody ends keeps its server alive. */
export function membershipHandlers(
  host: Host,
  watchers: Set<WatchCall>,
  maxWatchers: number,
): MembershipServiceHandlers {
  return {
    GetMembers: (call, callback) => {
      answer(host, callback, () => {
        const members = host.getView({ includeGone: call.request.includeGone });
        return { address: host.address(), members: members.map(encodeMember).sort(byAddress) };
      });
    },
    WatchMembers: (call) => {
      if (watchers.size >= maxWatchers) {
        refuseStream(call, `${watchers.size} watch already; the limit is maxWatchers`);
        return;
      }
      watch(host, call, watchers);
    },
    GetTraffic: (_call, callback) => {
      answer(host, callback, () => encodeTraffic(host.meter.read()));
    },
  };
}

export function adminHandlers(host: Host): AdminServiceHandlers {
  return {
    AddSeed: (call, callback) => {
      answer(host, callback, () => {
        host.addSeed(call.request.address);
        return {};
      });
    },
    UpdateMeta: (call, callback) => {
      answer(host, callback, () => {
        host.updateMeta(decodeMeta(call.request.meta));
        return {};
      });
    },
    // Answered first: the server that carries the answer ends with the peer.
    Leave: (_call, callback) => {
      callback(null, {});
      void host.stop();
    },
  };
}

function watch(host: Host, call: WatchCall, watchers: Set<WatchCall>): void {
  const members = host.getView({ includeGone: true }).map(encodeMember).sort(byAddress);
  call.write({ snapshot: { address: host.address(), members } });
  const unwatch = host.watch((event) => {
    if (call.writableLength >= MAX_WATCH_BACKLOG) {
      end();
      refuseStream(call, `the watcher is ${MAX_WATCH_BACKLOG} events behind`);
    } else {
      call.write({ event: encodeEvent(event) });
    }
  });
  const end = (): void => {
    unwatch();
    watchers.delete(call);
  };
  watchers.add(call);
  call.on("cancelled", end);
  call.on("close", end);
  call.on("error", end);
}

class Refused extends Error {}

/** The one place where what goes wrong in a handler becomes a status, so that nothing remote can crash the peer. */
function answer<T>(host: Host, callback: sendUnaryData<T>, work: () => T): void {
  let result: T;
  try {
    result = work();
  } catch (error) {
    callback(faultOf(host, error));
    return;
  }
  callback(null, result);
}

/**
 * One after the other, and none is answered before there is room for the answer: of whoever does not listen, no more than
 * the 16 requests and 16 answers are kept that a stream of objects holds.
 */
async function converse<Request, Response>(
  host: Host,
  call: ServerDuplexStream<Request, Response>,
  open: Set<Conversing>,
  answer: (request: Request) => Response | Promise<Response>,
): Promise<void> {
  let [isAnswering, isEnding] = [false, false];
  const conversing: Conversing = {
    end: () => {
      isEnding = true;
      if (!isAnswering) call.end();
    },
  };
  open.add(conversing);
  const closed = new AbortController();
  call.once("close", () => {
    closed.abort(); // it may be so before anybody waits
  });
  try {
    for await (const request of call.iterator({ destroyOnReturn: false }) as AsyncIterable<Request>) {
      if (call.writableEnded) break;
      isAnswering = true;
      const hasRoom = call.write(await answer(request));
      isAnswering = false;
      if (isEnding) break;
      if (!hasRoom) await once(call, "drain", { signal: closed.signal });
    }
    call.end();
  } catch (error) {
    if (!call.cancelled) call.emit("error", faultOf(host, error));
  } finally {
    open.delete(conversing);
  }
}

/** As it is told to whoever asked; the peer hears of its own. */
function faultOf(host: Host, error: unknown): { code: status; details: string } {
  const code = statusOf(error);
  if (code === status.INTERNAL) host.failed(error);
  return { code, details: error instanceof Error ? error.message : String(error) };
}

function statusOf(error: unknown): status {
  if (error instanceof Malformed) return status.INVALID_ARGUMENT;
  if (error instanceof GossipError) return status.INVALID_ARGUMENT;
  if (error instanceof Refused) return status.FAILED_PRECONDITION;
  return status.INTERNAL;
}

function refuseStream(call: WatchCall, details: string): void {
  call.emit("error", { code: status.RESOURCE_EXHAUSTED, details });
}

function byAddress(a: { address?: string | undefined }, b: { address?: string | undefined }): number {
  return (a.address ?? "") < (b.address ?? "") ? -1 : 1;
}
