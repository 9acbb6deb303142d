import { X509Certificate } from "node:crypto";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Address } from "../core/address.js";
import type { GossipServiceHandlers } from "./generated/gossip/v1/GossipService.js";
import { decodeProbe, decodeRequest, encodeProbeResult, encodeReply } from "./gossip-codec.js";
import type { ServedPeer } from "./served-peer.js";
import { Refused, statusFor } from "./service-errors.js";
import { completeExchanges, completeProbes, shortenReply } from "./unsaid.js";

/** A stream on which another peer asks. */
export interface OpenStream {
  /** Ends the stream, once the request that is being answered has its answer. */
  end(): void;
}

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

/**
 * Answers the requests of a stream one after the other, and none before the last answer was taken: for a caller that does
 * not read one answer is kept, and the 16 requests that a stream of objects holds.
 */
async function answerStream<Request, Response>(
  peer: ServedPeer,
  call: ServerDuplexStream<Request, Response>,
  open: Set<OpenStream>,
  answer: (request: Request) => Response | Promise<Response>,
): Promise<void> {
  let [isAnswering, isEnding] = [false, false];
  const stream: OpenStream = {
    end: () => {
      isEnding = true;
      if (!isAnswering) call.end();
    },
  };
  open.add(stream);
  let goOn = (): void => undefined;
  call.once("close", () => {
    goOn();
  });
  /** Sends an answer, and resolves when it was taken, or never will be. */
  const send = (response: Response): Promise<void> =>
    new Promise((resolve) => {
      goOn = resolve;
      if (call.closed) resolve();
      else
        call.write(response, () => {
          resolve();
        });
    });
  try {
    for await (const request of call.iterator({ destroyOnReturn: false }) as AsyncIterable<Request>) {
      if (call.writableEnded) break;
      isAnswering = true;
      const response = await answer(request);
      const sent = send(response);
      isAnswering = false;
      if (isEnding) break;
      await sent;
    }
    call.end();
  } catch (error) {
    if (!call.cancelled) call.emit("error", statusFor(peer, error));
  } finally {
    open.delete(stream);
  }
}
