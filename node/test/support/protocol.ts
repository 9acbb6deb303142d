import type { Address } from "../../src/core/address.js";
import type { Answer, Effect, ExchangeReply, ExchangeRequest, SentRecord } from "../../src/core/messages.js";
import type { PeerMeta } from "../../src/core/meta.js";
import { Protocol } from "../../src/core/protocol.js";
import { seededRandom } from "../../src/core/random.js";
import { DEFAULT_LIMITS, resolveTiming, type ProtocolLimits, type ProtocolTiming } from "../../src/core/timing.js";
import { sent } from "./records.js";

export const ME = "me:1";
export const GENERATION = 100;

interface Options {
  readonly address?: Address;
  readonly timing?: Partial<ProtocolTiming>;
  readonly limits?: Partial<ProtocolLimits>;
  readonly meta?: PeerMeta;
  readonly chance?: number;
}

/** One protocol at moment 0, of the cluster "test", with a period of 100 ms and an exchange timeout of 500. */
export function protocolOf({ address = ME, timing, limits, meta = {}, chance = 1 }: Options = {}): Protocol {
  return new Protocol(
    { address, cluster: "test", generation: GENERATION, meta },
    resolveTiming({ pingPeriodMs: 100, ...timing }),
    { ...DEFAULT_LIMITS, ...limits },
    seededRandom(chance),
    0,
  );
}

/** The same, after it has heard from the first of these addresses that all of them are alive. */
export function protocolKnowing(others: readonly Address[], options: Options = {}): Protocol {
  const protocol = protocolOf(options);
  const [first] = others;
  if (first === undefined) return protocol;
  const records = others.slice(1).map((address) => sent({ address }));
  protocol.answer({ ...requestFrom(first, records), recipient: "" }, 0);
  return protocol;
}

/** What a peer says when it speaks: its own record, unless another is given for it, and those of others. */
export function replyFrom(sender: Address, records: readonly SentRecord[] = []): ExchangeReply {
  const own = records.some(({ address }) => address === sender) ? [] : [sent({ address: sender })];
  return { sender, records: [...own, ...records], viewHash: 0 };
}

export function requestFrom(sender: Address, records: readonly SentRecord[] = []): ExchangeRequest {
  return { cluster: "test", recipient: ME, ...replyFrom(sender, records) };
}

export type Exchange = Extract<Effect, { type: "exchange" }>;

export function exchangesIn(effects: readonly Effect[]): Exchange[] {
  return effects.filter((effect) => effect.type === "exchange");
}

/** Such as "joined b:1". */
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

/** The alarm rings when it is due. */
export function wake(protocol: Protocol): readonly Effect[] {
  return protocol.handle({ type: "wake" }, protocol.nextWakeAt);
}

/** Whom it lists, itself included, in order. */
export function list(protocol: Protocol): Address[] {
  return protocol
    .members()
    .map(({ address }) => address)
    .sort();
}

/** What it holds of an address, listed or gone. */
export function held(protocol: Protocol, address: Address): string {
  const found = protocol.members({ includeGone: true }).find((member) => member.address === address);
  return found === undefined ? "unknown" : `${found.status} ${found.generation}.${found.incarnation}`;
}
