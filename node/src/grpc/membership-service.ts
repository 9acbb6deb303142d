import type { Member } from "../core/messages.js";
import type { Millis } from "../core/timing.js";
import { encodeMember } from "./codec-fields.js";
import type { GetMembersRequest__Output } from "./generated/gossip/v1/GetMembersRequest.js";
import type { GetMembersResponse } from "./generated/gossip/v1/GetMembersResponse.js";
import type { MembershipServiceHandlers } from "./generated/gossip/v1/MembershipService.js";
import { encodeState, encodeTraffic } from "./membership-codec.js";
import type { ServedPeer } from "./served-peer.js";
import { answerUnary } from "./service-errors.js";
import { sendAway, Watcher, type WatchStream } from "./watcher.js";

/** How often a watcher may be told how the peer is. */
const REPORT_EVERY_MS = { shortest: 500, longest: 60_000 };

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
    GetMembers: ({ request }, callback) => {
      answerUnary(peer, callback, () => pageOf(peer, request));
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

/** A page of the view, in the order of addresses; all of it where no size is asked for. */
function pageOf(peer: ServedPeer, { includeGone, pageSize, after }: GetMembersRequest__Output): GetMembersResponse {
  const members = viewOf(peer, { includeGone }).filter(({ address }) => address > after);
  const page = pageSize === 0 ? members : members.slice(0, pageSize);
  const next = page.length < members.length ? (page.at(-1)?.address ?? "") : "";
  return { address: peer.address(), members: page.map(encodeMember), next };
}

function watch(peer: ServedPeer, call: WatchStream, watchers: Set<WatchStream>): void {
  const reportsEveryMs = intervalOf(call.request.reportEveryMs);
  const watcher = new Watcher(call, peer.address(), viewOf(peer, { includeGone: true }), reportsEveryMs);
  const reporting = reportsEveryMs === 0 ? undefined : setInterval(report, reportsEveryMs).unref();
  const unwatch = peer.watch((event) => {
    if (!watcher.tell(event)) end();
  });
  function report(): void {
    watcher.report({ viewHash: peer.viewHash(), state: peer.state(), traffic: peer.meter.read() });
  }
  const end = (): void => {
    clearInterval(reporting);
    unwatch();
    watcher.end();
    watchers.delete(call);
  };
  watchers.add(call);
  call.on("cancelled", end);
  call.on("close", end);
  call.on("error", end);
}

/** How often reports are told to a watcher that asked for so many milliseconds between two; 0 for never. */
function intervalOf(wantedMs: number): Millis {
  return wantedMs === 0 ? 0 : Math.min(REPORT_EVERY_MS.longest, Math.max(REPORT_EVERY_MS.shortest, wantedMs));
}

function viewOf(peer: ServedPeer, options: { includeGone: boolean }): readonly Member[] {
  return [...peer.getView(options)].sort((a, b) => (a.address < b.address ? -1 : 1));
}
