import { pino } from "pino";
import { findOwnAddress } from "./advertise.js";
import { addressProblem } from "./core/address.js";
import { DEFAULT_PORT, readEnvironment, type Settings } from "./environment.js";
import { GossipError } from "./errors.js";
import { resolveOptions } from "./options.js";
import { Peer } from "./peer.js";

/**
 * How long a stop may take: less than the 5 s that Compose waits before it kills, so that a stop that hangs shows in
 * the log.
 */
const STOP_WITHIN_MS = 4000;
/** How long the last lines of the log may take to be written. */
const LOG_WITHIN_MS = 500;

const log = pino.destination(1);

/**
 * A peer that ends the process when it stops: a look-up of a name cannot be cancelled and would keep the process alive
 * for seconds.
 */
class ProcessPeer extends Peer {
  override stop(): Promise<void> {
    const stopped = super.stop();
    void stopped.then(() => {
      endProcess(0);
    });
    return stopped;
  }
}

/**
 * Ends the process once the log is written, since a line on its way is lost with the process; or when nobody reads the
 * log.
 */
function endProcess(code: number): void {
  const end = (): never => process.exit(code);
  log.once("close", end);
  setTimeout(end, LOG_WITHIN_MS);
  log.end();
}

await main().catch((error: unknown) => {
  process.stderr.write(`gossip peer: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof GossipError && error.code === "invalid-options" ? 2 : 1;
});

async function main(): Promise<void> {
  const { settings, problems } = readEnvironment(process.env);
  problems.push(...optionProblemsOf(settings));
  if (problems.length > 0) throw new GossipError("invalid-options", problems.join("\n             "));
  const { options, logLevel } = settings;
  const logger = pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, log);
  const address = settings.address ?? (await findOwnAddress(options.seeds ?? [], DEFAULT_PORT));
  const peer = new ProcessPeer({ ...options, address, logger });

  const stop = (signal: NodeJS.Signals): void => {
    logger.info({ peer: peer.address, signal }, `got ${signal}`);
    setTimeout(() => {
      logger.error({ peer: peer.address }, `not ended within ${STOP_WITHIN_MS} ms`);
      endProcess(1);
    }, STOP_WITHIN_MS);
    void peer.stop();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  await peer.run();
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
