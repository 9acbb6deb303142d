import { identityProblem } from "../core/address.js";
import type { Member } from "../core/messages.js";
import { metaProblem, normalMeta, TAKEN_META_LIMITS, type PeerMeta } from "../core/meta.js";
import { MAX_COUNTER, type MemberRecord, type Status } from "../core/record.js";
import { Malformed } from "./malformed.js";
import type { Member as WireMember, Member__Output } from "./generated/gossip/v1/Member.js";
import type { Meta__Output } from "./generated/gossip/v1/Meta.js";
import type { Record as WireRecord } from "./generated/gossip/v1/Record.js";

// What messages of several services have in common. Each decode function throws Malformed, which names the field.

/** The names of an enum in this program, and those that they have in messages. */
export interface WireEnum<K extends string, V extends string> {
  readonly encode: (name: K) => V;
  /** Throws Malformed, which names the field `path`, when the message has a value that is not in the table. */
  readonly decode: (value: string, path: string) => K;
}

export function wireEnum<K extends string, V extends string>(toWire: Readonly<Record<K, V>>): WireEnum<K, V> {
  const fromWire = new Map((Object.entries(toWire) as [K, V][]).map(([name, value]): [string, K] => [value, name]));
  return {
    encode: (name) => toWire[name],
    decode: (value, path) => {
      const name = fromWire.get(value);
      if (name === undefined) throw new Malformed(`${path} is ${value}`);
      return name;
    },
  };
}

export const STATUS = wireEnum({
  alive: "STATUS_ALIVE",
  suspect: "STATUS_SUSPECT",
  failed: "STATUS_FAILED",
  left: "STATUS_LEFT",
} as const satisfies Record<Status, WireRecord["status"]>);

/**
 * Whether a member has a status that this version has no name for. Such a one is left out, and the rest of the message is
 * taken: where it stands among the others cannot be known, and to pass it on as another would be a lie.
 */
export function isOfLaterVersion({ status }: { readonly status: unknown }): boolean {
  return typeof status === "number"; // protobuf gives the name of a value that it knows
}

export function encodeMember(member: Member): WireMember {
  return { ...member, status: STATUS.encode(member.status), meta: encodeMeta(member.meta) };
}

export function decodeMember(wire: Member__Output, path = "member"): MemberRecord {
  const status = STATUS.decode(wire.status, `${path}.status`);
  return {
    address: decodeAddress(wire.address, `${path}.address`),
    generation: decodeCounter(wire.generation, 1, `${path}.generation`),
    incarnation: decodeCounter(wire.incarnation, 0, `${path}.incarnation`),
    status,
    meta: decodeMeta(wire.meta, `${path}.meta`),
  };
}

/** Metadata as a message, with every field, so that the compiler names this place when the .proto file gets another. */
export function encodeMeta(meta: PeerMeta): Meta__Output {
  return { name: meta.name ?? "", tags: { ...meta.tags } };
}

/** Metadata from a message. Missing metadata are empty, as for every message field of proto3. */
export function decodeMeta(wire: Meta__Output | null, path = "meta"): PeerMeta {
  const meta = { name: wire?.name ?? "", tags: wire?.tags ?? {} };
  const problem = metaProblem(meta, TAKEN_META_LIMITS);
  if (problem !== undefined) throw new Malformed(`${path}: ${problem}`);
  return normalMeta(meta);
}

export function decodeAddress(text: string, path: string): string {
  const problem = identityProblem(text);
  if (problem !== undefined) throw new Malformed(`${path}: ${problem}`);
  return text;
}

export function decodeCounter(value: number, lowest: number, path: string): number {
  if (!Number.isInteger(value) || value < lowest || value > MAX_COUNTER) {
    throw new Malformed(`${path} is ${value}; it must be a whole number from ${lowest} to 2^48`);
  }
  return value;
}
