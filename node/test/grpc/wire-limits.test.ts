import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Malformed } from "../../src/grpc/malformed.js";
import { schema } from "../../src/grpc/schema.js";
import { checkLimits } from "../../src/grpc/wire-limits.js";
import { agreed, startPeers, within } from "../support/peers.js";
import { until } from "../support/wait.js";
import { call } from "../support/wire.js";

const MESSAGE_BYTES = 4 * 1024 * 1024;

/** A field with a length: its tag, how long it is, and its contents. */
function field(number: number, contents: Uint8Array | readonly number[]): number[] {
  return [...varint(number * 8 + 2), ...varint(contents.length), ...contents];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

const times = (count: number, bytes: readonly number[]): Uint8Array => Uint8Array.from(Array(count).fill(bytes).flat());

const RECORD = field(4, []);
const record = (contents: Uint8Array): Uint8Array => Uint8Array.from(field(4, contents));

describe("a message with more of a field than it may have is refused before it is decoded", () => {
  test.each<[string, string, Uint8Array, RegExp]>([
    ["records", "ExchangeRequest", times(2001, RECORD), /ExchangeRequest\.records is there more than 2000 times/],
    ["records of a reply", "ExchangeResponse", times(2001, field(2, [])), /ExchangeResponse\.records/],
    ["accusers of a record", "ExchangeRequest", record(times(9, field(7, []))), /Record\.accusers .* 8 times/],
    ["tags", "Meta", times(65, field(2, [])), /Meta\.tags is there more than 64 times/],
    ["buckets, packed", "ExchangeRequest", Uint8Array.from(field(6, times(65, [0]))), /buckets .* 64 times/],
    ["buckets, one by one", "ExchangeRequest", times(65, [6 * 8, 1]), /buckets .* 64 times/],
    ["hashes, packed", "ExchangeResponse", Uint8Array.from(field(4, times(65, [0, 0, 0, 0]))), /bucketHashes/],
    ["a field that is there once", "ExchangeRequest", times(17, field(7, [])), /ExchangeRequest\.range .* 16 times/],
  ])("%s", (_, type, bytes, problem) => {
    expect(() => {
      checkLimits(bytes, type);
    }).toThrow(problem);
  });

  test("and so is what is no message", () => {
    for (const bytes of [[0x0b], [0x22, 5, 0], [0x80], Array<number>(11).fill(0x80), [0x09, 1, 2]])
      expect(() => {
        checkLimits(Uint8Array.from(bytes), "ExchangeRequest");
      }).toThrow(Malformed);
  });
});

test("a message with as many as it may have passes, and with fields of later versions", () => {
  const full = [...times(1000, RECORD), ...field(6, times(64, [1])), ...field(99, [1, 2, 3]), 100 * 8 - 800 + 0x28, 1];
  const many = times(5000, field(99, [1]));
  const different = Array.from({ length: 5000 }, (_, at) => field(100 + at, [1])).flat();
  for (const bytes of [full, many, different])
    expect(() => {
      checkLimits(Uint8Array.from(bytes), "ExchangeRequest");
    }).not.toThrow();
});

test("4 MB of fields that are not known are passed over in a moment, and leave nothing behind", () => {
  const { Exchange } = schema.GossipService.service;
  const known = Uint8Array.from(field(3, Buffer.from("a:1")));
  const bytes = Buffer.concat([known, times(Math.floor((MESSAGE_BYTES - known.length) / 3), field(99, []))]);
  const begun = performance.now();
  expect(Exchange.requestDeserialize(bytes)).toEqual(Exchange.requestDeserialize(Buffer.from(known)));
  expect(performance.now() - begun).toBeLessThan(2000);
});

test("any bytes at all are refused or decoded, and nothing else happens", () => {
  const { Exchange, Probe } = schema.GossipService.service;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const decode of [Exchange.requestDeserialize, Exchange.responseDeserialize, Probe.requestDeserialize]) {
        try {
          decode(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }),
  );
});

test("a peer that is sent 4 MB of empty records refuses them, names the field and goes on", async () => {
  const peers = await startPeers(2);
  const [first] = peers;
  await until(within(2).joinMs, "they find each other", () => agreed(peers));
  const bomb = Buffer.from(times((MESSAGE_BYTES - 2) / 2, RECORD));
  await expect(call(first.address, "GossipService", "Exchange", bomb)).rejects.toThrow(
    /ExchangeRequest\.records is there more than 2000 times/,
  );
  first.updateMeta({ name: "unharmed" });
  const isTold = (): boolean => peers.every((peer) => peer.getMembers().get(first.address)?.name === "unharmed");
  await until(within(2).updateMs, "news go round", isTold);
});
