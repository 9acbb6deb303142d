import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ExchangeReply, ExchangeRequest, MemberEvent, SentRecord } from "../../src/core/messages.js";
import { isLive, MAX_COUNTER, STATUSES } from "../../src/core/record.js";
import {
  decodeEvent,
  decodeMember,
  decodeMeta,
  decodeReply,
  decodeRequest,
  encodeEvent,
  encodeMember,
  encodeMeta,
  encodeReply,
  encodeRequest,
  Malformed,
} from "../../src/grpc/codec.js";
import type { ExchangeRequest__Output } from "../../src/grpc/generated/gossip/v1/ExchangeRequest.js";
import type { Record__Output } from "../../src/grpc/generated/gossip/v1/Record.js";
import { schema } from "../../src/grpc/schema.js";
import { MEMBER_EVENTS } from "../../src/peer.js";
import { anyMeta, record } from "../support/records.js";

const { Exchange } = schema.GossipService.service;
const { WatchMembers } = schema.MembershipService.service;

const anyCounter = (min: number): fc.Arbitrary<number> => fc.integer({ min, max: MAX_COUNTER });
const anySent: fc.Arbitrary<SentRecord> = fc
  .record({
    address: fc.nat({ max: 65534 }).map((port) => `127.0.0.1:${port + 1}`),
    generation: anyCounter(1),
    incarnation: anyCounter(0),
    status: fc.constantFrom(...STATUSES),
    meta: anyMeta,
    goneForMs: anyCounter(0),
  })
  .map((said) => (isLive(said) ? { ...said, goneForMs: 0 } : said));
const anyReply: fc.Arbitrary<ExchangeReply> = fc
  .tuple(fc.array(anySent, { minLength: 1, maxLength: 5 }), anyCounter(0))
  .map(([records, viewHash]) => ({ sender: records[0]?.address ?? "", records, viewHash }));
const anyRequest: fc.Arbitrary<ExchangeRequest> = fc
  .tuple(fc.stringMatching(/^[\w.-]{1,64}$/), fc.constantFrom("", "peer:7946"), anyReply)
  .map(([cluster, recipient, reply]) => ({ cluster, recipient, ...reply }));

describe("what is sent arrives as it was sent", () => {
  test("in a request", () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const bytes = Exchange.requestSerialize(encodeRequest(request));
        expect(decodeRequest(Exchange.requestDeserialize(bytes))).toEqual(request);
      }),
    );
  });

  test("in a reply", () => {
    fc.assert(
      fc.property(anyReply, (reply) => {
        const bytes = Exchange.responseSerialize(encodeReply(reply));
        expect(decodeReply(Exchange.responseDeserialize(bytes))).toEqual(reply);
      }),
    );
  });

  test("in an event", () => {
    const anyEvent: fc.Arbitrary<MemberEvent> = fc.record({
      kind: fc.constantFrom(...MEMBER_EVENTS),
      member: anyMeta.map((meta) => record({ meta })),
      reason: fc.constant("stays here"),
    });
    fc.assert(
      fc.property(anyEvent, (event) => {
        const bytes = WatchMembers.responseSerialize({ event: encodeEvent(event) });
        const arrived = WatchMembers.responseDeserialize(bytes).event ?? null;
        const { kind, member } = event;
        expect(arrived && decodeEvent(arrived)).toEqual({ kind, member });
      }),
    );
  });

  test("in metadata with a tag of any name", () => {
    const tags = JSON.parse('{"__proto__":"a","constructor":"b","10":"c","9":"d","":""}') as Record<string, string>;
    delete tags[""];
    const bytes = Exchange.responseSerialize(
      encodeReply({ sender: "a:1", records: [{ ...record({ meta: { tags } }), goneForMs: 0 }], viewHash: 0 }),
    );
    const meta = decodeReply(Exchange.responseDeserialize(bytes)).records[0]?.meta;
    expect(Object.entries(meta?.tags ?? {}).sort()).toEqual(Object.entries(tags).sort());
  });

  test("with empty metadata where there are none", () => {
    expect(decodeMeta(null)).toEqual({});
    expect(decodeMember({ ...(encodeMember(record()) as Record__Output), meta: null }).meta).toEqual({});
    expect(encodeMeta({})).toEqual({ name: "", tags: {} });
  });
});

describe("rubbish is refused with the name of the field:", () => {
  const wireRecord = (change: Partial<Record__Output> = {}): Record__Output => ({
    address: "a:1",
    generation: 1,
    incarnation: 0,
    status: "STATUS_ALIVE",
    meta: { name: "", tags: {} },
    goneForMs: 0,
    ...change,
  });
  const wire = (change: Partial<ExchangeRequest__Output> = {}): ExchangeRequest__Output => ({
    cluster: "test",
    recipient: "",
    sender: "a:1",
    records: [wireRecord()],
    viewHash: 0,
    ...change,
  });
  const second = (change: Partial<Record__Output>): ExchangeRequest__Output =>
    wire({ records: [wireRecord(), wireRecord({ address: "b:1", ...change })] });
  const tags = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, ""]));

  test("none of it where there is none", () => {
    expect(decodeRequest(wire()).sender).toBe("a:1");
    expect(decodeRequest(second({})).records).toHaveLength(2);
  });

  test.each<[string, ExchangeRequest__Output, RegExp]>([
    ["no cluster", wire({ cluster: "" }), /^cluster /],
    ["a cluster with a long name", wire({ cluster: "c".repeat(65) }), /^cluster /],
    ["a recipient that is no address", wire({ recipient: "peer" }), /^recipient: .*no port/],
    ["no sender", wire({ sender: "" }), /^sender: /],
    ["a sender that is no address", wire({ sender: "a:0" }), /^sender: .*port/],
    [
      "too many records",
      wire({ records: Array<Record__Output>(1001).fill(wireRecord()) }),
      /^records has 1001 .* 1000/,
    ],
    ["no records", wire({ records: [] }), /sender's own record is missing/],
    ["no record of the sender", wire({ records: [wireRecord({ address: "b:1" })] }), /sender's own record is missing/],
    ["a record without address", second({ address: "" }), /^records\[1\]\.address: /],
    ["a record of an address with a blank", second({ address: " b:1" }), /^records\[1\]\.address: /],
    ["no generation", second({ generation: 0 }), /^records\[1\]\.generation is 0.*1 to 2\^48/],
    ["a generation above all", second({ generation: MAX_COUNTER + 1 }), /^records\[1\]\.generation /],
    ["a generation that is no number", second({ generation: NaN }), /^records\[1\]\.generation is NaN/],
    ["an incarnation above all", second({ incarnation: 2 ** 64 }), /^records\[1\]\.incarnation /],
    ["a broken incarnation", second({ incarnation: 0.5 }), /^records\[1\]\.incarnation is 0\.5/],
    ["no status", second({ status: "STATUS_UNSPECIFIED" }), /^records\[1\]\.status is STATUS_UNSPECIFIED/],
    ["a status of the future", second({ status: 99 as never }), /^records\[1\]\.status is 99/],
    ["an age of one who is alive", second({ goneForMs: 1 }), /^records\[1\]\.gone_for_ms is 1; .* alive/],
    [
      "an age of a suspect",
      second({ status: "STATUS_SUSPECT", goneForMs: 1 }),
      /^records\[1\]\.gone_for_ms .* suspect/,
    ],
    ["an age above all", second({ goneForMs: 2 ** 53 }), /^records\[1\]\.gone_for_ms /],
    ["a long name", second({ meta: { name: "n".repeat(129), tags: {} } }), /^records\[1\]\.meta: name has 129 bytes/],
    ["many tags", second({ meta: { name: "", tags: tags(33) } }), /^records\[1\]\.meta: tags has 33 entries/],
    ["an empty tag", second({ meta: { name: "", tags: { "": "v" } } }), /^records\[1\]\.meta: tag key/],
    ["a long tag", second({ meta: { name: "", tags: { k: "v".repeat(1024) } } }), /^records\[1\]\.meta: .* 1025 bytes/],
  ])("%s", (_, request, field) => {
    expect(() => decodeRequest(request)).toThrow(Malformed);
    expect(() => decodeRequest(request)).toThrow(field);
    if (!field.source.includes("cluster") && !field.source.includes("recipient")) {
      expect(() => decodeReply(request)).toThrow(field);
    }
  });

  test("an event without kind or member", () => {
    const member = { ...wireRecord(), goneForMs: undefined };
    expect(() => decodeEvent({ kind: "KIND_UNSPECIFIED", member })).toThrow(/kind is KIND_UNSPECIFIED/);
    expect(() => decodeEvent({ kind: "KIND_JOINED", member: null })).toThrow(/member is missing/);
    expect(() => decodeEvent({ kind: "KIND_JOINED", member: { ...member, status: 0 as never } })).toThrow(
      /member\.status/,
    );
  });
});

test("whatever bytes arrive, they are understood as they are meant or refused as malformed", () => {
  const mutated = fc.tuple(anyRequest, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([request, at, byte]) => {
    const bytes = Uint8Array.from(Exchange.requestSerialize(encodeRequest(request)));
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), mutated), (bytes) => {
      let wire: ExchangeRequest__Output;
      try {
        wire = Exchange.requestDeserialize(Buffer.from(bytes));
      } catch {
        return; // grpc-js refuses what is no message at all
      }
      try {
        const { records, ...rest } = decodeRequest(wire);
        expect({ ...rest, records: records.length }).toEqual({
          ...wire,
          records: wire.records.length,
        });
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }),
  );
});
