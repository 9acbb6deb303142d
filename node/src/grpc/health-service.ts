import { status, type ServerWritableStream } from "@grpc/grpc-js";
import { isReady } from "../peer-state.js";
import type { OpenStream } from "./answer-stream.js";
import type { HealthHandlers } from "./generated/grpc/health/v1/Health.js";
import type { HealthCheckRequest__Output } from "./generated/grpc/health/v1/HealthCheckRequest.js";
import type { HealthCheckResponse } from "./generated/grpc/health/v1/HealthCheckResponse.js";
import type { ServedPeer } from "./served-peer.js";

/** The services whose health is told: that the peer lives, and that it is one of its cluster. */
export const HEALTH = { liveness: "", readiness: "gossip.v1.GossipService" } as const;

type Status = NonNullable<HealthCheckResponse["status"]>;
type WatchedHealth = ServerWritableStream<HealthCheckRequest__Output, HealthCheckResponse>;

/**
 * The handlers of gRPC's Health service. Who watches is kept in `watchers`, of which there are `maxWatchers` at most, so
 * that the streams can be ended with the peer.
 */
export function healthHandlers(peer: ServedPeer, watchers: Set<OpenStream>, maxWatchers: number): HealthHandlers {
  return {
    Check: ({ request: { service } }, callback) => {
      const found = statusOf(peer, service);
      if (found !== undefined) callback(null, { status: found });
      else callback({ code: status.NOT_FOUND, details: `${JSON.stringify(service)} is no service of this peer` });
    },
    List: (_call, callback) => {
      const statuses = Object.values(HEALTH).map((name) => [name, { status: statusOf(peer, name) ?? "UNKNOWN" }]);
      callback(null, { statuses: Object.fromEntries(statuses) as Record<string, HealthCheckResponse> });
    },
    Watch: (call) => {
      if (watchers.size < maxWatchers) watch(peer, call, watchers);
      else {
        const details = `${watchers.size} watch the health already; the limit is maxWatchers`;
        call.emit("error", { code: status.RESOURCE_EXHAUSTED, details });
      }
    },
  };
}

/** How a service is now; undefined for one that the peer does not know. */
function statusOf(peer: ServedPeer, service: string): Status | undefined {
  if (service === HEALTH.liveness) return "SERVING";
  if (service !== HEALTH.readiness) return undefined;
  return isReady(peer.state()) ? "SERVING" : "NOT_SERVING";
}

/** Tells a watcher how its service is, and each change. A watcher that takes nothing is told the last when it does. */
function watch(peer: ServedPeer, call: WatchedHealth, watchers: Set<OpenStream>): void {
  let told: Status | undefined;
  let isSending = false;
  const tell = (): void => {
    const present = statusOf(peer, call.request.service) ?? "SERVICE_UNKNOWN";
    if (isSending || present === told || !watchers.has(call)) return;
    isSending = true;
    told = present;
    call.write({ status: present }, () => {
      isSending = false;
      tell();
    });
  };
  const unwatch = peer.watchState(tell);
  const end = (): void => {
    unwatch();
    watchers.delete(call);
  };
  watchers.add(call);
  for (const name of ["cancelled", "close", "error"]) call.on(name, end);
  tell();
}
