import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { splitAddress } from "gossip-peer/testbed";
import type { LookTls, TlsMode } from "gossip-peer";
import { createAuthority, type Authority, type Issued } from "../../../../scripts/setup/authority.mjs";
import type { CaTrust, CertificateState } from "../../fault/fault.js";
import { put } from "./files.js";

/** A certificate that is to end ends so much later: enough for the peer to read it while it is good. */
const ENDS_WITHIN_MS = 5000;
/** After this time a peer has read a new certificate, and one that is to end has ended. */
export const BELIEVED_FOR_MS = ENDS_WITHIN_MS + 1000;
/** Where a container finds its files. */
const INSIDE = "/tls";

/** The CAs of a cluster: the one that all trust at first, the next one, and one that nobody trusts. */
type Authorities = Readonly<Record<"first" | "next" | "foreign", Authority>>;

/** The certificates of a cluster of containers, of CAs of its own: each peer has one that covers its address. */
export class ClusterTls implements Disposable {
  readonly #folder: string;
  readonly #authorities: Authorities;
  /** What the testbed shows to peers of each CA. */
  readonly #tools: Readonly<Record<"first" | "next", Issued>>;

  private constructor(folder: string, authorities: Authorities, tools: Readonly<Record<"first" | "next", Issued>>) {
    this.#folder = folder;
    this.#authorities = authorities;
    this.#tools = tools;
  }

  static async create(): Promise<ClusterTls> {
    const first = await createAuthority();
    const next = await createAuthority({ name: "The next CA" });
    const foreign = await createAuthority({ name: "A CA that nobody trusts" });
    const subject = { commonName: "testbed" };
    const tools = { first: await first.issue(subject), next: await next.issue(subject) };
    return new ClusterTls(mkdtempSync(join(tmpdir(), "gossip-testbed-tls-")), { first, next, foreign }, tools);
  }

  /** What the testbed looks at a peer with that trusts these CAs. */
  toolFor(trusts: CaTrust): LookTls {
    const { first, next } = this.#authorities;
    return { ...this.#tools[trusts === "next" ? "next" : "first"], ca: first.ca + next.ca };
  }

  /** Has a peer trust these CAs from now on. */
  trust(number: number, trusts: CaTrust): void {
    const { first, next } = this.#authorities;
    put(this.#folderOf(number), "ca.pem", { first: first.ca, both: first.ca + next.ca, next: next.ca }[trusts]);
  }

  /** Gives a peer a good certificate. Resolves to the mount that its container is to have. */
  async equip(number: number, address: string): Promise<string> {
    const folder = this.#folderOf(number);
    mkdirSync(folder, { recursive: true });
    this.trust(number, "first");
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
    const { first, next, foreign } = this.#authorities;
    switch (state) {
      case "rotated":
        return first.issue({ ips: [host] });
      case "next":
        return next.issue({ ips: [host] });
      case "expired":
        return first.issue({ ips: [host], until: new Date(Date.now() + ENDS_WITHIN_MS) });
      case "foreign":
        return foreign.issue({ ips: [host] });
      case "none":
        return first.issue({ commonName: host });
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
