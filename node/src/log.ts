import type { Address } from "./core/address.js";
import type { ExchangeReply, ExchangeRequest, MemberEvent, MemberEventKind } from "./core/messages.js";
import type { PeerMeta } from "./core/meta.js";
import type { Millis } from "./core/timing.js";
import { LineBudget } from "./line-budget.js";
import type { Logger } from "./options.js";
import type { ResolvedOptions } from "./resolve-options.js";
import type { PeerState } from "./peer-state.js";

/** Warnings can come with every message, as when `maxMembers` is reached. The same one is logged again after this. */
const REPEAT_AFTER_MS: Millis = 60_000;
/** Different warnings logged within REPEAT_AFTER_MS at most; the last of them is WITHHELD. */
const MAX_REMEMBERED = 100;
const WITHHELD = "many different warnings: those that are new are not told for a minute";

/**
 * Every line that a peer logs, by its `event`, with its level. What happens with each message is `debug`, what the peer's
 * user does and what changes the view is `info`, what its operator should look at `warn`, what is broken in the program
 * itself `error`. The table "Logs" of README.md says when each comes.
 */
export const LINES = {
  started: "info",
  "meta-updated": "info",
  "seed-added": "info",
  "seed-removed": "info",
  state: "info",
  joined: "info",
  updated: "info",
  suspected: "info",
  recovered: "info",
  failed: "info",
  left: "info",
  "changes-withheld": "info",
  stopping: "info",
  closed: "info",
  chose: "debug",
  sent: "debug",
  received: "debug",
  unanswered: "debug",
  ping: "debug",
  "ping-req": "debug",
  "talk-withheld": "debug",
  warning: "warn",
  "answer-failed": "error",
  "listener-threw": "error",
} as const satisfies Readonly<Record<MemberEventKind, keyof Logger> & Record<string, keyof Logger>>;

type Event = keyof typeof LINES;

/** The log of a peer: each line has the peer's address and its event. */
export class PeerLog {
  readonly #logger: Logger;
  readonly #own: () => Address;
  readonly #now: () => Millis;
  /** For what others say of members, and for each message. */
  readonly #changes: LineBudget;
  readonly #talk: LineBudget;
  /** The texts of late warnings, and when each was logged; the oldest first. */
  readonly #warned = new Map<string, Millis>();

  constructor(logger: Logger, own: () => Address, now = (): Millis => performance.now()) {
    this.#logger = forgiving(logger);
    this.#own = own;
    this.#now = now;
    this.#changes = new LineBudget(now);
    this.#talk = new LineBudget(now);
  }

  started(
    { cluster, timing, seeds }: ResolvedOptions,
    beside: { readonly adminAddress: Address | undefined; readonly healthAddress: Address | undefined },
  ): void {
    this.#tell("started", "started", { cluster, seeds, ...beside, ...timing });
  }

  metaUpdated(meta: PeerMeta): void {
    this.#tell("meta-updated", "metadata updated", { meta });
  }

  seedAdded(seed: Address): void {
    this.#tell("seed-added", `seed added: ${seed}`, { seed });
  }

  seedRemoved(seed: Address): void {
    this.#tell("seed-removed", `seed removed: ${seed}`, { seed });
  }

  sending(to: Address, { records }: ExchangeRequest): void {
    this.#tellTalk("chose", `chose ${to}`, { to });
    this.#tellTalk("sent", "sent own data", { to, records: records.length });
  }

  received({ sender, records }: ExchangeRequest | ExchangeReply): void {
    this.#tellTalk("received", `received ${sender}'s data`, { from: sender, records: records.length });
  }

  unanswered(to: Address, reason: string): void {
    this.#tellTalk("unanswered", `no reply from ${to}`, { to, reason });
  }

  pinged(target: Address, { reached }: { readonly reached: boolean }): void {
    this.#tellTalk("ping", `ping: ${target} ${answerText(reached)}`, { target, reached });
  }

  pingRequested(helper: Address, target: Address, { reached }: { readonly reached: boolean }): void {
    this.#tellTalk("ping-req", `ping-req to ${helper}: ${target} ${answerText(reached)}`, { helper, target, reached });
  }

  announced({ kind, member, reason }: MemberEvent): void {
    const withheld = this.#changes.take();
    if (withheld === undefined) return;
    if (withheld > 0)
      this.#tell("changes-withheld", `${withheld} changes of members were not logged: there were too many`, {
        withheld,
      });
    const fields = { member: member.address, meta: member.meta, reason };
    if (kind === "failed" || kind === "left")
      this.#tell(kind, `removed ${member.address} because of ${kind}: ${reason}`, fields);
    else this.#tell(kind, `${kind} ${member.address}`, fields);
  }

  /** What stands in the way is warned of where it is noticed. */
  stateChanged({ name, reason }: PeerState): void {
    if (name === "joined" || name === "alone" || name === "unreachable" || name === "conflicting")
      this.#tell("state", `state: ${name}`, { state: name, ...(reason === "" ? {} : { reason }) });
  }

  warning(text: string): void {
    const line = this.#withoutRepeats(text);
    if (line !== undefined) this.#tell("warning", line);
  }

  /** Logs an error of this program's, of which the caller is told as INTERNAL. */
  answerFailed(error: unknown): void {
    const line = this.#withoutRepeats(`cannot answer: ${error instanceof Error ? error.message : String(error)}`);
    if (line !== undefined) this.#tell("answer-failed", line, { err: error });
  }

  listenerThrew(kind: string, error: unknown): void {
    this.#tell("listener-threw", `a listener of "${kind}" threw`, { err: error });
  }

  stopping(): void {
    this.#tell("stopping", "stopping");
  }

  closed(): void {
    this.#tell("closed", "all connections closed");
  }

  /** What is to be logged: the text itself, WITHHELD, or nothing where the text was logged just now. */
  #withoutRepeats(text: string): string | undefined {
    const now = this.#now();
    for (const [logged, at] of this.#warned) {
      if (now - at < REPEAT_AFTER_MS) break;
      this.#warned.delete(logged);
    }
    if (this.#warned.has(text)) return undefined;
    const line = this.#warned.size < MAX_REMEMBERED - 1 ? text : WITHHELD;
    if (this.#warned.has(line)) return undefined;
    this.#warned.set(line, now);
    return line;
  }

  #tell(event: Event, text: string, fields: object = {}): void {
    this.#logger[LINES[event]]({ peer: this.#own(), event, ...fields }, text);
  }

  /** Tells what comes with each message, as far as the budget for that goes. */
  #tellTalk(event: Event, text: string, fields: object): void {
    const withheld = this.#talk.take();
    if (withheld === undefined) return;
    if (withheld > 0) this.#tell("talk-withheld", `${withheld} lines were not logged`, { withheld });
    this.#tell(event, text, fields);
  }
}

function answerText(reached: boolean): string {
  return reached ? "answered" : "did not answer";
}

/**
 * The logger, whose own failures harm nobody, an asynchronous one's neither: a peer must not end, or fall silent, because
 * its log cannot be written.
 */
function forgiving(logger: Logger): Logger {
  const given: Record<keyof Logger, (fields: object, text: string) => unknown> = logger;
  const at =
    (level: keyof Logger): Logger[typeof level] =>
    (fields, text) => {
      try {
        Promise.resolve(given[level](fields, text)).catch(nobodyLeftToTell);
      } catch {
        nobodyLeftToTell();
      }
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function nobodyLeftToTell(): void {
  // An error of the log's could only be logged.
}
