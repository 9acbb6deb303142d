import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as elapse } from "node:timers/promises";
import type { Address } from "gossip-peer";
import type { Beside, BesideOutcome } from "../../experiment/beside.js";

/** How long a command may take to end after SIGTERM: as long as a peer gets at most to say goodbye. */
const END_WITHIN_MS = 5000;
/** How much of the output of a command is kept, in characters: the last. */
const MOST_OUTPUT = 65_536;

/** A command of the user's that runs beside an experiment, in a shell, with all processes that it starts. */
export class BesideCommand implements Beside {
  readonly #command: string;
  readonly #endWithinMs: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  /** Resolves when nobody holds the output any more. */
  readonly #closed: Promise<unknown>;
  #output = "";
  #problem: string | undefined;
  #outcome: Promise<BesideOutcome> | undefined;

  /**
   * Starts the command. `peers` are where it reaches them; it finds them in CHAOS_PEERS, separated by commas. It is
   * killed where it takes longer than `endWithinMs` to end once it is asked to.
   */
  constructor(command: string, peers: readonly Address[], { endWithinMs = END_WITHIN_MS } = {}) {
    this.#command = command;
    this.#endWithinMs = endWithinMs;
    // A process group of its own, so that Ctrl-C does not end it before the experiment has ended, and all of it ends.
    this.#child = spawn(command, {
      shell: true,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, CHAOS_PEERS: peers.join() },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-MOST_OUTPUT);
      });
    this.#closed = once(this.#child, "close").catch(() => undefined); // told by the other
    this.#exited = once(this.#child, "exit").catch((error: unknown) => {
      this.#problem = `could not be started: ${String(error)}`;
    });
  }

  end(): Promise<BesideOutcome> {
    return (this.#outcome ??= this.#end());
  }

  async #end(): Promise<BesideOutcome> {
    const hadEnded = this.#hasEnded;
    if (!hadEnded) {
      this.#signal("SIGTERM");
      await this.#within(this.#exited);
    }
    this.#signal("SIGKILL"); // also what an end has left behind
    await this.#exited;
    // Whoever left the group may hold on to the output.
    await this.#within(this.#closed);
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.destroy();
    const { exitCode, signalCode } = this.#child;
    const failed =
      this.#problem ?? (exitCode === 0 ? undefined : `ended with ${signalCode ?? `code ${exitCode ?? "?"}`}`);
    const problem = hadEnded ? failed : undefined;
    const how = problem ?? (hadEnded ? "ended with code 0" : "was ended with the experiment");
    return { command: this.#command, how, isFailure: problem !== undefined, output: this.#output };
  }

  get #hasEnded(): boolean {
    return this.#problem !== undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when the event has come, or the time to end is over. */
  async #within(event: Promise<unknown>): Promise<void> {
    const bound = new AbortController();
    const { signal } = bound;
    await Promise.race([event, elapse(this.#endWithinMs, undefined, { signal }).catch(() => undefined)]);
    bound.abort();
  }

  /** Sends a signal to the command and to all that it has started; to nobody where none of them is left. */
  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
