import fc from "fast-check";
import type { Address } from "../../src/core/address.js";
import type { ExchangeRequest, SentRecord } from "../../src/core/messages.js";
import { normalMeta, type PeerMeta } from "../../src/core/meta.js";
import { isLive, STATUSES, type MemberRecord } from "../../src/core/record.js";

/** A record of which only what matters to the test is said. */
export function record(said: Partial<MemberRecord> = {}): MemberRecord {
  return { address: "a:1", generation: 1, incarnation: 0, status: "alive", meta: {}, ...said };
}

export function sent(said: Partial<SentRecord> = {}): SentRecord {
  return isLive(record(said)) ? record(said) : { ...record(said), goneForMs: said.goneForMs ?? 0 };
}

/** What one asks who is nobody: whoever learns of its address dials loopback only. */
export const anyRequest: ExchangeRequest = {
  cluster: "default",
  recipient: "",
  sender: "127.0.0.1:1",
  records: [sent({ address: "127.0.0.1:1" })],
  viewHash: 0,
  buckets: [],
  range: undefined,
};

/** So many addresses, in order: m000:1, m001:1 and so on. */
export function addresses(count: number): Address[] {
  return Array.from({ length: count }, (_, at) => `m${String(at).padStart(3, "0")}:1`);
}

/** Well-formed text of any script; "grapheme" has what people write, "binary" everything else too. */
const anyText = (maxLength: number): fc.Arbitrary<string> =>
  fc.oneof(fc.string({ unit: "grapheme", maxLength }), fc.string({ unit: "binary", maxLength }));

/** Metadata within the limits, in normal form. */
export const anyMeta: fc.Arbitrary<PeerMeta> = fc
  .record({
    name: anyText(8),
    tags: fc.dictionary(
      anyText(4).filter((key) => key !== ""),
      anyText(4),
      { maxKeys: 5 },
    ),
  })
  .map(normalMeta);

/** Records of few peers with low counters, so that they meet, supersede and tie each other often. */
export const anyRecord: fc.Arbitrary<SentRecord> = anyRecordOf(["a:1", "b:1", "c:1"]);

export function anyRecordOf(peers: readonly Address[]): fc.Arbitrary<SentRecord> {
  return fc
    .record({
      address: fc.constantFrom(...peers),
      generation: fc.integer({ min: 1, max: 3 }),
      incarnation: fc.integer({ min: 0, max: 2 }),
      status: fc.constantFrom(...STATUSES),
      meta: fc.constantFrom<PeerMeta>({}, { name: "x" }, { name: "y" }, { tags: { k: "v" } }),
      goneForMs: fc.integer({ min: 0, max: 900 }),
    })
    .map(sent);
}
