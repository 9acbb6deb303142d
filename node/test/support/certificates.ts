import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { createAuthority, type Authority, type Issued, type Subject } from "../../../scripts/setup/authority.mjs";
import type { Logger, TlsFiles } from "../../src/index.js";

export { createAuthority, type Authority };

const folders = new Set<string>();
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** The texts of a set: a certificate that this CA has issued, and the CA itself. */
export async function set(authority: Authority, subject: Subject): Promise<TlsFiles> {
  return { ...(await authority.issue(subject)), ca: authority.ca };
}

/** A set in files that a test changes. Removed after the tests. */
export class SetOnDisk {
  readonly files: TlsFiles;

  constructor(issued: Issued, ca: string) {
    const folder = mkdtempSync(join(tmpdir(), "certificates-"));
    folders.add(folder);
    this.files = {
      certificate: join(folder, "peer.pem"),
      privateKey: join(folder, "peer.key"),
      ca: join(folder, "ca.pem"),
    };
    this.put({ ...issued, ca });
  }

  /** What tells a peer's program to use this set. */
  get variables(): Record<string, string> {
    const { certificate, privateKey, ca } = this.files;
    return { GOSSIP_TLS_CERT: certificate, GOSSIP_TLS_KEY: privateKey, GOSSIP_TLS_CA: ca };
  }

  /** Puts texts in the place of those of before, each file at once. */
  put(texts: Partial<TlsFiles>): void {
    for (const [part, text] of Object.entries(texts) as [keyof TlsFiles, string][]) {
      writeFileSync(`${this.files[part]}.new`, text);
      renameSync(`${this.files[part]}.new`, this.files[part]);
    }
  }
}

/** A logger that keeps the warnings. */
export function warnings(): { readonly logger: Logger; readonly texts: string[] } {
  const texts: string[] = [];
  const silent = (): void => undefined;
  const logger = {
    debug: silent,
    info: silent,
    error: silent,
    warn: (_: object, text: string) => void texts.push(text),
  };
  return { logger, texts };
}
