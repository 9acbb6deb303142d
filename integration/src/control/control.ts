import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as elapse } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { Hosts } from "../observer/hosts.js";
import type { Handler } from "../observer/web.js";
import type { Sightings } from "../observer/sightings.js";
import type { Condition as ShownCondition, Controls } from "../observer/page/types.js";
import type { PeerState } from "../view/views.js";
import { InUse } from "../fault/in-use.js";
import { ScenarioProblem } from "../scenario/problem.js";
import type { Breakable } from "../fault/breakable.js";
import { BUTTONS, isWayKind, rowOf } from "../fault/kinds.js";
import { peers } from "../lib/text.js";
import { carryOut, commandLineOf } from "./commands.js";
import { bodyOf, Guard, Refused } from "./guard.js";
import { decide, Misunderstood, readRequest, type PageRequest } from "./requests.js";
import type { Condition } from "./status.js";

/**
 * How long a request waits for its command: longer than the slowest one that is known to end, which adds a hundred
 * peers on a busy machine.
 */
const DONE_WITHIN_MS = 5 * 60_000;
/**
 * How long the engine may take to answer: longer than one that answers at all needs to report the states of the peers.
 */
const ENGINE_WITHIN_MS = 30_000;
const ALL_STATES: readonly PeerState[] = ["running", "paused", "down"];
/** How long the end of the page waits for a command that is under way. */
const END_WITHIN_MS = 10_000;

/** Peers that a page may break, and their conditions. */
export interface PeerConditions {
  /** For each request that these peers do not support: the reason. Requests that are supported have no entry. */
  readonly limits: Readonly<Record<string, string>>;
  /** Opens the peers for one command, with their states freshly read. The caller disposes of the result. */
  open(): Promise<Breakable & Disposable>;
  /** The conditions as last read; asks nobody and returns at once. */
  conditions(): readonly Condition[];
  /** Reads the states anew. Resolves when `conditions` shows everything that was done before the call. */
  refresh(): Promise<void>;
}

/**
 * Lets a page break peers, by two routes that are guarded against other pages. One command runs at a time. A second one
 * is refused meanwhile with status 409, since its author decided on states that the first is about to change. Errors
 * are answered as JSON with a status, and never thrown into the server.
 */
export class Control implements AsyncDisposable {
  readonly #peers: PeerConditions;
  readonly #sightings: Sightings;
  readonly #guard: Guard;
  /** The command under way, in words; undefined when there is none. */
  #busy: string | undefined;
  #underWay: Promise<unknown> = Promise.resolve();
  #hasEnded = false;

  readonly #doneWithinMs: number;
  readonly #engineWithinMs: number;

  /**
   * Every command is noted in the sightings, and so are the conditions of the peers where they have changed when a page
   * asks. `hosts` are those as which the page is served, as for `Web.open`. A request waits at most `doneWithinMs` for its
   * command, and a command at most `engineWithinMs` for each answer of the engine.
   */
  constructor(
    peers: PeerConditions,
    sightings: Sightings,
    { hosts = new Hosts(), doneWithinMs = DONE_WITHIN_MS, engineWithinMs = ENGINE_WITHIN_MS } = {},
  ) {
    this.#guard = new Guard(hosts);
    this.#peers = peers;
    this.#sightings = sightings;
    this.#doneWithinMs = doneWithinMs;
    this.#engineWithinMs = engineWithinMs;
  }

  /** The routes to pass to `Web.open`. */
  get routes(): ReadonlyMap<string, Handler> {
    return new Map([
      ["GET /control", answering((request) => this.#controls(request))],
      ["POST /control", answering((request) => this.#execute(request))],
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hasEnded = true;
    await Promise.race([this.#underWay.catch(() => undefined), elapse(END_WITHIN_MS, undefined, { ref: false })]);
  }

  #controls(request: IncomingMessage): Controls {
    this.#guard.expectOwnPage(request);
    this.#noteConditions();
    return {
      token: this.#guard.token,
      buttons: BUTTONS.map(buttonOf),
      limits: this.#peers.limits,
      ...(this.#busy === undefined ? {} : { busy: this.#busy }),
    };
  }

  async #execute(request: IncomingMessage): Promise<object> {
    this.#guard.expectOwnCommand(request);
    const asked = readRequest(await bodyOf(request));
    if (this.#busy !== undefined) throw new Refused(409, `one thing at a time: ${this.#busy} is under way`);
    if (this.#hasEnded) throw new Refused(503, "the page is about to end");
    this.#busy = asked.do;
    const work = this.#perform(asked).finally(() => (this.#busy = undefined));
    this.#underWay = work;
    // A requester whose command is late gets 504 and no further answer; no other command begins before this one has
    // ended.
    return inTime(work, this.#doneWithinMs, () => `${this.#busy ?? asked.do}; it may go on`);
  }

  async #perform(request: PageRequest): Promise<object> {
    using project = await this.#open();
    const command = decide(project, request);
    this.#busy = command.what;
    const since = this.#sightings.now();
    try {
      const more = await carryOut(project, command);
      this.#sightings.note({ type: "command", what: command.what, since });
      return { what: command.what, more: more || undefined };
    } catch (error) {
      const problem = (error as Error).message.slice(0, 500);
      this.#sightings.note({ type: "command", what: command.what, since, problem });
      throw error;
    } finally {
      const refreshed = inTime(this.#peers.refresh(), this.#engineWithinMs, () => "reading the states of the peers");
      await refreshed.catch(() => undefined); // after a failure the page goes on to show the previous conditions
      this.#noteConditions();
    }
  }

  /** Notes the conditions of the peers where they are others than before; so pages and recordings have them. */
  #noteConditions(): void {
    const peers = this.#peers.conditions().map(shown);
    if (isDeepStrictEqual(peers, this.#sightings.model.conditions)) return;
    this.#sightings.note({ type: "conditions", peers });
  }

  async #open(): Promise<Breakable & Disposable> {
    const opening = this.#peers.open();
    try {
      return await inTime(opening, this.#engineWithinMs, () => "reading the states of the peers; nothing was touched");
    } catch (error) {
      opening.then(
        (project) => {
          project[Symbol.dispose]();
        },
        () => undefined,
      ); // the request has failed by now, so a project that opens late is closed again
      throw error;
    }
  }
}

function buttonOf(kind: (typeof BUTTONS)[number]): Controls["buttons"][number] {
  const { button, needs } = rowOf(kind);
  const { label = kind, title = commandLineOf(kind).help } = button ?? {};
  return { do: kind, label, title, of: isWayKind(kind) ? "sides" : "peers", states: needs ?? ALL_STATES };
}

function shown({ peer, address, state, side, deafTo, faults }: Condition): ShownCondition {
  return { peer, address, state, side, faults, deafTo: deafTo.length === 0 ? undefined : peers(deafTo) };
}

/** Settles as `work` does, or rejects with Refused (status 504) after `withinMs`. Late work is not stopped. */
async function inTime<T>(work: Promise<T>, withinMs: number, what: () => string): Promise<T> {
  const alarm = new AbortController();
  const late = elapse(withinMs, undefined, { signal: alarm.signal }).then(() => {
    throw new Refused(504, `not done within ${withinMs / 1000} s: ${what()}`);
  });
  work.catch(() => undefined); // work that is late may also fail, when nothing awaits it any more
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    alarm.abort();
  }
}

/** A handler that answers with the result of `work` as JSON, or with its error as `{ problem }` and a status. */
function answering(work: (request: IncomingMessage) => object | Promise<object>): Handler {
  return (request, response) => {
    void Promise.resolve()
      .then(() => work(request))
      .then(
        (outcome) => {
          send(response, 200, outcome);
        },
        (error: unknown) => {
          if (!request.complete) response.setHeader("connection", "close"); // the rest of the request is not read
          send(response, statusOf(error), { problem: error instanceof Error ? error.message : String(error) });
        },
      );
  };
}

function send(response: ServerResponse, status: number, content: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
}

function statusOf(error: unknown): number {
  if (error instanceof Refused) return error.status;
  if (error instanceof InUse) return 409;
  return error instanceof Misunderstood || error instanceof ScenarioProblem ? 400 : 500;
}
