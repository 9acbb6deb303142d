import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Hosts } from "../observer/hosts.js";

const MOST_BYTES = 64 * 1024;
const TOKEN_HEADER = "x-gossip-token";

/** A request is refused: the HTTP status to answer with, and the reason as message. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

/**
 * Tells the page's own requests from cross-site ones, which another page makes the same browser send. A page of another
 * origin can neither read the token (no answer allows its origin to) nor send this origin in its `Origin` header.
 */
export class Guard {
  /**
   * The token is new in each run. The page gets it by GET /control, whose answer pages of other origins cannot read.
   */
  readonly token = randomBytes(32).toString("hex");
  readonly #hosts: Hosts;

  /** `hosts`: those as which the page is served. The server has refused requests to others. */
  constructor(hosts: Hosts) {
    this.#hosts = hosts;
  }

  /** Throws Refused (403) when the browser's `Sec-Fetch-Site` header says that the request is from another site. */
  expectOwnPage({ headers }: IncomingMessage): void {
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none")
      throw new Refused(403, "this is answered to its own page alone");
  }

  /**
   * Throws Refused (403) unless the request has the page's own origin, or that of a host that was allowed explicitly, and
   * the token of this run.
   */
  expectOwnCommand(request: IncomingMessage): void {
    this.expectOwnPage(request);
    const { origin, host = "" } = request.headers;
    if (origin !== `http://${host}` && !this.#hosts.allowsOrigin(origin))
      throw new Refused(403, `Origin: expected http://${host}, the page's own, not ${origin ?? "none"}`);
    const token = request.headers[TOKEN_HEADER];
    if (typeof token !== "string" || !areEqual(token, this.token))
      throw new Refused(403, `${TOKEN_HEADER}: expected the token of this run; the page gets it from GET /control`);
  }
}

/**
 * The whole body as text. Rejects with Refused when the Content-Type is not JSON (415) or the body exceeds 64 KiB
 * (413).
 */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim();
  if (type !== "application/json") throw new Refused(415, `Content-Type: expected application/json`);
  let size = 0;
  const chunks: Buffer[] = [];
  // The request is not destroyed when its body is too large, so that it can still be answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Refused(413, `the body is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Compares two texts in a time that does not depend on how much of them is equal, so that timing gives nothing away.
 */
function areEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
