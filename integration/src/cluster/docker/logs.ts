import type Dockerode from "dockerode";

const HEADER_BYTES = 8;

/** The last lines that a container wrote to standard output and standard error, oldest first. */
export async function logTail(container: Dockerode.Container, lines: number): Promise<string[]> {
  const framed = await container.logs({ stdout: true, stderr: true, tail: lines, follow: false });
  return unframe(framed).trimEnd().split("\n");
}

/** All that a container wrote to one of its two outputs. */
export async function outputOf(container: Dockerode.Container, output: "stdout" | "stderr"): Promise<string> {
  return unframe(await container.logs({ [output]: true, follow: false }));
}

/**
 * Joins the pieces in which the engine sends an output. Each has a header: which output, three zeros, the length
 * (Engine API, ContainerAttach).
 */
function unframe(framed: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + HEADER_BYTES <= framed.length;) {
    const end = at + HEADER_BYTES + framed.readUInt32BE(at + 4);
    pieces.push(framed.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return Buffer.concat(pieces).toString();
}
