import { constants, type X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import type { Millis } from "../core/timing.js";
import { LONGEST_TIMER_MS } from "../timers.js";
import type { Certificates } from "./certificates.js";
import { expiryOf, OLDEST_TLS, type Material } from "./material.js";
import type { PeerTls } from "./peer-tls.js";

const HANDSHAKE_WITHIN_MS: Millis = 10_000;
/** With this byte a handshake of TLS begins, and no request of HTTP/2 does. */
const HANDSHAKE = 0x16;

interface Visitors {
  /** A connection that may be used. */
  readonly enter: (socket: Socket) => void;
  /** A connection is closed for that reason. */
  readonly refused: (from: string, reason: string) => void;
  /** Why a certificate is refused though a CA has signed it; undefined where it is not. */
  readonly problemOf?: (certificate: X509Certificate) => string | undefined;
}

/**
 * Lets connections in that were accepted: over TLS, in plain text, or as their first byte says. A certificate counts as
 * long as it is good, and no longer than the CAs and the own certificate that it came in by.
 */
export class Door {
  readonly #mode: PeerTls["mode"];
  readonly #visitors: Visitors;
  readonly #tls: Server;
  readonly #open = new Set<TLSSocket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #unsubscribe: () => void;

  /**
   * `closedWithinMs`: connections of before a change of the certificates are closed so much later, half of that after it
   * at the earliest: who dialled them has renewed most by then.
   */
  constructor(mode: PeerTls["mode"], certificates: Certificates, visitors: Visitors, closedWithinMs: Millis) {
    this.#mode = mode;
    this.#visitors = visitors;
    this.#tls = createServer({
      ...contextOf(certificates.current),
      ALPNProtocols: ["h2"],
      requestCert: true,
      rejectUnauthorized: false, // where it is true Node closes without a word
      handshakeTimeout: HANDSHAKE_WITHIN_MS,
    });
    this.#tls.on("secureConnection", (socket) => {
      this.#welcome(socket);
    });
    this.#tls.on("tlsClientError", (error, socket) => {
      if (!isHealthCheck(error)) this.#visitors.refused(socket.remoteAddress ?? "", reasonOf(error));
      socket.destroy();
    });
    this.#unsubscribe = certificates.onChange((material) => {
      this.#tls.setSecureContext(contextOf(material));
      for (const socket of this.#open) this.#closeLater(socket, closedWithinMs * (0.5 + Math.random() / 2));
    });
  }

  /** Takes a connection that was accepted just now. */
  take(socket: Socket): void {
    if (this.#mode === "require") this.#tls.emit("connection", socket);
    else
      socket.once("readable", () => {
        const first = socket.read(1) as Buffer | null;
        if (first === null) return; // it has closed
        socket.unshift(first);
        if (first[0] === HANDSHAKE) this.#tls.emit("connection", socket);
        else this.#visitors.enter(socket);
      });
  }

  close(): void {
    this.#unsubscribe();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #welcome(socket: TLSSocket): void {
    socket.on("error", () => undefined);
    const from = socket.remoteAddress ?? "";
    const certificate = socket.getPeerX509Certificate();
    const problem = certificate === undefined ? "it shows no certificate" : this.#problemOf(socket, certificate);
    if (problem !== undefined || certificate === undefined) {
      this.#visitors.refused(from, problem ?? "");
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    this.#closeLater(socket, expiryOf(certificate) - Date.now());
    this.#visitors.enter(socket);
  }

  #problemOf({ authorized, authorizationError }: TLSSocket, certificate: X509Certificate): string | undefined {
    if (!authorized) return `its certificate is refused: ${String(authorizationError)}`;
    return this.#visitors.problemOf?.(certificate);
  }

  #closeLater(socket: TLSSocket, afterMs: Millis): void {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: Millis): void => {
      const ms = Math.min(leftMs, LONGEST_TIMER_MS);
      timer = setTimeout(() => {
        this.#timers.delete(timer);
        if (leftMs > ms) wait(leftMs - ms);
        else socket.destroy();
      }, ms).unref();
      this.#timers.add(timer);
    };
    wait(afterMs);
    socket.once("close", () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    });
  }
}

/**
 * What connections are accepted with. By default OpenSSL sends two tickets after each handshake, by which the same caller
 * could connect again with a shorter one; each has the caller's whole certificate in it, which was a fifth to a third of
 * what a handshake takes. Nobody uses them: grpc-js keeps none, and a connection stays open as long as it is needed. With
 * this option the two are short, the names of sessions that nobody keeps. Node has none by which they are not sent at all.
 */
function contextOf({ cert, key, ca }: Material): SecureContextOptions {
  return { cert, key, ca, minVersion: OLDEST_TLS, secureOptions: constants.SSL_OP_NO_TICKET };
}

/** Whether HTTP was spoken, as the health check of the image does, which is content with any answer. */
function isHealthCheck(error: Error & { readonly reason?: string }): boolean {
  return error.reason === "http request";
}

/** What OpenSSL says, without its numbers and files. */
function reasonOf(error: Error & { readonly code?: string; readonly reason?: string }): string {
  if (error.code === "ECONNRESET") return "it ended the handshake, and may not believe this peer's certificate";
  return `no TLS handshake: ${error.reason ?? error.message}`;
}
