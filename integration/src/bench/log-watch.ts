import { Writable } from "node:stream";
import { setTimeout as elapse } from "node:timers/promises";
import type Dockerode from "dockerode";
import type { ChangeKind, Contender, Logged } from "./contender.js";

/** A change of a peer's list, and when the engine took the line that says so. */
export interface LoggedChange extends Omit<Logged, "subject"> {
  /** In ms since 1970, by the clock of the engine. */
  readonly atMs: number;
  /** The number of the peer whose list changed. */
  readonly viewer: number;
  /** The number of the member that changed. */
  readonly subject: number;
}

/** How the engine begins each line that it is to give with its time, in ns. */
const TIMED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d+)Z (.*)$/;
/** The engine sends a line in pieces of 16 KiB; what is longer than this is no line of a list's change. */
const LONGEST = 64 * 1024;

/**
 * Follows the logs of all peers, and knows from them who lists whom. So every contender is observed alike: nobody is asked
 * anything, each peer writes a line for a change, and the engine says when.
 */
export class LogWatch implements Disposable {
  readonly #changes: LoggedChange[] = [];
  readonly #read: Contender["read"];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #lists = new Map<number, Set<number>>();
  readonly #streams = new Map<number, { destroy(): void }>();
  readonly #waiting = new Set<() => void>();
  /** The time of the latest change. */
  #lastMs = 0;

  /** `numbers` are the peers by their IPs. */
  constructor(read: Contender["read"], numbers: ReadonlyMap<string, number>) {
    this.#read = read;
    this.#numbers = numbers;
  }

  /** Follows a peer that is about to start: its list is empty. `sinceMs` is when that was decided. */
  async follow(viewer: number, container: Dockerode.Container, sinceMs: number): Promise<void> {
    this.#streams.get(viewer)?.destroy();
    this.#lists.set(viewer, new Set());
    const options = { follow: true, stdout: true, stderr: true, timestamps: true, since: sinceMs / 1000 } as const;
    const stream = await container.logs(options);
    const [out, err] = [this.#lines(viewer, sinceMs), this.#lines(viewer, sinceMs)];
    (container.modem as Dockerode["modem"]).demuxStream(stream, out, err);
    stream.on("error", () => undefined); // the stream ends with the container
    this.#streams.set(viewer, stream as unknown as { destroy(): void });
  }

  /** The changes of all lists since that moment, in ms since 1970; of one kind where it is given. */
  changesSince(fromMs: number, only?: ChangeKind): LoggedChange[] {
    return this.#changes.filter(({ atMs, kind }) => atMs >= fromMs && (only === undefined || kind === only));
  }

  /** Whom a peer lists, itself left out. */
  listOf(viewer: number): ReadonlySet<number> {
    return this.#lists.get(viewer) ?? new Set();
  }

  /**
   * Resolves once `isSo` holds, which is asked after every change: to the time of the last change until then, in ms since
   * 1970. Undefined where it does not hold within `withinMs`. Rejects when `signal` aborts.
   */
  async until(isSo: () => boolean, withinMs: number, signal: AbortSignal): Promise<number | undefined> {
    const over = new AbortController();
    let atMs: number | undefined;
    const check = (): void => {
      if (over.signal.aborted || !isSo()) return;
      atMs = this.#lastMs;
      over.abort();
    };
    this.#waiting.add(check);
    try {
      check();
      await elapse(withinMs, undefined, { signal: AbortSignal.any([signal, over.signal]) });
    } catch (error) {
      signal.throwIfAborted();
      if (!over.signal.aborted) throw error;
    } finally {
      this.#waiting.delete(check);
    }
    return atMs;
  }

  [Symbol.dispose](): void {
    for (const stream of this.#streams.values()) stream.destroy();
  }

  /** Takes the lines of one output of a peer. */
  #lines(viewer: number, sinceMs: number): Writable {
    let rest = "";
    return new Writable({
      write: (chunk: Buffer, _, done) => {
        const lines = `${rest}${chunk.toString()}`.split("\n");
        rest = (lines.pop() ?? "").slice(-LONGEST);
        for (const line of lines) this.#take(viewer, line, sinceMs);
        done();
      },
    });
  }

  #take(viewer: number, line: string, sinceMs: number): void {
    const [, seconds, fraction, text = ""] = TIMED.exec(line) ?? [];
    const atMs = Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1000;
    const logged = this.#read(text);
    const subject = this.#numbers.get(logged?.subject ?? "");
    // The engine takes whole seconds only, and so gives lines of the life before as well.
    if (logged === undefined || subject === undefined || subject === viewer || atMs < sinceMs) return;
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#changes.push({ atMs, viewer, kind: logged.kind, subject });
    const list = this.#lists.get(viewer);
    if (logged.kind === "listed") list?.add(subject);
    if (logged.kind === "gone") list?.delete(subject);
    for (const check of this.#waiting) check();
  }
}
