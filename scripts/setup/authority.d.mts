/** A certificate and its key, as PEM. */
export interface Issued {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What a certificate is for, and from when until when it is good. Default: for nobody, from an hour ago until the CA ends. */
export interface Subject {
  readonly ips?: readonly string[];
  readonly names?: readonly string[];
  readonly uris?: readonly string[];
  readonly commonName?: string;
  readonly from?: Date;
  readonly until?: Date;
}

export interface Authority {
  /** The certificate of the CA, as PEM. */
  readonly ca: string;
  issue(subject?: Subject): Promise<Issued>;
}

/** Makes a CA that is good for so many days, 90 by default. */
export function createAuthority(options?: { readonly name?: string; readonly days?: number }): Promise<Authority>;
