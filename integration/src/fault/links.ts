import type { Fault, LinkKind } from "./fault.js";
import { rowOf } from "./kinds.js";

/** The ends of a link: the messages go from the sender to the receiver. */
export interface Link {
  readonly sender: number;
  readonly receiver: number;
}

/** The fault on every link from one of the first peers to one of the second. No peer has a link to itself. */
export function onLinks<F extends Fault<LinkKind>>(
  fault: F,
  senders: readonly number[],
  receivers: readonly number[],
): F[] {
  const links = senders.flatMap((sender) => receivers.map((receiver) => ({ sender, receiver })));
  return links.filter(({ sender, receiver }) => sender !== receiver).map((link) => onLink(fault, link));
}

function onLink<F extends Fault<LinkKind>>(fault: F, { sender, receiver }: Link): F {
  const isReceivers = rowOf(fault.kind).link === "receiver";
  return { ...fault, peer: isReceivers ? receiver : sender, other: isReceivers ? sender : receiver };
}

/** The link that a fault is of; undefined where it is of several. */
export function linkOf({ kind, peer, other }: Fault<LinkKind>): Link | undefined {
  if (peer === undefined || other === undefined) return undefined;
  return rowOf(kind).link === "receiver" ? { sender: other, receiver: peer } : { sender: peer, receiver: other };
}
