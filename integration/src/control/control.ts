import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as elapse } from "node:timers/promises";
import type { Handler } from "../observer/web.js";
import type { Sightings } from "../observer/sightings.js";
import type { Condition as ShownCondition, Controls } from "../observer/page/types.js";
import type { PeerState } from "../view/views.js";
import { ScenarioProblem } from "../scenario/problem.js";
import type { Breakable } from "../fault/breakable.js";
import { BUTTONS, isWayKind, rowOf } from "../fault/kinds.js";
import { peers } from "../lib/text.js";
import { commandLineOf } from "./commands.js";
import { bodyOf, Guard, Refused } from "./guard.js";
import { decide, Misunderstood, readRequest, type PageRequest } from "./requests.js";
import type { Condition } from "./status.js";

/** Longer than the longest that is known to end: a hundred peers more on a busy machine. */
const DONE_WITHIN_MS = 5 * 60_000;
/** Longer than an engine that answers at all needs to say how the peers are. */
const LOOK_WITHIN_MS = 30_000;
const ALL_STATES: readonly PeerState[] = ["running", "paused", "down"];
/** How long a command that is under way when the page ends may still take. */
const END_WITHIN_MS = 10_000;

/** Peers that a page may break, and how they are. */
export interface PeerConditions {
  /** By what the page may ask for: why it cannot be done to these. */
  readonly limits: Readonly<Record<string, string>>;
  /** To be broken, and looked at just now. */
  open(): Promise<Breakable & Disposable>;
  /** As far as it is known without asking. */
  conditions(): readonly Condition[];
  /** Resolves when the conditions show what was done. */
  look(): Promise<void>;
}

/**
 * Two routes by which a page breaks peers, guarded against other pages. One command at a time: another request is
 * refused meanwhile, since whoever sent it saw a cluster that will be another. Never throws into the server.
 */
export class Control implements AsyncDisposable {
  readonly #peers: PeerConditions;
  readonly #sightings: Sightings;
  readonly #guard = new Guard();
  /** The command under way, in words. */
  #busy: string | undefined;
  #underWay: Promise<unknown> = Promise.resolve();
  #hasEnded = false;

  readonly #doneWithinMs: number;
  readonly #lookWithinMs: number;

  /**
   * Commands are noted in the journal. The page's request is answered after `doneWithinMs` at the latest, a look at the
   * peers given up after `lookWithinMs`.
   */
  constructor(
    peers: PeerConditions,
    sightings: Sightings,
    { doneWithinMs = DONE_WITHIN_MS, lookWithinMs = LOOK_WITHIN_MS } = {},
  ) {
    this.#peers = peers;
    this.#sightings = sightings;
    this.#doneWithinMs = doneWithinMs;
    this.#lookWithinMs = lookWithinMs;
  }

  /** For `Web.open`. */
  get routes(): ReadonlyMap<string, Handler> {
    return new Map([
      ["GET /control", answering((request) => this.#tell(request))],
      ["POST /control", answering((request) => this.#act(request))],
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hasEnded = true;
    await Promise.race([this.#underWay.catch(() => undefined), elapse(END_WITHIN_MS, undefined, { ref: false })]);
  }

  #tell(request: IncomingMessage): Controls {
    this.#guard.expectOwnPage(request);
    return {
      token: this.#guard.token,
      buttons: BUTTONS.map(buttonOf),
      limits: this.#peers.limits,
      ...(this.#busy === undefined ? {} : { busy: this.#busy }),
      peers: this.#peers.conditions().map(shown),
    };
  }

  async #act(request: IncomingMessage): Promise<object> {
    this.#guard.expectOwnAction(request);
    const asked = readRequest(await bodyOf(request));
    if (this.#busy !== undefined) throw new Refused(409, `one thing at a time: ${this.#busy} is under way`);
    if (this.#hasEnded) throw new Refused(503, "the page is about to end");
    this.#busy = asked.do;
    const work = this.#perform(asked).finally(() => (this.#busy = undefined));
    this.#underWay = work;
    // A request that was answered as late is answered no more; but nothing else begins before the command has ended.
    return inTime(work, this.#doneWithinMs, () => `${this.#busy ?? asked.do}; it may go on`);
  }

  async #perform(request: PageRequest): Promise<object> {
    using project = await this.#open();
    const command = decide(project, request);
    this.#busy = command.what;
    const since = this.#sightings.now();
    try {
      const more = await command.perform();
      this.#sightings.note({ type: "command", what: command.what, since });
      return { what: command.what, more: more || undefined };
    } catch (error) {
      const problem = (error as Error).message.slice(0, 500);
      this.#sightings.note({ type: "command", what: command.what, since, problem });
      throw error;
    } finally {
      const looked = inTime(this.#peers.look(), this.#lookWithinMs, () => "a look at the peers");
      await looked.catch(() => undefined); // the page shows then what it knew before
    }
  }

  async #open(): Promise<Breakable & Disposable> {
    const opening = this.#peers.open();
    try {
      return await inTime(opening, this.#lookWithinMs, () => "a look at the peers; nothing was touched");
    } catch (error) {
      opening.then(
        (project) => {
          project[Symbol.dispose]();
        },
        () => undefined,
      ); // nobody waits for it any more
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

/** As the work, which goes on when it is late; then this rejects with Refused. */
async function inTime<T>(work: Promise<T>, withinMs: number, what: () => string): Promise<T> {
  const alarm = new AbortController();
  const late = elapse(withinMs, undefined, { signal: alarm.signal }).then(() => {
    throw new Refused(504, `not done within ${withinMs / 1000} s: ${what()}`);
  });
  work.catch(() => undefined); // who is late may also fail
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    alarm.abort();
  }
}

/** Answers with what the work comes to as JSON, or with what was wrong. */
function answering(work: (request: IncomingMessage) => object | Promise<object>): Handler {
  return (request, response) => {
    void Promise.resolve()
      .then(() => work(request))
      .then(
        (outcome) => {
          send(response, 200, outcome);
        },
        (error: unknown) => {
          if (!request.complete) response.setHeader("connection", "close"); // what is left of it is not read
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
  return error instanceof Misunderstood || error instanceof ScenarioProblem ? 400 : 500;
}
