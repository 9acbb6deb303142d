import type { ExchangeRequest } from "../core/messages.js";
import { Malformed } from "./malformed.js";
import type { ExchangeRequest as WireRequest, ExchangeRequest__Output } from "./generated/gossip/v1/ExchangeRequest.js";
import type {
  ExchangeResponse as WireResponse,
  ExchangeResponse__Output,
} from "./generated/gossip/v1/ExchangeResponse.js";
import type { ProbeRequest as WireProbe, ProbeRequest__Output } from "./generated/gossip/v1/ProbeRequest.js";

// What goes unsaid on a stream, since it was said before: PROTOCOL.md, "The exchange". A peer at rest sends the same
// names with every request, and they would be most of its bytes. Each function that is returned is for one stream.

/** Leaves out of each request what the one before it on the stream said. */
export function shortenExchanges(): (request: WireRequest) => WireRequest {
  let before: WireRequest | undefined;
  return (request) => {
    const last = before;
    before = request;
    if (last === undefined || !isBetweenTheSame(last, request)) return request;
    const [own, ...others] = request.records ?? [];
    const isKnown = JSON.stringify(own) === JSON.stringify(last.records?.[0]);
    return { ...withoutNames(request), records: isKnown ? others : (request.records ?? []) };
  };
}

/** Leaves out of each probe what the one before it on the stream said. */
export function shortenProbes(): (probe: WireProbe) => WireProbe {
  let before: WireProbe | undefined;
  return (probe) => {
    const last = before;
    before = probe;
    if (last === undefined || !isBetweenTheSame(last, probe)) return probe;
    return probe.target === last.target ? {} : { target: probe.target ?? "" };
  };
}

/** Puts back into each request what the one before it on the stream said. */
export function completeExchanges(): Completing<ExchangeRequest__Output> {
  let before: Said | undefined;
  return (request) => {
    if (request instanceof Malformed) return request;
    const { cluster, recipient, sender, versions } = isShort(request) && before !== undefined ? before : request;
    const [first] = request.records;
    const own = isShort(request) && first?.address !== sender ? (before?.records ?? []) : [];
    const whole = { ...request, cluster, recipient, sender, versions, records: [...own, ...request.records] };
    before = { cluster, recipient, sender, versions, records: whole.records.slice(0, 1) };
    return whole;
  };
}

/** Puts back into each probe what the one before it on the stream said. */
export function completeProbes(): Completing<ProbeRequest__Output> {
  let before: ProbeRequest__Output | undefined;
  return (probe) => {
    if (probe instanceof Malformed) return probe;
    if (isShort(probe) && before !== undefined)
      before = { ...before, ...(probe.target !== "" && { target: probe.target }) };
    else before = probe;
    return before;
  };
}

/** Leaves out of a reply what follows from the request that it answers. */
export function shortenReply(reply: WireResponse, { recipient, viewHash }: Asked): WireResponse {
  const { sender = "", viewHash: hash = 0, ...rest } = reply;
  return { ...rest, ...(sender !== recipient && { sender }), ...(hash !== viewHash && { viewHash: hash }) };
}

/** Puts back into a reply what follows from the request that it answers. */
export function completeReply(
  reply: ExchangeResponse__Output | Malformed,
  request: Asked,
): ExchangeResponse__Output | Malformed {
  if (reply instanceof Malformed) return reply;
  const { sender, viewHash } = reply;
  return { ...reply, sender: sender || request.recipient, viewHash: viewHash || request.viewHash };
}

/** The part of a request from which something of its reply follows. */
type Asked = Pick<ExchangeRequest, "recipient" | "viewHash">;
type Completing<T> = (received: T | Malformed) => T | Malformed;

/** What an exchange leaves out where the one before it on the stream said the same. */
type Said = Pick<ExchangeRequest__Output, "cluster" | "recipient" | "sender" | "versions" | "records">;

/** Who speaks to whom on a stream. */
interface Names {
  readonly cluster: string;
  readonly recipient: string;
  readonly sender: string;
}

function isShort({ sender }: Names): boolean {
  return sender === "";
}

/** The request without its names. A field that is empty and not left out would take two bytes. */
function withoutNames(request: WireRequest): WireRequest {
  const short = { ...request };
  delete short.cluster;
  delete short.recipient;
  delete short.sender;
  delete short.versions; // a peer speaks the same ones for as long as it runs
  return short;
}

function isBetweenTheSame(one: Partial<Names>, other: Partial<Names>): boolean {
  return one.cluster === other.cluster && one.recipient === other.recipient && one.sender === other.sender;
}
