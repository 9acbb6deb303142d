import { DEFAULT_LIMITS } from "../core/timing.js";
import { BUCKETS } from "../core/record.js";
import { TAKEN_META_LIMITS } from "../core/meta.js";
import { Malformed } from "./malformed.js";
import { descriptor } from "./generated/descriptor.js";

// Bounds what a message may make of its bytes before they are decoded. Two bytes are a whole record to a decoder: a
// message of 4 MB of these took 3 s and 600 MB, before the codec could refuse it.

/** Accusers in one record: twice as many as make a difference to the failure detector. */
export const MAX_ACCUSERS = 8;

/** Records in one message: twice as many as a peer sends, so that a later version can send more without being refused. */
export const MAX_RECORDS = 2 * DEFAULT_LIMITS.maxRecordsPerMessage;

/** Members in one message of MembershipService: twice as many as a peer holds by default. */
const MAX_MEMBERS = 20_000;

/** How often each field that may be repeated occurs in one message at most. */
const MOST: Readonly<Record<string, number>> = {
  "Meta.tags": TAKEN_META_LIMITS.tags,
  "Record.accusers": MAX_ACCUSERS,
  "ExchangeRequest.records": MAX_RECORDS,
  "ExchangeRequest.buckets": BUCKETS,
  "ExchangeResponse.records": MAX_RECORDS,
  "ExchangeResponse.bucketHashes": BUCKETS,
  "GetMembersResponse.members": MAX_MEMBERS,
  "Snapshot.members": MAX_MEMBERS,
  "GetTrafficResponse.roundTrips": 64,
};

/** Of a field that is not repeated the last occurrence holds. So often it may occur. */
const MOST_OF_ONE = 16;

/** A field as the descriptor has it. */
interface Field {
  readonly type: string;
  readonly id: number;
  readonly rule?: string;
  readonly keyType?: string;
}

interface Known {
  readonly path: string;
  readonly most: number;
  /** The type of the field's message; undefined for anything else. */
  readonly message: string | undefined;
  /** The bytes of one number where several may come packed: 0 where that varies; undefined where none may. */
  readonly packed: number | undefined;
}

const types = descriptor.nested.gossip.nested.v1.nested as unknown as Readonly<
  Record<string, { readonly fields?: Readonly<Record<string, Field>>; readonly nested?: object }>
>;

const FIXED: Readonly<Record<string, number>> = {
  fixed32: 4,
  sfixed32: 4,
  float: 4,
  fixed64: 8,
  sfixed64: 8,
  double: 8,
};

/** The fields of each message, by their numbers. */
const known: ReadonlyMap<string, ReadonlyMap<number, Known>> = new Map(
  Object.entries(types).flatMap(([message, { fields }]) =>
    fields === undefined
      ? []
      : [[message, new Map(Object.entries(fields).map(([name, field]) => [field.id, describe(message, name, field)]))]],
  ),
);

function describe(message: string, name: string, { type, rule, keyType }: Field): Known {
  const path = `${message}.${name}`;
  const isMany = rule === "repeated" || keyType !== undefined;
  const most = isMany ? MOST[path] : MOST_OF_ONE;
  if (most === undefined) throw new Error(`${path} may be repeated and has no limit`);
  const isMessage = keyType === undefined && types[type]?.fields !== undefined;
  const isPacked = rule === "repeated" && !isMessage && type !== "string" && type !== "bytes";
  return { path, most, message: isMessage ? type : undefined, packed: isPacked ? (FIXED[type] ?? 0) : undefined };
}

/**
 * Throws Malformed, which names the field, where a message of that type has more of a field than it may, or is no message
 * at all. Fields that are not known, as a later version may have them, are passed over, as by the decoder. Takes a time
 * that grows with the bytes, and no memory.
 */
export function checkLimits(bytes: Uint8Array, type: string): void {
  new Walk(bytes).message(bytes.length, type);
}

const WIRE = { varint: 0, fixed64: 1, length: 2, fixed32: 5 } as const;
const MOST_VARINT_BYTES = 10;

/** Reads the bytes of a message from left to right. */
class Walk {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Walks through the fields of a message that begins here. */
  message(end: number, type: string): void {
    const fields = known.get(type);
    const counts = new Map<number, number>();
    while (this.#at < end) {
      const tag = this.#varint(end);
      const [number, wireType] = [Math.floor(tag / 8), tag % 8];
      const field = fields?.get(number);
      const valueEnd = this.#valueEnd(wireType, end);
      const values = wireType === WIRE.length && field?.packed !== undefined ? this.#packed(valueEnd, field.packed) : 1;
      if (field !== undefined) {
        const count = (counts.get(number) ?? 0) + values;
        if (count > field.most) throw new Malformed(`${field.path} is there more than ${field.most} times`);
        counts.set(number, count);
        if (field.message !== undefined && wireType === WIRE.length) this.message(valueEnd, field.message);
      }
      this.#at = valueEnd;
    }
  }

  /** Goes to where a value of that type begins, and returns where it ends. */
  #valueEnd(wireType: number, end: number): number {
    let length = 0;
    if (wireType === WIRE.varint) this.#varint(end);
    else if (wireType === WIRE.length) length = this.#varint(end);
    else if (wireType === WIRE.fixed64) length = 8;
    else if (wireType === WIRE.fixed32) length = 4;
    else throw new Malformed(`wire type ${wireType} is none of proto3's`);
    if (this.#at + length > end) throw new Malformed("a field is longer than its message");
    return this.#at + length;
  }

  /** How many numbers are packed into the value that begins here: each of so many bytes, or 0 where that varies. */
  #packed(end: number, bytesEach: number): number {
    if (bytesEach > 0) return (end - this.#at) / bytesEach;
    let count = 0;
    for (let at = this.#at; at < end; at++) if ((this.#bytes[at] ?? 0) < 128) count++;
    return count;
  }

  #varint(end: number): number {
    let value = 0;
    for (let place = 1, size = 0; size < MOST_VARINT_BYTES; place *= 128, size++) {
      if (this.#at >= end) throw new Malformed("the message ends within a number");
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
    throw new Malformed(`a number has more than ${MOST_VARINT_BYTES} bytes`);
  }
}
