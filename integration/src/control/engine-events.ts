import { createInterface } from "node:readline";
import { setTimeout as elapse } from "node:timers/promises";
import type Dockerode from "dockerode";

const RETRY_AFTER_MS = 2000;
const KINDS = ["start", "die", "pause", "unpause", "destroy", "update"];

/** A change of a container, as the Docker engine reports it. */
export interface EngineEvent {
  readonly action: string;
  /** The labels of the container, and its `image` and `name`. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/**
 * Calls `happened` for each change of a container until the signal is aborted. When the engine ends or refuses the
 * stream of events, asks again after 2 s. `missed` is called whenever a stream begins, since events before it may have
 * been missed. Never rejects.
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
      // The loop asks the engine again after the pause below.
    }
    await elapse(RETRY_AFTER_MS, undefined, { signal }).catch(() => undefined);
  }
}
