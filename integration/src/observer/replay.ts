import { readFile, stat } from "node:fs/promises";
import type { Source } from "./sightings.js";
import { readRecording } from "./page/read-recording.js";

const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Reads a recording that was saved from the page. Rejects with an Error that names the file and what is wrong with it.
 */
export async function openReplay(file: string): Promise<Source> {
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes; a recording has at most ${MOST_BYTES}`);
    const recording = readRecording(JSON.parse(await readFile(file, "utf8")));
    return { recording, isReplay: true, now: () => recording.until, subscribe: () => () => undefined };
  } catch (error) {
    throw new Error(`cannot replay ${file}: ${(error as Error).message}`, { cause: error });
  }
}
