import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

const MOST_BYTES = 64 * 1024;
const TOKEN_HEADER = "x-gossip-token";

/** A request that is not answered as it wishes: with which status, and why. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

/**
 * Tells the page's own requests from those that other pages make its reader's browser send. Those can neither read the
 * token (their origin is another, and no answer allows that) nor pretend to be of this origin.
 */
export class Guard {
  /** New in each run; the page gets it by a request that other origins cannot read the answer to. */
  readonly token = randomBytes(32).toString("hex");

  /** Throws Refused when another page is known to ask, as browsers tell. */
  expectOwnPage({ headers }: IncomingMessage): void {
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none")
      throw new Refused(403, "this is answered to its own page alone");
  }

  /** Throws Refused unless this comes from the page that was given the token. */
  expectOwnAction(request: IncomingMessage): void {
    this.expectOwnPage(request);
    const { origin, host = "" } = request.headers;
    if (origin !== `http://${host}`)
      throw new Refused(403, `Origin: expected http://${host}, the page's own, not ${origin ?? "none"}`);
    const token = request.headers[TOKEN_HEADER];
    if (typeof token !== "string" || !areEqual(token, this.token))
      throw new Refused(403, `${TOKEN_HEADER}: expected the token of this run; the page gets it from GET /control`);
  }
}

/** The whole body. Rejects with Refused where it is too large or no JSON by its type. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim();
  if (type !== "application/json") throw new Refused(415, `Content-Type: expected application/json`);
  let size = 0;
  const chunks: Buffer[] = [];
  // Not destroyed when it is too large, so that it can be answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Refused(413, `the body is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Takes as long whatever the texts have in common. */
function areEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
