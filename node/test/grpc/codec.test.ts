import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { MEMBER_EVENTS } from "../../src/announcer.js";
import type { Accuser } from "../../src/core/suspicion.js";
import type { ExchangeReply, ExchangeRequest, MemberEvent, ProbeRequest, SentRecord } from "../../src/core/messages.js";
import { BUCKETS, isLive, MAX_COUNTER, STATUSES } from "../../src/core/record.js";
import { decodeMember, decodeMeta, encodeMember, encodeMeta, isOfLaterVersion } from "../../src/grpc/codec-fields.js";
import { Malformed } from "../../src/grpc/malformed.js";
import type { Accuser__Output } from "../../src/grpc/generated/gossip/v1/Accuser.js";
import type { ExchangeRequest__Output } from "../../src/grpc/generated/gossip/v1/ExchangeRequest.js";
import type { ExchangeResponse__Output } from "../../src/grpc/generated/gossip/v1/ExchangeResponse.js";
import type { Member__Output } from "../../src/grpc/generated/gossip/v1/Member.js";
import type { ProbeRequest__Output } from "../../src/grpc/generated/gossip/v1/ProbeRequest.js";
import type { Record__Output } from "../../src/grpc/generated/gossip/v1/Record.js";
import {
  decodeProbe,
  decodeReply,
  decodeProbeResult,
  decodeRequest,
  encodeProbe,
  encodeProbeResult,
  encodeReply,
  encodeRequest,
} from "../../src/grpc/gossip-codec.js";
import {
  decodeEvent,
  decodeFollowed,
  decodeState,
  decodeTraffic,
  decodeView,
  encodeEvent,
  encodeTraffic,
} from "../../src/grpc/membership-codec.js";
import { schema } from "../../src/grpc/schema.js";
import { ROUND_TRIP_BOUNDS_MS, type Traffic } from "../../src/traffic.js";
import { anyMeta, record } from "../support/records.js";

const { Exchange, Probe } = schema.GossipService.service;
const { GetTraffic, WatchMembers } = schema.MembershipService.service;

const anyCounter = (min: number): fc.Arbitrary<number> => fc.integer({ min, max: MAX_COUNTER });
const anyAddress = fc.nat({ max: 65534 }).map((port) => `127.0.0.1:${port + 1}`);
const anyAccusers: fc.Arbitrary<Accuser[]> = fc.array(fc.record({ address: anyAddress, broken: fc.boolean() }), {
  minLength: 1,
  maxLength: 8,
});
const anySent: fc.Arbitrary<SentRecord> = fc
  .tuple(
    fc.record({
      address: anyAddress,
      generation: anyCounter(1),
      incarnation: anyCounter(0),
      status: fc.constantFrom(...STATUSES),
      meta: anyMeta,
      goneForMs: anyCounter(0),
    }),
    fc.option(anyAccusers, { nil: undefined }),
  )
  .map(([{ goneForMs, ...said }, accusers]) => ({
    ...said,
    ...(isLive(said) ? {} : { goneForMs }),
    ...((said.status === "suspect" || said.status === "failed") && accusers !== undefined ? { accusers } : {}),
  }));
const anyBucketHashes = fc.array(fc.nat({ max: 2 ** 32 - 1 }), { minLength: BUCKETS, maxLength: BUCKETS });
const anyReply: fc.Arbitrary<ExchangeReply> = fc.record({
  sender: anyAddress,
  records: fc.array(anySent, { maxLength: 5 }),
  viewHash: anyCounter(0),
  bucketHashes: fc.oneof(fc.constant([]), anyBucketHashes),
});
const anyCluster = fc.stringMatching(/^[\w.-]{1,64}$/);
const anyRecipient = fc.constantFrom("", "peer:7946");
const anyRequest: fc.Arbitrary<ExchangeRequest> = fc
  .record({
    cluster: anyCluster,
    recipient: anyRecipient,
    records: fc.array(anySent, { minLength: 1, maxLength: 5 }),
    viewHash: anyCounter(0),
    buckets: fc.uniqueArray(fc.nat({ max: BUCKETS - 1 }), { maxLength: BUCKETS }),
    range: fc.option(fc.record({ from: anyAddress, to: anyAddress }), { nil: undefined }),
  })
  .map((said) => ({ ...said, sender: said.records[0]?.address ?? "" }));
const anyProbe: fc.Arbitrary<ProbeRequest> = fc.record({
  cluster: anyCluster,
  recipient: anyRecipient,
  sender: anyAddress,
  target: anyAddress,
});

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

  test("in a probe", () => {
    fc.assert(
      fc.property(anyProbe, fc.constantFrom("reached", "not reached", "not tried"), (request, result) => {
        const bytes = Probe.requestSerialize(encodeProbe(request));
        expect(decodeProbe(Probe.requestDeserialize(bytes))).toEqual(request);
        const answer = Probe.responseSerialize(encodeProbeResult(result));
        expect(decodeProbeResult(Probe.responseDeserialize(answer))).toBe(result);
      }),
    );
  });

  test("in what a peer has counted", () => {
    const counts = ROUND_TRIP_BOUNDS_MS.length + 1;
    const anyPair = <K extends string>(one: K, other: K): fc.Arbitrary<Record<K, number>> =>
      fc.tuple(anyCounter(0), anyCounter(0)).map(([a, b]) => ({ [one]: a, [other]: b }) as Record<K, number>);
    const anyTraffic: fc.Arbitrary<Traffic> = fc.record({
      startedAtMs: anyCounter(1),
      runningForMs: anyCounter(0),
      exchanges: anyPair("asked", "answered"),
      probes: anyPair("asked", "answered"),
      unanswered: anyCounter(0),
      messages: anyPair("sent", "received"),
      bytes: anyPair("sent", "received"),
      roundTrips: fc.array(anyCounter(0), { minLength: counts, maxLength: counts }),
    });
    fc.assert(
      fc.property(anyTraffic, (traffic) => {
        const bytes = GetTraffic.responseSerialize(encodeTraffic(traffic));
        expect(decodeTraffic(GetTraffic.responseDeserialize(bytes))).toEqual(traffic);
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
    const records = [record({ meta: { tags } })];
    const reply = { sender: "a:1", records, viewHash: 0, bucketHashes: [] };
    const bytes = Exchange.responseSerialize(encodeReply(reply));
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
    accusers: [],
    ...change,
  });
  const accusers = (count: number): Accuser__Output[] =>
    Array.from({ length: count }, (_, at) => ({ address: `a${at}:1`, broken: false }));
  const wire = (change: Partial<ExchangeRequest__Output> = {}): ExchangeRequest__Output => ({
    cluster: "test",
    recipient: "",
    sender: "a:1",
    records: [wireRecord()],
    viewHash: 0,
    buckets: [],
    range: null,
    versions: null,
    ...change,
  });
  const answer = (change: Partial<ExchangeResponse__Output> = {}): ExchangeResponse__Output => ({
    sender: "a:1",
    records: [],
    viewHash: 0,
    bucketHashes: [],
    versions: null,
    ...change,
  });
  const probe = (change: Partial<ProbeRequest__Output> = {}): ProbeRequest__Output => ({
    cluster: "test",
    recipient: "b:1",
    sender: "a:1",
    target: "c:1",
    ...change,
  });
  const second = (change: Partial<Record__Output>): ExchangeRequest__Output =>
    wire({ records: [wireRecord(), wireRecord({ address: "b:1", ...change })] });
  const tags = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, ""]));

  test("none of it where there is none", () => {
    expect(decodeRequest(wire()).sender).toBe("a:1");
    expect(decodeRequest(second({})).records).toHaveLength(2);
    expect(decodeReply(answer()).records).toEqual([]);
    expect(decodeProbe(probe()).target).toBe("c:1");
    const suspect = second({ status: "STATUS_SUSPECT", accusers: accusers(8) });
    expect(decodeRequest(suspect).records[1]?.accusers).toHaveLength(8);
    expect(decodeRequest(wire({ buckets: [...Array(BUCKETS).keys()] })).buckets).toHaveLength(BUCKETS);
    expect(decodeReply(answer({ bucketHashes: Array<number>(BUCKETS).fill(0) })).bucketHashes).toHaveLength(BUCKETS);
  });

  test.each<[string, ExchangeRequest__Output, RegExp]>([
    ["no cluster", wire({ cluster: "" }), /^cluster /],
    ["a cluster with a long name", wire({ cluster: "c".repeat(65) }), /^cluster /],
    ["a recipient that is no address", wire({ recipient: "peer" }), /^recipient: .*no port/],
    ["no sender", wire({ sender: "" }), /^sender: /],
    ["a sender that is no address", wire({ sender: "a:0" }), /^sender: .*port/],
    [
      "too many records",
      wire({ records: Array<Record__Output>(2001).fill(wireRecord()) }),
      /^records has 2001 .* 2000/,
    ],
    ["no records", wire({ records: [] }), /the first record must be the sender's own/],
    [
      "no record of the sender",
      wire({ records: [wireRecord({ address: "b:1" })] }),
      /the first record must be the sender's own/,
    ],
    ["a record without address", second({ address: "" }), /^records\[1\]\.address: /],
    ["a record of an address with a blank", second({ address: " b:1" }), /^records\[1\]\.address: /],
    ["no generation", second({ generation: 0 }), /^records\[1\]\.generation is 0.*1 to 2\^48/],
    ["a generation above all", second({ generation: MAX_COUNTER + 1 }), /^records\[1\]\.generation /],
    ["a generation that is no number", second({ generation: NaN }), /^records\[1\]\.generation is NaN/],
    ["an incarnation above all", second({ incarnation: 2 ** 64 }), /^records\[1\]\.incarnation /],
    ["a broken incarnation", second({ incarnation: 0.5 }), /^records\[1\]\.incarnation is 0\.5/],
    ["no status", second({ status: "STATUS_UNSPECIFIED" }), /^records\[1\]\.status is STATUS_UNSPECIFIED/],
    ["an age of one who is alive", second({ goneForMs: 1 }), /^records\[1\]\.gone_for_ms is 1; .* alive/],
    [
      "an age of a suspect",
      second({ status: "STATUS_SUSPECT", goneForMs: 1 }),
      /^records\[1\]\.gone_for_ms .* suspect/,
    ],
    ["an age above all", second({ goneForMs: 2 ** 53 }), /^records\[1\]\.gone_for_ms /],
    ["a long name", second({ meta: { name: "n".repeat(257), tags: {} } }), /^records\[1\]\.meta: name has 257 bytes/],
    ["many tags", second({ meta: { name: "", tags: tags(65) } }), /^records\[1\]\.meta: tags has 65 entries/],
    ["an empty tag", second({ meta: { name: "", tags: { "": "v" } } }), /^records\[1\]\.meta: tag key/],
    ["too many accusers", second({ status: "STATUS_SUSPECT", accusers: accusers(9) }), /^records\[1\] has 9 accusers/],
    ["an accuser of one who is alive", second({ accusers: accusers(1) }), /^records\[1\] has 1 accusers/],
    ["an accuser of one who left", second({ status: "STATUS_LEFT", accusers: accusers(1) }), /^records\[1\] has 1 acc/],
    [
      "an accuser without address",
      second({ status: "STATUS_SUSPECT", accusers: [{ address: "", broken: true }] }),
      /^records\[1\]\.accusers: /,
    ],
    ["a long tag", second({ meta: { name: "", tags: { k: "v".repeat(2048) } } }), /^records\[1\]\.meta: .* 2049 bytes/],
  ])("%s", (_, request, field) => {
    expect(() => decodeRequest(request)).toThrow(Malformed);
    expect(() => decodeRequest(request)).toThrow(field);
    // What a reply has as well is refused in it as well.
    if (!/cluster|recipient|first record/.test(field.source)) {
      const { sender, records, viewHash } = request;
      expect(() => decodeReply(answer({ sender, records, viewHash }))).toThrow(field);
    }
  });

  test.each<[string, Partial<ExchangeRequest__Output>, RegExp]>([
    ["a bucket beyond the last", { buckets: [0, 64] }, /^buckets /],
    ["a bucket twice", { buckets: [1, 2, 1] }, /^buckets /],
    ["more buckets than there are", { buckets: Array<number>(65).fill(0) }, /^buckets /],
    ["a range without beginning", { range: { from: "", to: "b:1" } }, /^range\.from: /],
    ["a range without end", { range: { from: "a:1", to: "" } }, /^range\.to: /],
    ["a range to what is no address", { range: { from: "a:1", to: "nowhere" } }, /^range\.to: .*no port/],
    [
      "a sender of a status that is not known",
      { records: [wireRecord({ status: 99 as never })] },
      /^records\[0\]\.status/,
    ],
    ["versions from none on", { versions: { oldest: 0, newest: 1 } }, /^versions is 0 to 1; /],
    ["versions that end before they begin", { versions: { oldest: 3, newest: 2 } }, /^versions is 3 to 2; /],
    ["a view hash above all", { viewHash: MAX_COUNTER + 1 }, /^view_hash is /],
  ])("%s in a request", (_, change, field) => {
    expect(() => decodeRequest(wire(change))).toThrow(Malformed);
    expect(() => decodeRequest(wire(change))).toThrow(field);
  });

  test.each([1, 63, 65])("%d bucket hashes in a reply", (count) => {
    const short = answer({ bucketHashes: Array<number>(count).fill(0) });
    expect(() => decodeReply(short)).toThrow(Malformed);
    expect(() => decodeReply(short)).toThrow(`bucket_hashes has ${count} entries`);
  });

  test.each<[string, Partial<ProbeRequest__Output>, RegExp]>([
    ["no cluster", { cluster: "" }, /^cluster /],
    ["a recipient that is no address", { recipient: "peer" }, /^recipient: .*no port/],
    ["no sender", { sender: "" }, /^sender: /],
    ["no target", { target: "" }, /^target: /],
    ["a target that is no address", { target: "c:0" }, /^target: .*port/],
  ])("%s in a probe", (_, change, field) => {
    expect(() => decodeProbe(probe(change))).toThrow(Malformed);
    expect(() => decodeProbe(probe(change))).toThrow(field);
  });

  test("an event without kind or member", () => {
    const member: Member__Output = { ...wireRecord() };
    expect(() => decodeEvent({ kind: "KIND_UNSPECIFIED", member })).toThrow(/kind is KIND_UNSPECIFIED/);
    expect(() => decodeEvent({ kind: "KIND_JOINED", member: null })).toThrow(/member is missing/);
    expect(() => decodeEvent({ kind: "KIND_JOINED", member: { ...member, status: "STATUS_UNSPECIFIED" } })).toThrow(
      /member\.status/,
    );
  });
});

describe("what a later version may say", () => {
  const member = { generation: 1, incarnation: 0, status: "STATUS_ALIVE", meta: { name: "", tags: {} } } as const;
  const own: Record__Output = { ...member, address: "a:1", goneForMs: 0, accusers: [] };
  const [other, third] = [
    { ...own, address: "b:1" },
    { ...own, address: "c:1" },
  ];
  const wire = { sender: "a:1", viewHash: 0, versions: null };
  const request = { ...wire, cluster: "test", recipient: "", buckets: [], range: null };
  const addressesIn = ({ records }: { readonly records: readonly { readonly address: string }[] }): string[] =>
    records.map(({ address }) => address);

  test("of a member's status leaves that member out and takes the rest", () => {
    const records = [own, { ...other, status: 99 as never }, third];
    expect(addressesIn(decodeRequest({ ...request, records }))).toEqual(["a:1", "c:1"]);
    expect(addressesIn(decodeReply({ ...wire, records, bucketHashes: [] }))).toEqual(["a:1", "c:1"]);
    expect(addressesIn({ records: decodeView({ address: "a:1", members: records }).members })).toEqual(["a:1", "c:1"]);
  });

  test("in metadata is taken up to twice what a peer itself may have", () => {
    const meta = { name: "n".repeat(256), tags: { ["k".repeat(128)]: "v".repeat(2048 - 256 - 128) } };
    expect(decodeRequest({ ...request, records: [{ ...own, meta }] }).records[0]?.meta).toEqual(meta);
  });

  test("of versions is read", () => {
    const versions = { oldest: 1, newest: 7 };
    expect(decodeRequest({ ...request, versions, records: [own] }).versions).toEqual(versions);
    expect(decodeReply({ ...wire, versions, records: [], bucketHashes: [] }).versions).toEqual(versions);
  });

  test("to a watcher is passed over", () => {
    expect(decodeEvent({ kind: 99 as never, member: own })).toBeUndefined();
    expect(decodeEvent({ kind: "KIND_UPDATED", member: { ...own, status: 99 as never } })).toBeUndefined();
    expect(decodeState({ state: 99 as never, reason: "", preset: "lan" })).toBeUndefined();
    const stranger = { state: "STATE_JOINED", reason: "", preset: "interplanetary" } as const;
    expect(decodeState(stranger)).toEqual({ name: "joined", reason: "" });
    expect(decodeFollowed({})).toBeUndefined();
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
          range: wire.range ?? undefined,
          versions: wire.versions ?? undefined,
          records: wire.records.filter((sent) => !isOfLaterVersion(sent)).length, // a byte may become a status of a later version
        });
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }),
  );
});
