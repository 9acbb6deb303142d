import { status, type ServerWritableStream } from "@grpc/grpc-js";
import type { Address } from "../core/address.js";
import type { Member, MemberEvent } from "../core/messages.js";
import type { Millis } from "../core/timing.js";
import { encodeMember } from "./codec-fields.js";
import type { WatchMembersRequest__Output } from "./generated/gossip/v1/WatchMembersRequest.js";
import type { WatchMembersResponse } from "./generated/gossip/v1/WatchMembersResponse.js";
import { encodeEvent, encodeReport, type PeerReport } from "./membership-codec.js";

export type WatchStream = ServerWritableStream<WatchMembersRequest__Output, WatchMembersResponse>;

/** Members in one message, of at most 2.6 KB each: well below gRPC's limit of 4 MB. */
export const PAGE = 1000;

/** How many messages a watcher may lag behind before it is sent away. */
const MAX_BACKLOG = 10_000;

/**
 * Somebody who watches the view of a peer: is told the whole view in pieces, and then each change. One message is made and
 * sent at a time, when the last was taken: of a watcher that does not read, nothing is held but what is to be told, and
 * that is the same for all of them.
 */
export class Watcher {
  readonly #stream: WatchStream;
  readonly #backlog: (() => WatchMembersResponse)[];
  #isSending = false;
  #isOver = false;

  constructor(stream: WatchStream, address: Address, members: readonly Member[], reportsEveryMs: Millis) {
    this.#stream = stream;
    const pieces = Math.max(1, Math.ceil(members.length / PAGE));
    this.#backlog = Array.from({ length: pieces }, (_, at) => () => ({
      snapshot: {
        address,
        members: members.slice(at * PAGE, (at + 1) * PAGE).map(encodeMember),
        more: at + 1 < pieces,
        reportsEveryMs,
      },
    }));
    this.#send();
  }

  /** Tells a change. Returns false, and ends the stream, where the watcher has fallen too far behind. */
  tell(event: MemberEvent): boolean {
    if (this.#backlog.length >= MAX_BACKLOG) {
      this.end();
      sendAway(this.#stream, `the watcher is ${MAX_BACKLOG} events behind`);
      return false;
    }
    this.#backlog.push(() => ({ event: encodeEvent(event) }));
    this.#send();
    return true;
  }

  /** Tells how the peer is, unless the watcher has not taken yet what it was told before. */
  report(report: PeerReport): void {
    if (this.#isSending) return;
    this.#backlog.push(() => ({ report: encodeReport(report) }));
    this.#send();
  }

  /** Nothing is told any more. */
  end(): void {
    this.#isOver = true;
    this.#backlog.length = 0;
  }

  #send(): void {
    if (this.#isSending || this.#isOver) return;
    const message = this.#backlog.shift();
    if (message === undefined) return;
    this.#isSending = true;
    this.#stream.write(message(), () => {
      this.#isSending = false;
      this.#send();
    });
  }
}

/** Refuses to tell a watcher anything, or anything more. */
export function sendAway(stream: WatchStream, details: string): void {
  stream.emit("error", { code: status.RESOURCE_EXHAUSTED, details });
}
