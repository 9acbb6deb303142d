import { status, type sendUnaryData } from "@grpc/grpc-js";
import { GossipError } from "../errors.js";
import { Malformed } from "./malformed.js";
import type { ServedPeer } from "./served-peer.js";

/** The peer that is asked is not the one that was meant: another cluster, or another address. */
export class Refused extends Error {}

/** Answers a unary call with what `work` returns, or with the status of what it throws. Nothing remote can crash the peer. */
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

/** The gRPC status for an error, as whoever asked is told. The peer is told of errors of its own, which are INTERNAL. */
export function statusFor(peer: ServedPeer, error: unknown): { code: status; details: string } {
  const code = codeOf(error);
  if (code === status.INTERNAL) peer.answerFailed(error);
  return { code, details: error instanceof Error ? error.message : String(error) };
}

function codeOf(error: unknown): status {
  if (error instanceof Malformed || error instanceof GossipError) return status.INVALID_ARGUMENT;
  if (error instanceof Refused) return status.FAILED_PRECONDITION;
  return status.INTERNAL;
}
