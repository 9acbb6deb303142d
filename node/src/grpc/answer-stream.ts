import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { ServedPeer } from "./served-peer.js";
import { statusFor } from "./service-errors.js";

/** A stream that somebody else has opened, and that has no end of its own. */
export interface OpenStream {
  /** Ends the stream; a request that is being answered has its answer first. */
  end(): void;
}

/**
 * Answers the requests of a stream one after the other, and none before the last answer was taken: for a caller that does
 * not read one answer is kept, and the 16 requests that a stream of objects holds.
 */
export async function answerStream<Request, Response>(
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
