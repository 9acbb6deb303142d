import { request, type IncomingHttpHeaders } from "node:http";

const WITHIN_MS = 5000;

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  /** Headers that are undefined are not sent. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

/**
 * Sends a request exactly as given: `fetch` would refuse headers such as Host, and tidy up the path. Resolves to the
 * whole answer, whatever its status; rejects when there is none.
 */
export function rawRequest(
  origin: string,
  path: string,
  { method = "GET", headers = {}, body }: RawRequest = {},
): Promise<RawReply> {
  const { hostname: host, port } = new URL(origin);
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    request({ host, port, path, method, headers: given, timeout: WITHIN_MS }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    })
      .on("error", reject)
      .end(body);
  });
}
