import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import { splitAddress, type Address } from "../core/address.js";
import type { Millis } from "../core/timing.js";
import type { Measured } from "../stats.js";

/** What a scraper may take to ask; Prometheus itself waits for ten seconds for all of it. */
const ASKED_WITHIN_MS: Millis = 5000;
/** A few scrapers, each with a connection that it keeps. */
const MOST_CONNECTIONS = 16;

/**
 * Serves the metrics of a peer over HTTP, as /metrics, in the text format of Prometheus. Resolves when it listens; rejects
 * with the system's error when it cannot. It does not keep the process alive. Until somebody asks it holds no registry, and
 * the histograms count from then on.
 */
export async function serveMetrics(peer: Measured, address: Address): Promise<Server> {
  let registry: Promise<Registry> | undefined;
  const server = createServer({ requestTimeout: ASKED_WITHIN_MS, headersTimeout: ASKED_WITHIN_MS });
  server.on("request", (request, response) => {
    if (request.url?.split("?")[0] !== "/metrics") response.writeHead(404).end("the metrics are at /metrics\n");
    else if (request.method !== "GET" && request.method !== "HEAD")
      response.writeHead(405, { allow: "GET, HEAD" }).end("the metrics can be read, and nothing else\n");
    else answer(response, (registry ??= registryOf(peer)));
  });
  server.maxConnections = MOST_CONNECTIONS;
  const { host, port } = splitAddress(address);
  server.listen(port, host).unref();
  await once(server, "listening");
  // A connection that could not be accepted, say: whoever asks in vain notices, and the peer goes on.
  server.on("error", () => undefined);
  return server;
}

/** Sends the metrics, or a 500 that says why there are none: a question never ends the peer. */
function answer(response: ServerResponse, registry: Promise<Registry>): void {
  const texts = registry.then(async (metrics) => ({ type: metrics.contentType, text: await metrics.metrics() }));
  texts.then(
    ({ type, text }) => response.writeHead(200, { "content-type": type }).end(text),
    (error: unknown) => response.writeHead(500).end(`the metrics cannot be told: ${String(error)}\n`),
  );
}

async function registryOf(peer: Measured): Promise<Registry> {
  const [{ Registry }, { measurePeer }] = await Promise.all([import("prom-client"), import("./prometheus.js")]);
  const registry = new Registry();
  measurePeer(peer, registry);
  return registry;
}
