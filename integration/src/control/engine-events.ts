import { createInterface } from "node:readline";
import { setTimeout as elapse } from "node:timers/promises";
import type Dockerode from "dockerode";

const RETRY_AFTER_MS = 2000;
const KINDS = ["start", "die", "pause", "unpause", "destroy", "update"];

/** Something that happened to a container. */
export interface EngineEvent {
  readonly action: string;
  /** The labels of the container, and its `image` and `name`. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/**
 * Calls back with all that happens to containers, until the signal; asks again where the engine ends the answer, and
 * calls `missed` when some may have been missed by then. Never rejects.
 */
export async function followEngine(
  docker: Dockerode,
  signal: AbortSignal,
  { happened, missed }: { happened: (event: EngineEvent) => void; missed: () => void },
): Promise<void> {
  while (!signal.aborted) {
    try {
      const stream = await docker.getEvents({
        filters: { type: ["container"], event: KINDS },
        abortSignal: signal,
      });
      missed();
      for await (const line of createInterface({ input: stream })) {
        const event = JSON.parse(line) as { Action?: string; Actor?: { Attributes?: EngineEvent["attributes"] } };
        happened({ action: event.Action ?? "", attributes: event.Actor?.Attributes ?? {} });
      }
    } catch {
      // Asked again below.
    }
    await elapse(RETRY_AFTER_MS, undefined, { signal }).catch(() => undefined);
  }
}
