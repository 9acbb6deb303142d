import { once } from "node:events";
import { setTimeout as elapse } from "node:timers/promises";
import { connect } from "node:tls";
import { RemotePeer } from "gossip-peer";
import { splitAddress } from "gossip-peer/testbed";

const ASK_WITHIN_MS = 2000;
const PAUSE_MS = 10;

/**
 * Calls a peer again and again without a certificate, for so long, over TLS and in plain text. `at` is where this machine
 * reaches the peer. Rejects when the stranger is answered.
 */
export async function callAsStranger(at: string, forMs: number, signal?: AbortSignal): Promise<void> {
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    if ((await isAnsweredInPlainText(at)) || (await isAnsweredOverTls(at)))
      throw new Error(`a stranger without a certificate was answered at ${at}`);
    await elapse(PAUSE_MS, undefined, { signal });
  }
}

async function isAnsweredInPlainText(at: string): Promise<boolean> {
  const remote = new RemotePeer(at, { timeoutMs: ASK_WITHIN_MS });
  const answered = await remote.getMembers().then(
    () => true,
    () => false,
  );
  remote.close();
  return answered;
}

/** Whether the peer says anything after the handshake, as HTTP/2 servers do at once. */
async function isAnsweredOverTls(at: string): Promise<boolean> {
  const socket = connect({ ...splitAddress(at), rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  let isAnswered = false;
  socket.on("data", () => (isAnswered = true));
  const tooLate = setTimeout(() => socket.destroy(), ASK_WITHIN_MS);
  // An end by an error is an end as well.
  socket.on("error", () => undefined);
  await once(socket, "close").catch(() => undefined);
  clearTimeout(tooLate);
  return isAnswered;
}
