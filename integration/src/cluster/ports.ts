import { once } from "node:events";
import { createServer } from "node:net";

// The lowest port to try. The system takes the local ports of outgoing connections from a range above these; one of
// those could otherwise occupy a peer's port at the moment when the peer starts again.
const LOWEST = 20_000;
const HIGHEST = 32_000;
const ATTEMPTS = 200;

const handedOut = new Set<number>();

/** As many free ports of 127.0.0.1 as asked for, never the same twice in this process. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 0; ports.length < count; attempt++) {
    if (attempt === ATTEMPTS + count)
      throw new Error(`found no ${count} free ports from ${LOWEST} to ${HIGHEST} on 127.0.0.1`);
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
