import { X509Certificate } from "node:crypto";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { answerStream, type OpenStream } from "./answer-stream.js";
import type { Address } from "../core/address.js";
import type { GossipServiceHandlers } from "./generated/gossip/v1/GossipService.js";
import { decodeProbe, decodeRequest, encodeProbeResult, encodeReply } from "./gossip-codec.js";
import type { ServedPeer } from "./served-peer.js";
import { Refused } from "./service-errors.js";
import { completeExchanges, completeProbes, shortenReply } from "./unsaid.js";

/** The handlers of GossipService. Open streams are kept in `open`, so that they can be ended with the peer. */
export function gossipHandlers(peer: ServedPeer, open: Set<OpenStream>): GossipServiceHandlers {
  return {
    Exchange: (call) => {
      const certificate = certificateOf(call);
      const complete = completeExchanges();
      let asker: Address | undefined;
      const answered = answerStream(peer, call, open, (wire) => {
        const request = decodeRequest(complete(wire));
        const problem = peer.claimProblem(certificate, request.sender);
        if (problem !== undefined) {
          // Without the port, which is another each time: the log tells the same warning once a minute.
          const from = call.getPeer().replace(/:\d+$/, "");
          peer.warn(`${from} calls itself ${request.sender} and is refused: ${problem}`);
          throw new Refused(`${request.sender} is refused here: ${problem}`);
        }
        const answer = peer.answer(request);
        if ("refusal" in answer) throw new Refused(answer.refusal);
        asker = request.sender;
        return shortenReply(encodeReply(answer.reply), request);
      });
      void answered.then(() => {
        if (call.cancelled && !call.readableEnded && asker !== undefined) peer.brokenOff(asker);
      });
    },
    Probe: (call) => {
      const complete = completeProbes();
      void answerStream(peer, call, open, async (wire) => {
        const outcome = await peer.probe(decodeProbe(complete(wire)));
        if (typeof outcome !== "string") throw new Refused(outcome.refusal);
        return encodeProbeResult(outcome);
      });
    },
  };
}

/** The certificate that the caller's connection was made with, and that a CA has signed; undefined where there is none. */
function certificateOf(call: ServerDuplexStream<unknown, unknown>): X509Certificate | undefined {
  const { sslPeerCertificate } = call.getAuthContext();
  return sslPeerCertificate && new X509Certificate(sslPeerCertificate.raw);
}
