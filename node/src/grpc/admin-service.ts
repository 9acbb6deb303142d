import { decodeMeta } from "./codec-fields.js";
import type { AdminServiceHandlers } from "./generated/gossip/v1/AdminService.js";
import type { ServedPeer } from "./served-peer.js";
import { answerUnary } from "./service-errors.js";

/** The handlers of AdminService. */
export function adminHandlers(peer: ServedPeer): AdminServiceHandlers {
  return {
    AddSeed: (call, callback) => {
      answerUnary(peer, callback, () => {
        peer.addSeed(call.request.address);
        return {};
      });
    },
    RemoveSeed: (call, callback) => {
      answerUnary(peer, callback, () => {
        peer.removeSeed(call.request.address);
        return {};
      });
    },
    UpdateMeta: (call, callback) => {
      answerUnary(peer, callback, () => {
        peer.updateMeta(decodeMeta(call.request.meta));
        return {};
      });
    },
    // The call is answered before the peer ends, since the server that carries the answer ends with the peer.
    Leave: (_call, callback) => {
      callback(null, {});
      void peer.stop();
    },
  };
}
