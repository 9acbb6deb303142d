import { afterEach } from "@jest/globals";
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import type { Address } from "../../src/core/address.js";

const sessions = new Set<ClientHttp2Session>();
afterEach(() => {
  for (const session of sessions) session.destroy();
  sessions.clear();
});

/**
 * A gRPC call whose caller does not read: what the server sends waits on its way until the stream is resumed. Not made with
 * grpc-js, which takes in what nobody reads. Ended with the test.
 */
export function callUnread(address: Address, path: string, requests: readonly Buffer[]): ClientHttp2Stream {
  const session = http2.connect(`http://${address}`);
  sessions.add(session.on("error", () => undefined));
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  for (const request of requests) stream.write(framed(request));
  stream.end();
  return stream.on("error", () => undefined);
}

/** A message as gRPC frames it: not compressed, its length, its bytes. */
function framed(message: Buffer): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, 5);
  return frame;
}
