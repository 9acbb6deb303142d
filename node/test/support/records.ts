import fc from "fast-check";
import type { Address } from "../../src/core/address.js";
import type { ExchangeRequest, SentRecord } from "../../src/core/messages.js";
import { normalMeta, type PeerMeta } from "../../src/core/meta.js";
import { isLive, STATUSES, type MemberRecord } from "../../src/core/record.js";

/** A record of which a test sets only what matters to it. */
export function record(said: Partial<MemberRecord> = {}): MemberRecord {
  return { address: "a:1", generation: 1, incarnation: 0, status: "alive", meta: {}, ...said };
}

export function sent(said: Partial<SentRecord> = {}): SentRecord {
  return isLive(record(said)) ? record(said) : { ...record(said), goneForMs: said.goneForMs ?? 0 };
}

/** The request of a stranger. Whoever learns of its address dials loopback only. */
export const anyRequest: ExchangeRequest = {
  cluster: "default",
  recipient: "",
  sender: "127.0.0.1:1",
  records: [sent({ address: "127.0.0.1:1" })],
  viewHash: 0,
  buckets: [],
  range: undefined,
};

/** Makes so many addresses, in order: m000:1, m001:1 and so on. */
export function addresses(count: number): Address[] {
  return Array.from({ length: count }, (_, at) => `m${String(at).padStart(3, "0")}:1`);
}

/**
 * Any character but a half of a surrogate pair. fast-check's own unit for this, "binary", makes a table of 85 MB, and Jest
 * keeps what each test file has loaded: the workers grew to 1.8 GB, and took longer to end than Jest waits for them.
 */
export const anyCharacter = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((codePoint) => String.fromCodePoint(codePoint));

/** Well-formed text: what people write in any script, and everything else. */
const anyText = (maxLength: number): fc.Arbitrary<string> =>
  fc.oneof(fc.string({ unit: "grapheme", maxLength }), fc.string({ unit: anyCharacter, maxLength }));

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
