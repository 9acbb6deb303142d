import { once } from "node:events";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { GossipServiceHandlers } from "./generated/gossip/v1/GossipService.js";
import { decodeProbe, decodeRequest, encodeReply } from "./gossip-codec.js";
import type { ServedPeer } from "./served-peer.js";
import { Refused, statusFor } from "./service-errors.js";

/** A stream on which another peer asks. */
export interface OpenStream {
  /** Ends the stream, once the request that is being answered has its answer. */
  end(): void;
}

/** The handlers of GossipService. Open streams are kept in `open`, so that they can be ended with the peer. */
export function gossipHandlers(peer: ServedPeer, open: Set<OpenStream>): GossipServiceHandlers {
  return {
    Exchange: (call) => {
      void answerStream(peer, call, open, (request) => {
        const answered = peer.answer(decodeRequest(request));
        if ("refusal" in answered) throw new Refused(answered.refusal);
        return encodeReply(answered.reply);
      });
    },
    Probe: (call) => {
      void answerStream(peer, call, open, async (request) => {
        const outcome = await peer.probe(decodeProbe(request));
        if (typeof outcome !== "boolean") throw new Refused(outcome.refusal);
        return { reached: outcome };
      });
    },
  };
}

/**
 * Answers the requests of a stream one after the other, and none before there is room for its answer: of a caller that
 * does not read, no more than the 16 requests and 16 answers are kept that a stream of objects holds.
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
  const closed = new AbortController();
  call.once("close", () => {
    closed.abort(); // the stream may close before anybody waits for it to drain
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
    if (!call.cancelled) call.emit("error", statusFor(peer, error));
  } finally {
    open.delete(stream);
  }
}
