import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { put } from "./files.js";
import type { Tools } from "./tools.js";

/** Where a container finds the library, and how far its clock is off. */
const INSIDE = "/clock";
const LIBRARY = "libfaketime.so";
/** Prints the library that programs with threads can be given. */
const PRINTED = "base64 --wrap=0 /usr/lib/*/faketime/libfaketimeMT.so.1";

/**
 * The wall clocks of the peers of a cluster. Containers have none of their own: a library, libfaketime, which each peer's
 * program loads, changes what it reads of the machine's clock. The monotonic clock, which timers go by, it leaves alone.
 */
export class Clocks implements Disposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** The tools' image has the library. */
  static async create(tools: Tools): Promise<Clocks> {
    const library = Buffer.from(await tools.run(PRINTED), "base64");
    const folder = mkdtempSync(join(tmpdir(), "gossip-testbed-clocks-"));
    chmodSync(folder, 0o755); // a peer is another user
    put(folder, LIBRARY, library);
    return new Clocks(folder);
  }

  /** What the container of every peer is to see. */
  get mount(): string {
    return `${this.#folder}:${INSIDE}:ro`;
  }

  /** The variables that a peer is to start with. Its clock has to be set before. */
  variablesOf(number: number): Record<string, string> {
    return {
      LD_PRELOAD: `${INSIDE}/${LIBRARY}`,
      FAKETIME_TIMESTAMP_FILE: `${INSIDE}/${nameOf(number)}`,
      FAKETIME_NO_CACHE: "1", // it would be read every ten seconds
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** Sets the clock of a peer so far ahead of this machine's, at once, whether the peer runs or not. */
  set(number: number, aheadMs: number): void {
    put(this.#folder, nameOf(number), `${aheadMs < 0 ? "-" : "+"}${Math.abs(aheadMs) / 1000}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function nameOf(number: number): string {
  return `peer-${number}`;
}
