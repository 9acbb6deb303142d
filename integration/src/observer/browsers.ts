import type { ServerResponse } from "node:http";
import type { Source } from "./sightings.js";
import type { Sighting } from "./page/types.js";

export const MOST_BROWSERS = 32;
/** What happens within this time is sent together: a storm of changes costs messages by time and not by change. */
const GATHER_MS = 20;
/** Says that the observer is there, though nothing happens. */
const TICK_EVERY_MS = 1000;
/** A browser that lags behind by more is sent away; it comes back by itself and starts anew. */
const MOST_BEHIND_BYTES = 32 * 1024 * 1024;

/** The browsers that watch: each gets the whole recording first and then what is added to it, as server-sent events. */
export class Browsers implements Disposable {
  readonly #source: Source;
  readonly #open = new Set<ServerResponse>();
  readonly #unsubscribe: () => void;
  readonly #ticking: NodeJS.Timeout;
  #gathered: Sighting[] = [];
  #gathering: NodeJS.Timeout | undefined;
  /** The recording as it is sent, made once for all who come before it changes. */
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

  /** The response's head has been written; it is ended when the browser goes, lags too far behind or this is disposed. */
  add(response: ServerResponse): void {
    this.#flush(); // the others get what is in the recording already
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
