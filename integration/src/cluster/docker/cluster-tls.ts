import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { splitAddress } from "gossip-peer/testbed";
import type { LookTls, TlsMode } from "gossip-peer";
import { createAuthority, type Authority, type Issued } from "../../../../scripts/setup/authority.mjs";
import type { CertificateState } from "../../fault/fault.js";

/** A certificate that is to end ends so much later: enough for the peer to read it while it is good. */
const ENDS_WITHIN_MS = 5000;
/** After this time a peer has read a new certificate, and one that is to end has ended. */
export const BELIEVED_FOR_MS = ENDS_WITHIN_MS + 1000;
/** Where a container finds its files. */
const INSIDE = "/tls";

/** The certificates of a cluster of containers, of a CA of its own: each peer has one that covers its address. */
export class ClusterTls implements Disposable {
  /** What the testbed looks at the peers with. */
  readonly tool: LookTls;
  readonly #folder: string;
  readonly #authority: Authority;
  readonly #foreign: Authority;

  private constructor(folder: string, authority: Authority, foreign: Authority, tool: Issued) {
    this.#folder = folder;
    this.#authority = authority;
    this.#foreign = foreign;
    this.tool = { ...tool, ca: authority.ca };
  }

  static async create(): Promise<ClusterTls> {
    const [authority, foreign] = await Promise.all([createAuthority(), createAuthority({ name: "Another CA" })]);
    const tool = await authority.issue({ commonName: "testbed" });
    return new ClusterTls(mkdtempSync(join(tmpdir(), "gossip-testbed-tls-")), authority, foreign, tool);
  }

  /** Gives a peer a good certificate. Resolves to the mount that its container is to have. */
  async equip(number: number, address: string): Promise<string> {
    const folder = this.#folderOf(number);
    mkdirSync(folder, { recursive: true });
    put(folder, "ca.pem", this.#authority.ca);
    await this.change(number, address, "rotated");
    return `${folder}:${INSIDE}:ro`;
  }

  /** Gives a peer another certificate, which it reads within two seconds. Resolves when the files are there. */
  async change(number: number, address: string, state: CertificateState): Promise<void> {
    const { certificate, privateKey } = await this.#issue(splitAddress(address).host, state);
    const folder = this.#folderOf(number);
    put(folder, "peer.key", privateKey);
    put(folder, "peer.pem", certificate);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #issue(host: string, state: CertificateState): Promise<Issued> {
    switch (state) {
      case "rotated":
        return this.#authority.issue({ ips: [host] });
      case "expired":
        return this.#authority.issue({ ips: [host], until: new Date(Date.now() + ENDS_WITHIN_MS) });
      case "foreign":
        return this.#foreign.issue({ ips: [host] });
      case "none":
        return this.#authority.issue({ commonName: host });
    }
  }

  #folderOf(number: number): string {
    return join(this.#folder, `peer-${number}`);
  }
}

/** The variables by which a peer finds its certificates, and speaks TLS or not. */
export function variablesOf(mode: TlsMode): Record<string, string> {
  return {
    GOSSIP_TLS_CERT: `${INSIDE}/peer.pem`,
    GOSSIP_TLS_KEY: `${INSIDE}/peer.key`,
    GOSSIP_TLS_CA: `${INSIDE}/ca.pem`,
    GOSSIP_TLS_MODE: mode,
  };
}

/** Puts a file in the place of the one of before, at once. Containers read it as another user. */
function put(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, `${name}.new`), text, { mode: 0o644 });
  renameSync(join(folder, `${name}.new`), join(folder, name));
}
