import { join } from "node:path";
import type { LookTls } from "gossip-peer";

/** The label by which docker-compose.yml says that its peers speak TLS. */
const TLS_LABEL = "org.gossip-testbed.tls";

/**
 * What the peers of a project are looked at with: files that `npm run setup` has made beside the Compose file. Undefined
 * where the peers, which have these labels, speak in plain text.
 */
export function tlsOf(labels: Readonly<Record<string, string>>): LookTls | undefined {
  const folder = labels["com.docker.compose.project.working_dir"];
  if (labels[TLS_LABEL] !== "1" || folder === undefined) return undefined;
  const [certificate = "", privateKey = "", ca = ""] = ["tool.pem", "tool.key", "ca.pem"].map((name) =>
    join(folder, ".cache/tls", name),
  );
  return { certificate, privateKey, ca };
}
