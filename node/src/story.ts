import type { Address } from "./core/address.js";
import type { ExchangeReply, ExchangeRequest, MemberEvent } from "./core/messages.js";
import type { PeerMeta } from "./core/meta.js";
import type { Logger, ResolvedOptions } from "./options.js";

/** What the log tells of a peer, each line with its address. What happens every period is `debug`, the rest `info`. */
export class Story {
  readonly #logger: Logger;
  readonly #own: () => Address;

  constructor(logger: Logger, own: () => Address) {
    this.#logger = logger;
    this.#own = own;
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

  announced({ kind, member, reason }: MemberEvent): void {
    const fields = { event: kind, member: member.address, meta: member.meta, reason };
    if (kind === "failed" || kind === "left")
      this.#info(`removed ${member.address} because of ${kind}: ${reason}`, fields);
    else this.#info(`${kind} ${member.address}`, fields);
  }

  warning(text: string): void {
    this.#logger.warn({ peer: this.#own() }, text);
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

  #info(text: string, fields: object): void {
    this.#logger.info({ peer: this.#own(), ...fields }, text);
  }

  #debug(text: string, fields: object): void {
    this.#logger.debug({ peer: this.#own(), ...fields }, text);
  }
}
