import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { Browsers, MOST_BROWSERS } from "./browsers.js";
import { Hosts } from "./hosts.js";
import type { Source } from "./sightings.js";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * HTTP headers of every answer. The page shows texts that come from peers, so it may load and run only what this server
 * serves.
 */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-cache",
};

const MOST_CONNECTIONS = 256;

/** The codes of the errors of a host that is none of this machine's. */
const NOT_HERE: ReadonlySet<string | undefined> = new Set(["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN"]);

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface WebOptions {
  readonly source: Source;
  /** The port to listen on; 0 for any that is free. */
  readonly port: number;
  /** The address to listen on. Whoever reaches it can see everything, and change only what `routes` let them change. */
  readonly host: string;
  /** The hosts as which the page is served. Default: addresses and `localhost`. */
  readonly hosts?: Hosts;
  /**
   * Further requests that are answered, by method and path such as `POST /kill`, as the same hosts alone. Default:
   * none.
   */
  readonly routes?: ReadonlyMap<string, Handler>;
}

/** Serves the page, the recording and the stream of sightings. Disposing ends the server with all its connections. */
export class Web implements AsyncDisposable {
  readonly #server: Server;
  readonly #browsers: Browsers;
  readonly #hosts: Hosts;
  /** The handlers, by method and path. */
  readonly #routes: ReadonlyMap<string, Handler>;

  /** Resolves when the server listens. Rejects where it cannot; the Error says what to do. */
  static async open({ source, port, host, hosts = new Hosts(), routes = new Map() }: WebOptions): Promise<Web> {
    const web = new Web(source, hosts, routes);
    try {
      await web.#listen(port, host);
    } catch (error) {
      web.#browsers[Symbol.dispose]();
      throw error;
    }
    return web;
  }

  private constructor(source: Source, hosts: Hosts, routes: ReadonlyMap<string, Handler>) {
    this.#browsers = new Browsers(source);
    this.#hosts = hosts;
    this.#routes = new Map<string, Handler>([
      ...files(pageFolder()),
      ["GET /recording.json", recordingOf(source)],
      ["GET /events", streamTo(this.#browsers)],
      ["GET /control", noContent], // the page asks whether it has control; `routes` may answer that it has
      ...routes,
    ]);
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** The address of the page, under a name of this machine. */
  get url(): string {
    const { address, family, port } = this.#server.address() as AddressInfo;
    const isAnywhere = address === "0.0.0.0" || address === "::";
    return `http://${isAnywhere ? "127.0.0.1" : family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#browsers[Symbol.dispose]();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const { method = "", url = "", headers } = request;
    const [path = ""] = url.split("?");
    const handler = this.#routes.get(`${method} ${path}`);
    if (!this.#hosts.has(headers.host)) {
      refuse(
        response,
        403,
        "This page is served under addresses and names that are known to be its own: use http://127.0.0.1, or start the program with --allow-host NAME.",
      );
    } else if (handler !== undefined) handler(request, response);
    else if (method === "GET") refuse(response, 404, "There is nothing here; the page is at /.");
    else refuse(response, 405, `${method} is not understood here.`);
  }

  #listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => {
        const where = `port ${port} of ${host}`;
        const problem =
          error.code === "EADDRINUSE" ? `${where} is taken` : `cannot listen on ${where}: ${error.message}`;
        const advice = NOT_HERE.has(error.code)
          ? "--host wants an address of this machine"
          : "choose another with --port, or 0 for any that is free";
        reject(new Error(`${problem}; ${advice}`));
      });
      this.#server.listen(port, host, resolve);
    });
  }
}

/**
 * The folder of the page's files: beside the program in the container, else among the sources, which lie beside what
 * was compiled. Throws when it is neither.
 */
function pageFolder(): URL {
  const folders = ["page/", "../../src/observer/page/"].map((folder) => new URL(folder, import.meta.url));
  const folder = folders.find((each) => existsSync(new URL("index.html", each)));
  if (folder === undefined)
    throw new Error(`the page is not there: looked for ${folders.map((each) => each.pathname).join(" and ")}`);
  return folder;
}

/** A handler for each of the page's files. They are read once, so that no request can name another file. */
function files(folder: URL): [string, Handler][] {
  return readdirSync(folder).flatMap((name): [string, Handler][] => {
    const type = TYPES[extname(name)];
    if (type === undefined) return [];
    const content = readFileSync(new URL(name, folder));
    const path = name === "index.html" ? "/" : `/${name}`;
    return [
      [
        `GET ${path}`,
        (_request, response) => {
          response.writeHead(200, { "content-type": type }).end(content);
        },
      ],
    ];
  });
}

/** Sends the recording as a file to be saved. */
function recordingOf(source: Source): Handler {
  return (_request, response) => {
    if (!source.isReplay) source.recording.reach(source.now());
    const name = `gossip-${new Date(source.recording.until).toISOString().slice(0, 19).replaceAll(":", "-")}.json`;
    response
      .writeHead(200, { "content-type": "application/json", "content-disposition": `attachment; filename="${name}"` })
      .end(JSON.stringify(source.recording));
  };
}

/** Opens the stream of sightings, unless too many browsers watch already. */
function streamTo(browsers: Browsers): Handler {
  return (_request, response) => {
    if (browsers.isFull) {
      refuse(response, 503, `${MOST_BROWSERS} browsers watch already; close one of them.`);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    browsers.add(response);
  };
}

const noContent: Handler = (_request, response) => {
  response.writeHead(204).end();
};

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${why}\n`);
}
