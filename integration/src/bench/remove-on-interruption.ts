import type { DockerCluster } from "../cluster/docker/docker-cluster.js";
import { engine } from "../cluster/docker/engine.js";
import { removeCluster } from "../cluster/docker/sweep.js";
import { onInterruption } from "../lib/interruption.js";
import { say } from "./output.js";

const EXIT_INTERRUPTED = 1;

/**
 * Has an interruption remove the containers of this cluster and end the process. That waits until all have started: a
 * cluster that is still starting cannot be removed.
 */
export function removeOnInterruption(starting: Promise<DockerCluster>): void {
  onInterruption(() => {
    say("interrupted: removing the containers …");
    process.on("uncaughtException", () => undefined); // the measuring fails when its containers end
    void starting
      .then(async ({ name }) => removeCluster(await engine(), name))
      .catch(() => undefined)
      .finally(() => process.exit(EXIT_INTERRUPTED));
  });
}
