import { status, type sendUnaryData } from "@grpc/grpc-js";
import { GossipError } from "../errors.js";
import { Malformed } from "./malformed.js";
import type { ServedPeer } from "./served-peer.js";

/** A request was meant for another peer: for another cluster, or another address. */
export class Refused extends Error {}

/**
 * Answers a unary call with what `work` returns, or with the status of what it throws. Nothing remote can crash the
 * peer.
 */
export function answerUnary<T>(peer: ServedPeer, callback: sendUnaryData<T>, work: () => T): void {
  let result: T;
  try {
    result = work();
  } catch (error) {
    callback(statusFor(peer, error));
    return;
  }
  callback(null, result);
}

/**
 * The gRPC status that the caller gets for an error. An error of this peer's own is INTERNAL, and the peer is told of
 * it.
 */
export function statusFor(peer: ServedPeer, error: unknown): { code: status; details: string } {
  const code = codeOf(error);
  if (code === status.INTERNAL) peer.answerFailed(error);
  return { code, details: error instanceof Error ? error.message : String(error) };
}

function codeOf(error: unknown): status {
  if (error instanceof GossipError && error.code === "too-many-seeds") return status.RESOURCE_EXHAUSTED;
  if (error instanceof Malformed || error instanceof GossipError) return status.INVALID_ARGUMENT;
  if (error instanceof Refused) return status.FAILED_PRECONDITION;
  return status.INTERNAL;
}
