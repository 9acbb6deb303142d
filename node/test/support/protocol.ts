import type { Address } from "../../src/core/address.js";
import type {
  Answer,
  Effect,
  ExchangeReply,
  ExchangeRequest,
  ProbeResult,
  SentRecord,
} from "../../src/core/messages.js";
import type { PeerMeta } from "../../src/core/meta.js";
import type { Range } from "../../src/core/range.js";
import { Protocol } from "../../src/core/protocol.js";
import { seededRandom } from "../../src/core/random.js";
import {
  DEFAULT_LIMITS,
  resolveTiming,
  type Millis,
  type ProtocolLimits,
  type ProtocolTiming,
} from "../../src/core/timing.js";
import type { Versions } from "../../src/core/versions.js";
import { sent } from "./records.js";

export const ME = "me:1";
export const GENERATION = 100;

interface Options {
  readonly address?: Address;
  readonly timing?: Partial<ProtocolTiming>;
  readonly limits?: Partial<ProtocolLimits>;
  readonly meta?: PeerMeta;
  readonly chance?: number;
  readonly versions?: Versions;
}

/** For tests about news. By default none is told, so that the effects that a test sees are all there are. */
export const WITH_NEWS: Partial<ProtocolTiming> = { newsFanout: 4 };

/** The range of news that is to stay where it is told. */
const NOBODY: Range = { from: "", to: "" };

/** A protocol at moment 0, of the cluster "test", with a period of 100 ms, that tells no news by default. */
export function protocolOf({ address = ME, timing, limits, meta = {}, chance = 1, versions }: Options = {}): Protocol {
  return new Protocol(
    { address, cluster: "test", generation: GENERATION, meta, versions },
    resolveTiming({ pingPeriodMs: 100, newsFanout: 0, ...timing }),
    { ...DEFAULT_LIMITS, ...limits },
    seededRandom(chance),
    0,
  );
}

/** A protocol that has heard from the first of these addresses that all of them are alive. */
export function protocolKnowing(others: readonly Address[], options: Options = {}): Protocol {
  const protocol = protocolOf(options);
  const [first] = others;
  if (first === undefined) return protocol;
  const records = others.slice(1).map((address) => sent({ address }));
  protocol.answer({ ...requestFrom(first, records), recipient: "", range: NOBODY }, 0);
  return protocol;
}

/** The reply of a peer: its own record, unless another is given for it, and those of others. */
export function replyFrom(sender: Address, records: readonly SentRecord[] = []): ExchangeReply {
  const own = records.some(({ address }) => address === sender) ? [] : [sent({ address: sender })];
  return { sender, records: [...own, ...records], viewHash: 0, bucketHashes: [] };
}

export function requestFrom(sender: Address, records: readonly SentRecord[] = []): ExchangeRequest {
  const { records: told } = replyFrom(sender, records);
  return { cluster: "test", recipient: ME, sender, records: told, viewHash: 0, buckets: [], range: undefined };
}

export type Exchange = Extract<Effect, { type: "exchange" }>;
export type Probe = Extract<Effect, { type: "probe" }>;

export function exchangesIn(effects: readonly Effect[]): Exchange[] {
  return effects.filter((effect) => effect.type === "exchange");
}

export function probesIn(effects: readonly Effect[]): Probe[] {
  return effects.filter((effect) => effect.type === "probe");
}

/** The answers to probes, by their tokens. */
export function reportsIn(effects: readonly Effect[]): [number, ProbeResult][] {
  return effects.flatMap((effect) => (effect.type === "report" ? [[effect.token, effect.result]] : []));
}

/** The events, such as "joined b:1". */
export function eventsIn(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) =>
    effect.type === "announce" ? [`${effect.event.kind} ${effect.event.member.address}`] : [],
  );
}

export function warningsIn(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => (effect.type === "warn" ? [effect.text] : []));
}

/** The one exchange with that address; an error when there is none or more. */
export function exchangeWith(address: Address, effects: readonly Effect[]): Exchange {
  const [exchange, ...more] = exchangesIn(effects).filter(({ to }) => to === address);
  if (exchange === undefined || more.length > 0) throw new Error(`not one exchange with ${address}`);
  return exchange;
}

export function replyIn(answer: Answer): ExchangeReply {
  if ("refusal" in answer) throw new Error(`refused: ${answer.refusal}`);
  return answer.reply;
}

/** Rings the alarm when it is due. */
export function wake(protocol: Protocol): readonly Effect[] {
  return protocol.handle({ type: "wake" }, protocol.nextWakeAt);
}

/** More alarms than any test needs: a protocol whose alarm is always due would never be done. */
const MOST_ALARMS = 10_000;

/**
 * Rings the alarm each time it is due until `find` returns something, and returns that. Nobody answers unless `find` does.
 * An error when nothing is found.
 */
export function wakeFor<T>(
  protocol: Protocol,
  find: (effects: readonly Effect[], now: Millis) => T | undefined,
): NonNullable<T> {
  for (let alarm = 0; alarm < MOST_ALARMS; alarm++) {
    const now = protocol.nextWakeAt;
    const found = find(wake(protocol), now);
    if (found !== undefined && found !== null) return found;
  }
  throw new Error(`not found after ${MOST_ALARMS} alarms`);
}

/** Rings the alarm each time it is due, up to that moment; returns all effects. Nobody answers. */
export function wakeUntil(protocol: Protocol, end: Millis): Effect[] {
  const effects: Effect[] = [];
  if (protocol.nextWakeAt > end) return effects;
  return wakeFor(protocol, (more) => {
    effects.push(...more);
    return protocol.nextWakeAt > end ? effects : undefined;
  });
}

/** Lets time pass up to that moment. All calls are answered at once, by peers that hold the same. */
export function passPeacefully(protocol: Protocol, end: Millis): void {
  if (protocol.nextWakeAt > end) return;
  wakeFor(protocol, (effects, now) => {
    answerAll(protocol, effects, now);
    return protocol.nextWakeAt > end ? end : undefined;
  });
}

/** Answers all calls now, as peers do that hold the same. */
export function answerAll(protocol: Protocol, effects: readonly Effect[], now: Millis): void {
  for (const { id } of probesIn(effects)) protocol.handle({ type: "probed", id, result: "reached" }, now);
  for (const { id, to } of exchangesIn(effects))
    protocol.handle({ type: "replied", id, reply: agreeing(protocol, to) }, now);
}

/** The moment at which `restedKnowing` returns: the protocol has been at rest for long. */
export const REST = 10_000;

/** A protocol with a period of 1000 ms that tells news and has known these for long; the moment is REST. */
export function restedKnowing(others: readonly Address[], { timing, ...options }: Options = {}): Protocol {
  const protocol = protocolKnowing(others, { ...options, timing: { ...WITH_NEWS, pingPeriodMs: 1000, ...timing } });
  passPeacefully(protocol, REST);
  return protocol;
}

/** As `restedKnowing`, but it tells no news: what a test sees is not mixed with calls that pass news on. */
export function quietKnowing(others: readonly Address[], timing: Partial<ProtocolTiming> = {}): Protocol {
  return restedKnowing(others, { timing: { newsFanout: 0, ...timing } });
}

/** Lets time pass until an exchange with that member begins; all other calls are answered. Returns it and its moment. */
export function askingOf(protocol: Protocol, address: Address): { now: Millis; exchange: Exchange } {
  return wakeFor(protocol, (effects, now) => {
    const exchange = exchangesIn(effects).find(({ to }) => to === address);
    const others = effects.filter((effect) => effect !== exchange);
    answerAll(protocol, others, now);
    return exchange && { now, exchange };
  });
}

/** The reply of a peer that holds the same. */
export function agreeing(protocol: Protocol, sender: Address): ExchangeReply {
  return { sender, records: [], viewHash: protocol.viewHash, bucketHashes: [] };
}

/** Lets the exchange take place, and all that follow from it between these two, at one moment; returns all of them. */
export function converse(asker: Protocol, asked: Protocol, first: Exchange, now: Millis): Talk[] {
  const talks: Talk[] = [];
  const due = [first];
  for (let next = due.shift(); next !== undefined; next = due.shift()) {
    const reply = replyIn(asked.answer(next.request, now));
    talks.push({ request: next.request, reply });
    due.push(...exchangesIn(asker.handle({ type: "replied", id: next.id, reply }, now)));
  }
  return talks;
}

export interface Talk {
  readonly request: ExchangeRequest;
  readonly reply: ExchangeReply;
}

/** The addresses that a protocol lists, its own included, in order. */
export function list(protocol: Protocol): Address[] {
  return protocol
    .members()
    .map(({ address }) => address)
    .sort();
}

/** The accusers of a member, as far as the protocol knows and tells, in order. */
export function accusersOf(protocol: Protocol, address: Address, now: Millis): Address[] {
  const answer = protocol.answer({ ...requestFrom(address), recipient: "" }, now);
  const records = "reply" in answer ? answer.reply.records : [];
  const accused = records.find((record) => record.address === address);
  return (accused?.accusers ?? []).map((accuser) => accuser.address).sort();
}

/** The status and version that a protocol holds of an address, listed or gone; "unknown" where it holds none. */
export function held(protocol: Protocol, address: Address): string {
  const found = protocol.members({ includeGone: true }).find((member) => member.address === address);
  return found === undefined ? "unknown" : `${found.status} ${found.generation}.${found.incarnation}`;
}
