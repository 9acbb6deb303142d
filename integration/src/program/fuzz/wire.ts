import http2, { type ClientHttp2Session } from "node:http2";
import type { FuzzInput } from "./inputs.js";

/** A caller that gives up an answer after so long: a peer under fire is slow, and one that hangs must be noticed. */
const ANSWERED_WITHIN_MS = 30_000;

/** Streams on one connection before another is made. */
const STREAMS = 1000;

/** Sends bytes to a peer's port as gRPC frames them; not by gRPC's own client, which would refuse some of them. */
export class Wire {
  readonly #address: string;
  #session: ClientHttp2Session | undefined;
  #streams = 0;

  constructor(address: string) {
    this.#address = address;
  }

  /**
   * Sends an input on a stream of its own. Resolves when the peer has ended the stream, whatever it answered. Rejects when it
   * does not within ANSWERED_WITHIN_MS, or cannot be reached.
   */
  async send({ method, bytes }: FuzzInput): Promise<void> {
    const session = this.#open();
    const stream = session.request({
      ":method": "POST",
      ":path": `/gossip.v1.GossipService/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.resume();
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(bytes.length, 1);
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`no answer within ${ANSWERED_WITHIN_MS} ms`));
      }, ANSWERED_WITHIN_MS);
      stream.on("error", () => undefined);
      stream.on("close", () => {
        clearTimeout(late);
        resolve();
      });
      stream.end(Buffer.concat([frame, bytes]));
    });
  }

  close(): void {
    this.#session?.destroy();
  }

  #open(): ClientHttp2Session {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed || ++this.#streams > STREAMS) {
      this.#session?.close();
      this.#session = http2.connect(`http://${this.#address}`);
      this.#session.on("error", () => undefined);
      this.#streams = 0;
    }
    return this.#session;
  }
}
