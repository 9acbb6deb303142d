import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { STARTED, storyLine } from "../log.js";
import { Misbehaviour } from "../../fault/misbehaviour.js";
import { ManagedPeer } from "../managed-peer.js";

const MAIN = join(dirname(createRequire(import.meta.url).resolve("gossip-peer")), "main.js");

/**
 * Code that runs in the peer's process before the peer: it ends the process when the pipe from its parent closes, which
 * means that the parent is gone.
 */
const END_WITH_PARENT = 'process.stdin.on("close", () => process.exit(1)).resume().unref();';

const START_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 5_000;
const KEPT_LINES = 200;

/** A peer as a process of this machine. */
export class ProcessPeer extends ManagedPeer {
  readonly #port: number;
  readonly #adminPort: number;
  readonly #environment: () => Record<string, string>;
  readonly #log: string[] = [];
  #process: ChildProcess | undefined;

  constructor(number: number, port: number, adminPort: number, environment: () => Record<string, string>) {
    const address = `127.0.0.1:${port}`;
    super(number, address, `localhost:${port}`, { membership: address, admin: `127.0.0.1:${adminPort}` });
    this.#port = port;
    this.#adminPort = adminPort;
    this.#environment = environment;
  }

  logTail(lines: number): Promise<string[]> {
    return Promise.resolve(this.#log.slice(-lines));
  }

  endedByItself(): Promise<string | undefined> {
    const { exitCode, signalCode } = this.#process ?? {};
    const how = signalCode ?? (exitCode === null || exitCode === undefined ? undefined : `code ${exitCode}`);
    return Promise.resolve(how === undefined ? undefined : `peer ${this.number} ended by itself, with ${how}`);
  }

  protected ranOutOfMemory(): Promise<boolean> {
    return Promise.resolve(false); // no fault limits the memory of processes
  }

  protected async doStart(): Promise<void> {
    const own = {
      GOSSIP_ADDRESS: `127.0.0.1:${this.#port}`,
      GOSSIP_ADMIN_ADDRESS: `127.0.0.1:${this.#adminPort}`,
      GOSSIP_HEALTH_ADDRESS: "127.0.0.1:0",
      GOSSIP_METRICS_ADDRESS: "127.0.0.1:0",
    };
    const lifeline = `data:text/javascript,${encodeURIComponent(END_WITH_PARENT)}`;
    const child = spawn(process.execPath, ["--import", lifeline, MAIN], {
      env: { ...withoutGossip(process.env), ...this.#environment(), ...own },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#process = child;
    if (await within(START_WITHIN_MS, this.#follow(child))) return;
    await this.#end("SIGKILL");
    throw new Misbehaviour(`peer ${this.number} did not start:\n${this.#log.slice(-10).map(storyLine).join("\n")}`);
  }

  protected async doKill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  protected async doStop(): Promise<void> {
    const ended = await within(STOP_WITHIN_MS, this.#end("SIGTERM"));
    await this.#end("SIGKILL");
    if (!ended) throw new Misbehaviour(`peer ${this.number} did not end within ${STOP_WITHIN_MS} ms of SIGTERM`);
    const code = this.#process?.exitCode;
    if (code !== 0)
      throw new Misbehaviour(`peer ${this.number} ended with ${code ?? "a signal"} at SIGTERM, and not with 0`);
  }

  protected doPause(): Promise<void> {
    return this.#signal("SIGSTOP");
  }

  protected doResume(): Promise<void> {
    return this.#signal("SIGCONT");
  }

  async #end(signal: NodeJS.Signals): Promise<true> {
    const child = this.#process;
    const runs = child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
    if (!runs) return true;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
    return true;
  }

  #signal(signal: NodeJS.Signals): Promise<void> {
    if (this.#process?.kill(signal) === true) return Promise.resolve();
    return Promise.reject(new Misbehaviour(`peer ${this.number} is gone, though nobody ended it`));
  }

  /**
   * Keeps the lines that the process prints. Resolves to true when one says that the peer started, to false when it
   * ends first.
   */
  #follow(child: ChildProcessWithoutNullStreams): Promise<boolean> {
    return new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface(stream).on("line", (line) => {
          this.#keep(line);
          if (line.includes(STARTED)) resolve(true);
        });
      }
      child.once("close", () => {
        resolve(false);
      });
      child.once("error", (error) => {
        this.#keep(error.message);
        resolve(false);
      });
    });
  }

  #keep(line: string): void {
    this.#log.push(line);
    if (this.#log.length > KEPT_LINES) this.#log.shift();
  }
}

/** The outcome; false when there is none within so many ms. */
async function within(ms: number, outcome: Promise<boolean>): Promise<boolean> {
  let bound: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    bound = setTimeout(() => {
      resolve(false);
    }, ms);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(bound);
  }
}

/** The variables without those for peers: what was meant for another peer must not reach this one. */
function withoutGossip(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith("GOSSIP_")));
}
