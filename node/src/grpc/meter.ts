import type { MethodDefinition } from "@grpc/proto-loader";
import type { Millis } from "../core/timing.js";
import { DurationCounts } from "../duration-counts.js";
import type { CallResults } from "../stats.js";
import { ROUND_TRIP_BOUNDS_MS, type BothWays, type CallCounts, type Traffic } from "../traffic.js";
import { Malformed } from "./malformed.js";
import { schema } from "./schema.js";
import type { Unanswered } from "./unanswered.js";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Counts what a peer and the others say to each other, at the place where messages become bytes and bytes messages. */
export class Meter {
  /** GossipService, to be served and called by one peer; every message that goes through this definition is counted. */
  readonly service: typeof schema.GossipService.service;
  readonly #exchanges: Writable<CallCounts> = { asked: 0, answered: 0 };
  readonly #probes: Writable<CallCounts> = { asked: 0, answered: 0 };
  readonly #messages: Writable<BothWays> = { sent: 0, received: 0 };
  readonly #bytes: Writable<BothWays> = { sent: 0, received: 0 };
  readonly #results: Writable<CallResults> = { answered: 0, silent: 0, unreachable: 0, failed: 0 };
  /** How long answers took, of the peer that was asked and nobody else. */
  readonly roundTrips = new DurationCounts(ROUND_TRIP_BOUNDS_MS);
  #started: { readonly atMs: number; readonly begun: Millis } | undefined;

  constructor() {
    const { Exchange, Probe } = schema.GossipService.service;
    this.service = { Exchange: this.#counted(Exchange, this.#exchanges), Probe: this.#counted(Probe, this.#probes) };
  }

  /** Sets the moment from which the peer's running time counts. */
  start(): void {
    this.#started = { atMs: Date.now(), begun: performance.now() };
  }

  /** Counts one call of the peer's that is over. */
  count(result: "answered" | Unanswered["result"]): void {
    this.#results[result]++;
  }

  /** What came of the calls that the peer made. */
  results(): CallResults {
    return { ...this.#results };
  }

  /** All counts since the start, as they are now. */
  read(): Traffic {
    const { silent, unreachable, failed } = this.#results;
    return {
      startedAtMs: this.#started?.atMs ?? 0,
      runningForMs: this.#started === undefined ? 0 : Math.round(performance.now() - this.#started.begun),
      exchanges: { ...this.#exchanges },
      probes: { ...this.#probes },
      unanswered: silent + unreachable + failed,
      messages: { ...this.#messages },
      bytes: { ...this.#bytes },
      roundTrips: this.roundTrips.read(),
    };
  }

  #counted<Request extends object, Response extends object, RequestRead extends object, ResponseRead extends object>(
    method: MethodDefinition<Request, Response, RequestRead, ResponseRead>,
    calls: Writable<CallCounts>,
  ): MethodDefinition<Request, Response, RequestRead, ResponseRead> {
    return {
      ...method,
      requestSerialize: (request) => {
        calls.asked++;
        return this.#sent(method.requestSerialize(request));
      },
      responseSerialize: (response) => {
        calls.answered++;
        return this.#sent(method.responseSerialize(response));
      },
      requestDeserialize: (bytes) => orMalformed(method.requestDeserialize, this.#received(bytes)),
      responseDeserialize: (bytes) => orMalformed(method.responseDeserialize, this.#received(bytes)),
    };
  }

  #sent(bytes: Buffer): Buffer {
    this.#messages.sent++;
    this.#bytes.sent += bytes.length;
    return bytes;
  }

  #received(bytes: Buffer): Buffer {
    this.#messages.received++;
    this.#bytes.received += bytes.length;
    return bytes;
  }
}

/**
 * What the bytes decode to. Where they cannot be decoded that is a Malformed, which the codec throws: were it thrown here,
 * grpc-js would answer INTERNAL, as if the fault were this side's.
 */
function orMalformed<T>(decode: (bytes: Buffer) => T, bytes: Buffer): T {
  try {
    return decode(bytes);
  } catch (error) {
    return Malformed.from(error) as T;
  }
}
