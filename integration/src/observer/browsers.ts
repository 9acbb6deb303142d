import type { ServerResponse } from "node:http";
import type { Source } from "./sightings.js";
import type { Sighting } from "./page/types.js";

export const MOST_BROWSERS = 32;
/**
 * Sightings made within this time are sent in one message: a storm of changes costs as many messages as it lasts, not
 * as many as it has changes.
 */
const GATHER_MS = 20;
/** How often browsers are told the time: a page then knows that the observer is there, though nothing happens. */
const TICK_EVERY_MS = 1000;
/**
 * A browser that lags behind by more is disconnected. Browsers reconnect by themselves, and get the whole recording
 * again.
 */
const MOST_BEHIND_BYTES = 32 * 1024 * 1024;

/**
 * The browsers that watch. Each gets the whole recording first and then every sighting, as server-sent events.
 * Disposing ends all streams.
 */
export class Browsers implements Disposable {
  readonly #source: Source;
  readonly #open = new Set<ServerResponse>();
  readonly #unsubscribe: () => void;
  readonly #ticking: NodeJS.Timeout;
  /** The sightings of the next message. */
  #gathered: Sighting[] = [];
  #gathering: NodeJS.Timeout | undefined;
  /** The first message to a browser, made once for all that come before the recording changes. */
  #first: Buffer | undefined;

  constructor(source: Source) {
    this.#source = source;
    this.#unsubscribe = source.subscribe((sighting) => {
      this.#first = undefined;
      if (this.#open.size === 0) return;
      this.#gathered.push(sighting);
      this.#gathering ??= setTimeout(() => {
        this.#flush();
      }, GATHER_MS);
    });
    this.#ticking = setInterval(() => {
      this.#send(message("tick", source.now()));
    }, TICK_EVERY_MS);
  }

  get isFull(): boolean {
    return this.#open.size >= MOST_BROWSERS;
  }

  /**
   * Takes over a response whose head has been written. The response is ended when its browser goes or lags too far
   * behind, or when this is disposed of.
   */
  add(response: ServerResponse): void {
    this.#flush(); // the others get what the newcomer gets with the recording
    const { recording, isReplay } = this.#source;
    if (!isReplay) recording.reach(this.#source.now());
    this.#first ??= message("recording", { isReplay, saved: recording });
    response.write(this.#first);
    this.#open.add(response);
    response.on("close", () => this.#open.delete(response));
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
    clearInterval(this.#ticking);
    clearTimeout(this.#gathering);
    for (const response of this.#open) response.end();
  }

  #flush(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (this.#gathered.length === 0) return;
    this.#send(message("sightings", this.#gathered));
    this.#gathered = [];
  }

  #send(data: Buffer): void {
    for (const response of this.#open) {
      if (response.writableLength > MOST_BEHIND_BYTES) response.destroy();
      else response.write(data);
    }
  }
}

function message(event: string, data: unknown): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
