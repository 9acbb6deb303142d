import type { Address } from "./core/address.js";
import type { ExchangeReply, ExchangeRequest, MemberEvent } from "./core/messages.js";
import type { PeerMeta } from "./core/meta.js";
import type { Millis } from "./core/timing.js";
import { LineBudget } from "./line-budget.js";
import type { Logger, ResolvedOptions } from "./options.js";
import type { PeerState } from "./peer-state.js";

/** Warnings can come with every message, as when `maxMembers` is reached. The same one is logged again after this. */
const REPEAT_AFTER_MS: Millis = 60_000;
/** Different warnings logged within REPEAT_AFTER_MS at most; the last of them is WITHHELD. */
const MAX_REMEMBERED = 100;
const WITHHELD = "many different warnings: those that are new are not told for a minute";

/**
 * The lines that a peer logs, each with the peer's address. What happens every period is `debug`, what the peer's user does
 * and what changes the view is `info`.
 */
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
    this.#info("started", { cluster, seeds, ...beside, ...timing });
  }

  metaUpdated(meta: PeerMeta): void {
    this.#info("metadata updated", { meta });
  }

  seedAdded(seed: Address): void {
    this.#info(`seed added: ${seed}`, { seed });
  }

  seedRemoved(seed: Address): void {
    this.#info(`seed removed: ${seed}`, { seed });
  }

  sending(to: Address, { records }: ExchangeRequest): void {
    this.#debug(`chose ${to}`, { to });
    this.#debug("sent own data", { to, records: records.length });
  }

  received({ sender, records }: ExchangeRequest | ExchangeReply): void {
    this.#debug(`received ${sender}'s data`, { from: sender, records: records.length });
  }

  unanswered(to: Address, reason: string): void {
    this.#debug(`no reply from ${to}`, { to, reason });
  }

  pinged(target: Address, { reached }: { readonly reached: boolean }): void {
    this.#debug(`ping: ${target} ${answerText(reached)}`, { target, reached });
  }

  pingRequested(helper: Address, target: Address, { reached }: { readonly reached: boolean }): void {
    this.#debug(`ping-req to ${helper}: ${target} ${answerText(reached)}`, { helper, target, reached });
  }

  announced({ kind, member, reason }: MemberEvent): void {
    const withheld = this.#changes.take();
    if (withheld === undefined) return;
    if (withheld > 0) this.#info(`${withheld} changes of members were not logged: there were too many`, { withheld });
    const fields = { event: kind, member: member.address, meta: member.meta, reason };
    if (kind === "failed" || kind === "left")
      this.#info(`removed ${member.address} because of ${kind}: ${reason}`, fields);
    else this.#info(`${kind} ${member.address}`, fields);
  }

  /** What stands in the way is warned of where it is noticed. */
  stateChanged({ name, reason }: PeerState): void {
    if (name === "joined" || name === "alone" || name === "unreachable" || name === "conflicting")
      this.#info(`state: ${name}`, { state: name, ...(reason === "" ? {} : { reason }) });
  }

  warning(text: string): void {
    const line = this.#withoutRepeats(text);
    if (line !== undefined) this.#logger.warn({ peer: this.#own() }, line);
  }

  /** Logs an error of this program's, of which the caller is told as INTERNAL. */
  answerFailed(error: unknown): void {
    const line = this.#withoutRepeats(`cannot answer: ${error instanceof Error ? error.message : String(error)}`);
    if (line !== undefined) this.#logger.error({ peer: this.#own(), err: error }, line);
  }

  listenerThrew(kind: string, error: unknown): void {
    this.#logger.error({ peer: this.#own(), err: error }, `a listener of "${kind}" threw`);
  }

  stopping(): void {
    this.#info("stopping", {});
  }

  closed(): void {
    this.#info("all connections closed", {});
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

  #info(text: string, fields: object): void {
    this.#logger.info({ peer: this.#own(), ...fields }, text);
  }

  #debug(text: string, fields: object): void {
    const withheld = this.#talk.take();
    if (withheld === undefined) return;
    if (withheld > 0) this.#logger.debug({ peer: this.#own(), withheld }, `${withheld} lines were not logged`);
    this.#logger.debug({ peer: this.#own(), ...fields }, text);
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
