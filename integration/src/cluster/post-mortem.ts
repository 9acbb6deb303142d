import { storyLine } from "./log.js";
import { matrix } from "../view/matrix.js";
import { askForViews, type LoggingPeer } from "../view/views.js";

const LOG_LINES = 12;

/** A report for finding out what went wrong: who sees whom, and the end of every log. Never rejects. */
export async function report(peers: readonly LoggingPeer[]): Promise<string> {
  const [views, logs] = await Promise.all([askForViews(peers), Promise.all(peers.map(lastWords))]);
  return [...matrix(views), "", ...logs.flat()].join("\n");
}

async function lastWords(peer: LoggingPeer): Promise<string[]> {
  const lines = await peer.logTail(LOG_LINES).catch((error: unknown) => [`no log: ${String(error)}`]);
  const who = `peer ${peer.number} (${peer.address ?? "no address"}, ${peer.state})`;
  return [`${who} said last:`, ...lines.map((line) => `  ${storyLine(line)}`)];
}
