import { status, type ServerWritableStream } from "@grpc/grpc-js";
import { encodeMember } from "./codec-fields.js";
import type { MembershipServiceHandlers } from "./generated/gossip/v1/MembershipService.js";
import type { WatchMembersRequest__Output } from "./generated/gossip/v1/WatchMembersRequest.js";
import type { WatchMembersResponse } from "./generated/gossip/v1/WatchMembersResponse.js";
import { encodeEvent, encodeState, encodeTraffic } from "./membership-codec.js";
import type { ServedPeer } from "./served-peer.js";
import { answerUnary } from "./service-errors.js";

export type WatchStream = ServerWritableStream<WatchMembersRequest__Output, WatchMembersResponse>;

/** How many events a watcher may lag behind before it is sent away. */
const MAX_WATCH_BACKLOG = 10_000;

/**
 * The handlers of MembershipService. Watchers are kept in `watchers`, so that their streams can be ended with the peer:
 * a stream that nobody ends keeps its server alive.
 */
export function membershipHandlers(
  peer: ServedPeer,
  watchers: Set<WatchStream>,
  maxWatchers: number,
): MembershipServiceHandlers {
  return {
    GetMembers: (call, callback) => {
      answerUnary(peer, callback, () => {
        const members = peer.getView({ includeGone: call.request.includeGone });
        return { address: peer.address(), members: members.map(encodeMember).sort(byAddress) };
      });
    },
    WatchMembers: (call) => {
      if (watchers.size >= maxWatchers) sendAway(call, `${watchers.size} watch already; the limit is maxWatchers`);
      else watch(peer, call, watchers);
    },
    GetTraffic: (_call, callback) => {
      answerUnary(peer, callback, () => encodeTraffic(peer.meter.read()));
    },
    GetState: (_call, callback) => {
      answerUnary(peer, callback, () => encodeState(peer.state()));
    },
  };
}

function watch(peer: ServedPeer, call: WatchStream, watchers: Set<WatchStream>): void {
  const members = peer.getView({ includeGone: true }).map(encodeMember).sort(byAddress);
  call.write({ snapshot: { address: peer.address(), members } });
  const unwatch = peer.watch((event) => {
    if (call.writableLength >= MAX_WATCH_BACKLOG) {
      end();
      sendAway(call, `the watcher is ${MAX_WATCH_BACKLOG} events behind`);
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

function sendAway(call: WatchStream, details: string): void {
  call.emit("error", { code: status.RESOURCE_EXHAUSTED, details });
}

function byAddress(a: { address?: string | undefined }, b: { address?: string | undefined }): number {
  return (a.address ?? "") < (b.address ?? "") ? -1 : 1;
}
