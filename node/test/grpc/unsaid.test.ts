import { describe, expect, test } from "@jest/globals";
import type { ExchangeReply, ExchangeRequest } from "../../src/core/messages.js";
import {
  decodeProbe,
  decodeReply,
  decodeRequest,
  encodeProbe,
  encodeReply,
  encodeRequest,
} from "../../src/grpc/gossip-codec.js";
import { Malformed } from "../../src/grpc/malformed.js";
import { schema } from "../../src/grpc/schema.js";
import {
  completeExchanges,
  completeProbes,
  completeReply,
  shortenExchanges,
  shortenProbes,
  shortenReply,
} from "../../src/grpc/unsaid.js";
import { sent } from "../support/records.js";

const { Exchange, Probe } = schema.GossipService.service;

const REQUEST: ExchangeRequest = {
  cluster: "test",
  recipient: "b:1",
  sender: "a:1",
  records: [sent({ address: "a:1" })],
  viewHash: 7,
  buckets: [],
  range: undefined,
};

/** Sends exchanges over one stream; returns each as it arrives, and how many bytes it took. */
function stream(): (request: ExchangeRequest) => { arrived: ExchangeRequest; bytes: number } {
  const [shorten, complete] = [shortenExchanges(), completeExchanges()];
  return (request) => {
    const bytes = Exchange.requestSerialize(shorten(encodeRequest(request)));
    return { arrived: decodeRequest(complete(Exchange.requestDeserialize(bytes))), bytes: bytes.length };
  };
}

describe("a request on a stream", () => {
  const other = sent({ address: "c:1" });
  test.each<[string, ExchangeRequest]>([
    ["the same again", REQUEST],
    ["with another hash", { ...REQUEST, viewHash: 8 }],
    ["with news", { ...REQUEST, records: [sent({ address: "a:1" }), other], range: { from: "b:1", to: "d:1" } }],
    ["with another record of the sender", { ...REQUEST, records: [sent({ address: "a:1", incarnation: 3 }), other] }],
    ["to an address that is not known", { ...REQUEST, recipient: "" }],
    ["of another sender", { ...REQUEST, sender: "c:1", records: [other] }],
    ["of another cluster", { ...REQUEST, cluster: "other" }],
  ])("arrives as it was sent, %s", (_what, request) => {
    const send = stream();
    for (const each of [REQUEST, request, REQUEST, request, request]) expect(send(each).arrived).toEqual(each);
  });

  test("has the versions that the first one said", () => {
    const send = stream();
    const request = { ...REQUEST, versions: { oldest: 1, newest: 3 } };
    const [first, second] = [send(request), send({ ...request, viewHash: 8 })];
    expect([first.arrived.versions, second.arrived.versions]).toEqual([request.versions, request.versions]);
    expect(second.bytes).toBeLessThan(4);
  });

  test("takes a few bytes when nothing has changed", () => {
    const send = stream();
    expect(send(REQUEST).bytes).toBeGreaterThan(25);
    expect(send(REQUEST).bytes).toBe(2);
  });

  test("that is the first and names no sender is refused", () => {
    const complete = completeExchanges();
    const nameless = Exchange.requestDeserialize(Exchange.requestSerialize({ ...encodeRequest(REQUEST), sender: "" }));
    expect(() => decodeRequest(complete(nameless))).toThrow(Malformed);
  });

  test("that could not be decoded stays so, and changes nothing", () => {
    const complete = completeExchanges();
    const whole = Exchange.requestDeserialize(Exchange.requestSerialize(encodeRequest(REQUEST)));
    const short = Exchange.requestDeserialize(Exchange.requestSerialize({}));
    complete(whole);
    const malformed = new Malformed("rubbish");
    expect(complete(malformed)).toBe(malformed);
    expect(decodeRequest(complete(short)).sender).toBe("a:1");
  });
});

test("a probe on a stream arrives as it was sent, and takes no byte when it is the same again", () => {
  const [shorten, complete] = [shortenProbes(), completeProbes()];
  const ping = { cluster: "test", recipient: "b:1", sender: "a:1", target: "b:1" };
  const bytesOf = [ping, ping, { ...ping, target: "c:1" }, ping, { ...ping, sender: "d:1" }].map((probe) => {
    const bytes = Probe.requestSerialize(shorten(encodeProbe(probe)));
    expect(decodeProbe(complete(Probe.requestDeserialize(bytes)))).toEqual(probe);
    return bytes.length;
  });
  expect(bytesOf[1]).toBe(0);
});

describe("a reply", () => {
  const reply: ExchangeReply = { sender: "b:1", records: [], viewHash: 7, bucketHashes: [] };
  const arrived = (said: ExchangeReply): { reply: ExchangeReply; bytes: number } => {
    const bytes = Exchange.responseSerialize(shortenReply(encodeReply(said), REQUEST));
    return { reply: decodeReply(completeReply(Exchange.responseDeserialize(bytes), REQUEST)), bytes: bytes.length };
  };

  test.each<[string, ExchangeReply]>([
    ["from the peer that was meant", reply],
    ["from another", { ...reply, sender: "c:1" }],
    ["that holds other records", { ...reply, viewHash: 8, records: [sent({ address: "c:1" })] }],
  ])("arrives as it was sent, %s", (_what, said) => {
    expect(arrived(said).reply).toEqual(said);
  });

  test("takes no byte from a peer that holds the same", () => {
    expect(arrived(reply).bytes).toBe(0);
  });
});
