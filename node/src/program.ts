import { pino } from "pino";
import { findOwnAddress } from "./advertise.js";
import { addressProblem, type Address } from "./core/address.js";
import { DEFAULT_PORT, readEnvironment, type LogFormat, type Settings } from "./environment.js";
import { GossipError } from "./errors.js";
import { logText } from "./log-text.js";
import { resolveOptions } from "./resolve-options.js";
import { Peer } from "./peer.js";

/**
 * How long a stop may take: less than the 5 s that Compose waits before it kills, so that a stop that hangs shows in
 * the log.
 */
const STOP_WITHIN_MS = 4000;
/** How long the last lines of the log may take to be written. */
const LOG_WITHIN_MS = 500;

const destination = pino.destination(1);
let format: LogFormat = "json";
/** Writes each line as it is, or as text where people read it. */
const written = {
  write: (line: string): void => {
    destination.write(
      format === "json" ? line : logText(line, { inColour: process.stdout.isTTY && process.stdout.hasColors() }),
    );
  },
};
const level = (label: string): object => ({ level: label });
const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level } }, written);
let isEnding = false;

/**
 * Runs a peer as the GOSSIP_* variables say, until it leaves or the signal aborts, and ends the process then: with 0 after
 * a goodbye, 1 where the peer cannot run or does not end, 2 where the variables are wrong.
 */
export async function runProgram(ending: AbortSignal): Promise<void> {
  try {
    await run(ending);
  } catch (error) {
    process.stderr.write(`gossip peer: ${error instanceof Error ? error.message : String(error)}\n`);
    endProcess(error instanceof GossipError && ["invalid-options", "invalid-certificate"].includes(error.code) ? 2 : 1);
  }
}

async function run(ending: AbortSignal): Promise<void> {
  const { settings, problems, warnings } = readEnvironment(process.env);
  problems.push(...optionProblemsOf(settings));
  if (problems.length > 0) throw new GossipError("invalid-options", problems.join("\n             "));
  const { options, logLevel, logFormat, metricsAddress } = settings;
  log.level = logLevel;
  format = logFormat ?? (process.stdout.isTTY ? "text" : "json");
  for (const warning of warnings) log.warn({ event: "variable" }, warning);
  // Before there is a peer nobody need be told.
  const endAtOnce = (): void => {
    endProcess(0);
  };
  onAbort(ending, endAtOnce);
  const address = settings.address ?? (await findOwnAddress(options.seeds ?? [], DEFAULT_PORT));
  if (isEnding) return;
  ending.removeEventListener("abort", endAtOnce);

  const peer = new ProcessPeer({ ...options, address, logger: log });
  onAbort(ending, () => {
    const signal = String(ending.reason);
    log.info({ peer: peer.address, event: "signal", signal }, `got ${signal}`);
    void peer.stop();
  });
  await peer.run().catch((error: unknown) => {
    // A peer that was stopped while it started has not failed.
    if (!(error instanceof GossipError && error.code === "stopped")) throw error;
  });
  if (metricsAddress !== undefined) await tellMetrics(peer, metricsAddress);
}

/** Loaded and begun when the peer takes part, so that nobody waits for it; one that cannot be measured is a member still. */
async function tellMetrics(peer: Peer, at: Address): Promise<void> {
  try {
    const { serveMetrics } = await import("./metrics/server.js");
    await serveMetrics(peer, at);
  } catch (error) {
    log.error(
      { peer: peer.address, event: "no-metrics", err: error },
      `no metrics at ${at}: set GOSSIP_METRICS_ADDRESS to one that is free`,
    );
  }
}

/** A peer that ends the process when it stops: a look-up of a name cannot be cancelled and would keep the process alive for seconds. */
class ProcessPeer extends Peer {
  override stop(): Promise<void> {
    const stopped = super.stop();
    const bound = setTimeout(() => {
      log.error({ peer: this.address, event: "not-ended" }, `not ended within ${STOP_WITHIN_MS} ms`);
      endProcess(1);
    }, STOP_WITHIN_MS);
    void stopped.then(() => {
      clearTimeout(bound);
      endProcess(0);
    });
    return stopped;
  }
}

function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}

/**
 * Ends the process once the log is written, since a line on its way is lost with the process; or when nobody reads the log.
 * Nothing is logged any more: a log that has ended throws. The first code given holds.
 */
function endProcess(code: number): void {
  if (isEnding) return;
  isEnding = true;
  log.level = "silent";
  const end = (): never => process.exit(code);
  destination.once("close", end);
  setTimeout(end, LOG_WITHIN_MS);
  destination.end();
}

/** The problems of the options together: variables that are well-formed one by one may still be out of bounds. */
function optionProblemsOf({ options, address = "127.0.0.1:0" }: Settings): string[] {
  try {
    resolveOptions({
      ...options,
      address: addressProblem(address, { portZero: true }) ? "127.0.0.1:0" : address,
      seeds: [],
    });
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}
