import type { Address } from "./core/address.js";
import type { ExchangeReply, ExchangeRequest, MemberEvent } from "./core/messages.js";
import type { PeerMeta } from "./core/meta.js";
import type { Millis } from "./core/timing.js";
import type { Logger, ResolvedOptions } from "./options.js";

/** Warnings can come with every message, as when `maxMembers` is reached; so often is one told, and so many of them. */
const REPEAT_AFTER_MS: Millis = 60_000;
const MAX_REMEMBERED = 100;
const WITHHELD = "many different warnings: those that are new are not told for a minute";

/** What the log tells of a peer, each line with its address. What happens every period is `debug`, the rest `info`. */
export class Story {
  readonly #logger: Logger;
  readonly #own: () => Address;
  readonly #now: () => Millis;
  /** What was warned of lately, and when; the oldest first. */
  readonly #warned = new Map<string, Millis>();

  constructor(logger: Logger, own: () => Address, now = (): Millis => performance.now()) {
    this.#logger = logger;
    this.#own = own;
    this.#now = now;
  }

  started({ cluster, timing, seeds }: ResolvedOptions, adminAddress: Address | undefined): void {
    this.#info("started", { cluster, seeds, adminAddress, ...timing });
  }

  metaUpdated(meta: PeerMeta): void {
    this.#info("metadata updated", { meta });
  }

  seedAdded(seed: Address): void {
    this.#info(`seed added: ${seed}`, { seed });
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

  probed(through: Address, target: Address, reached: boolean): void {
    this.#debug(`${through} ${reached ? "reached" : "did not reach"} ${target}`, { through, target, reached });
  }

  announced({ kind, member, reason }: MemberEvent): void {
    const fields = { event: kind, member: member.address, meta: member.meta, reason };
    if (kind === "failed" || kind === "left")
      this.#info(`removed ${member.address} because of ${kind}: ${reason}`, fields);
    else this.#info(`${kind} ${member.address}`, fields);
  }

  warning(text: string): void {
    const news = this.#news(text);
    if (news !== undefined) this.#logger.warn({ peer: this.#own() }, news);
  }

  /** A fault of this program's, which the caller is told of as INTERNAL. */
  answerFailed(error: unknown): void {
    const news = this.#news(`cannot answer: ${error instanceof Error ? error.message : String(error)}`);
    if (news !== undefined) this.#logger.error({ peer: this.#own(), err: error }, news);
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

  /** What of this is to be told: the text itself, that more is withheld, or nothing because it was told just now. */
  #news(text: string): string | undefined {
    const now = this.#now();
    for (const [told, at] of this.#warned) {
      if (now - at < REPEAT_AFTER_MS) break;
      this.#warned.delete(told);
    }
    if (this.#warned.has(text)) return undefined;
    const news = this.#warned.size < MAX_REMEMBERED - 1 ? text : WITHHELD;
    if (this.#warned.has(news)) return undefined;
    this.#warned.set(news, now);
    return news;
  }

  #info(text: string, fields: object): void {
    this.#logger.info({ peer: this.#own(), ...fields }, text);
  }

  #debug(text: string, fields: object): void {
    this.#logger.debug({ peer: this.#own(), ...fields }, text);
  }
}
