import { isIP } from "node:net";

/**
 * The hosts as which the page is served. A foreign site could have its own name lead to this machine (DNS rebinding), and
 * its pages would then count as ours. So requests are answered under addresses, which no name server can lead elsewhere,
 * under `localhost`, and under names that were allowed explicitly; under any other name they are refused.
 */
export class Hosts {
  readonly #allowed: ReadonlySet<string>;

  /** `allowed`: names in lower case, without a port. */
  constructor(allowed: readonly string[] = []) {
    this.#allowed = new Set(allowed);
  }

  /** Whether the `Host` header of a request, with or without a port, is one of these hosts. */
  has(header: string | undefined): boolean {
    const [, inBrackets, other] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(header ?? "") ?? [];
    const name = (inBrackets ?? other ?? "").toLowerCase();
    return isIP(name) > 0 || name === "localhost" || this.#allowed.has(name);
  }

  /**
   * Whether the `Origin` header of a request names a host that was allowed explicitly. What forwards requests under that
   * name may speak TLS to the browser, and may replace `Host`.
   */
  allowsOrigin(header: string | undefined): boolean {
    const [, name = ""] = /^https?:\/\/([^:/]+)(?::\d+)?$/.exec(header ?? "") ?? [];
    return this.#allowed.has(name);
  }
}
