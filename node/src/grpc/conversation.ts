import { status, type ClientDuplexStream } from "@grpc/grpc-js";
import type { Millis } from "../core/timing.js";

/** The statuses that are about one request or its answer. The requests after that one are left without an answer. */
const REFUSALS: readonly (status | undefined)[] = [
  status.INTERNAL,
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.RESOURCE_EXHAUSTED,
];

/**
 * How many requests may wait. A peer that leaves out an answer leaves its request waiting for good; with so many
 * waiting the stream is given up.
 */
const MOST_WAITING = 64;

/** The stream ended because of another request, or because the peer ended it. The request may be asked again. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

interface Waiting<Response> {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: Error) => void;
}

/** Requests to one peer, and its responses in the same order, on a stream that stays open for the next ones. */
export class Conversation<Request, Response> {
  readonly #stream: ClientDuplexStream<Request, Response>;
  readonly #shorten: (request: Request) => Request;
  readonly #waiting: Waiting<Response>[] = [];
  readonly #over: () => void;
  #isOver = false;
  /** Cancels the stream when the peer does not end it in time; undefined until this side has ended it. */
  #tooLate: NodeJS.Timeout | undefined;

  /**
   * Leaves out of each request by `shorten` what was said on the stream before. Calls `over` back once, when nothing can be
   * asked on the stream any more.
   */
  constructor(stream: ClientDuplexStream<Request, Response>, shorten: (request: Request) => Request, over: () => void) {
    this.#stream = stream;
    this.#shorten = shorten;
    this.#over = over;
    stream.on("data", (response: Response) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined)
        this.cancel(); // a response to no request
      else waiting.resolve(response);
    });
    stream.on("error", (error) => {
      this.#conclude(error);
    });
    stream.on("end", () => {
      this.#conclude(new Interrupted("the peer has ended the stream"));
    });
  }

  /**
   * Resolves to the response. Rejects with the error that the stream ended with; with Interrupted where the request may
   * be asked again; or with DEADLINE_EXCEEDED after `deadlineMs`: then the stream lives on, and a response that comes
   * later is passed over.
   */
  ask(request: Request, deadlineMs: Millis): Promise<Response> {
    let deadline: NodeJS.Timeout | undefined;
    return new Promise<Response>((resolve, reject) => {
      deadline = setTimeout(() => {
        reject(withCode(status.DEADLINE_EXCEEDED, `no answer for ${Math.round(deadlineMs)} ms`));
        if (this.#waiting.length > MOST_WAITING) this.cancel();
      }, deadlineMs);
      this.#waiting.push({ resolve, reject });
      this.#stream.write(this.#shorten(request));
    }).finally(() => {
      clearTimeout(deadline);
    });
  }

  /** Ends the stream as one that is needed no more. Where the peer does not end it too within that time it is cancelled. */
  end(withinMs: Millis): void {
    this.#stream.end();
    this.#tooLate ??= setTimeout(() => {
      this.cancel();
    }, withinMs).unref();
  }

  /** Cancels the stream; requests that wait are rejected with CANCELLED. */
  cancel(): void {
    this.#stream.cancel();
    this.#conclude(withCode(status.CANCELLED, "cancelled"));
  }

  #conclude(error: Error & { readonly code?: status }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#tooLate);
    this.#over();
    const interrupted = REFUSALS.includes(error.code) ? new Interrupted(error.message) : error;
    for (const [at, waiting] of this.#waiting.entries()) waiting.reject(at === 0 ? error : interrupted);
    this.#waiting.length = 0;
  }
}

function withCode(code: status, details: string): Error & { readonly code: status; readonly details: string } {
  return Object.assign(new Error(details), { code, details });
}
