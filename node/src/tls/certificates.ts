import { statSync } from "node:fs";
import type { Millis } from "../core/timing.js";
import { expiryOf, isPem, readMaterial, type Material } from "./material.js";
import type { TlsFiles } from "./tls-options.js";

/** Looking at three files costs next to nothing, and a new set counts from the next connection on. */
const LOOKED_AT_EVERY_MS: Millis = 2000;
const DAY_MS: Millis = 24 * 60 * 60_000;
/** So many days before its end a certificate is warned of, at each once. */
const WARNED_DAYS = [30, 7, 1, 0] as const;

interface Settings {
  readonly warn: (text: string) => void;
  readonly now?: () => Millis;
  readonly everyMs?: Millis;
}

/**
 * The certificates of a peer, read again when their files change. Where the new ones are missing, half written or do not
 * fit together the last good set stays, with a warning: a peer must not fall silent because somebody is at work on its
 * files.
 */
export class Certificates {
  readonly #files: TlsFiles;
  readonly #warn: (text: string) => void;
  readonly #now: () => Millis;
  readonly #listeners = new Set<(material: Material) => void>();
  readonly #timer: NodeJS.Timeout;
  #current: Material;
  /** What the files were like when they were last read. */
  #seen: string;
  #warnedDays = Infinity;
  #problem = "";

  /** Reads the set. Throws `invalid-certificate`. */
  constructor(files: TlsFiles, { warn, now = Date.now, everyMs = LOOKED_AT_EVERY_MS }: Settings) {
    this.#files = files;
    this.#warn = warn;
    this.#now = now;
    this.#seen = this.#signature();
    this.#current = readMaterial(files);
    this.#timer = setInterval(() => {
      this.look();
    }, everyMs).unref();
    this.#warnOfExpiry();
  }

  get current(): Material {
    return this.#current;
  }

  /** When the own certificate is good no more, in ms since 1970. */
  get expiresAt(): Millis {
    return expiryOf(this.#current.leaf);
  }

  /** Calls back with each new set until the function returned is called. */
  onChange(listener: (material: Material) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  /** Looks whether the files have changed, and reads them then. */
  look(): void {
    const seen = this.#signature();
    if (seen !== this.#seen) {
      this.#seen = seen;
      this.#readAgain();
    }
    this.#warnOfExpiry();
  }

  #readAgain(): void {
    const before = this.#current;
    try {
      const read = readMaterial(this.#files);
      if (expiryOf(read.leaf) <= this.#now() && expiryOf(before.leaf) > this.#now())
        throw new Error(`tls.certificate: it was good until ${read.leaf.validTo}`);
      this.#problem = "";
      if (read.cert === before.cert && read.key === before.key && read.ca === before.ca) return;
      this.#current = read;
      this.#warnedDays = Infinity;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#problem) this.#warn(`the certificates of before stay: ${problem}`);
      this.#problem = problem;
      return;
    }
    for (const listener of this.#listeners) listener(this.#current);
  }

  #warnOfExpiry(): void {
    const leftMs = this.expiresAt - this.#now();
    const days = WARNED_DAYS.filter((each) => leftMs <= each * DAY_MS).at(-1);
    if (days === undefined || days >= this.#warnedDays) return;
    this.#warnedDays = days;
    const { validTo } = this.#current.leaf;
    this.#warn(
      days === 0
        ? `the own certificate was good until ${validTo}: no peer with TLS talks to this one`
        : `the own certificate ends within ${days} ${days === 1 ? "day" : "days"}, on ${validTo}`,
    );
  }

  /**
   * What tells one state of the files from another; a link, as Kubernetes has them, is followed. Three files of a local disk
   * are looked at sooner than a promise of them would be made.
   */
  #signature(): string {
    const { certificate, privateKey, ca } = this.#files;
    const paths = [certificate, privateKey, ca].filter((text) => !isPem(text));
    const states = paths.map((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found && `${found.mtimeMs} ${found.size} ${found.ino}`;
    });
    return states.join();
  }
}
