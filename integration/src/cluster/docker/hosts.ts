import type { NetworkFault } from "../../fault/fault.js";

/** Where the peers of a cluster are found. */
export interface Places {
  /** The addresses of the peers, by their numbers; one that is not known cannot be cut off. */
  readonly ips: ReadonlyMap<number, string>;
  /** All names that lead to a peer, or to several. */
  readonly names: readonly string[];
}

/** The end of each line of ours in a file of hosts, by which it is found again. */
const MARK = "# gossip-testbed";

/** The lines for a peer's file of hosts; none where its names lead where they should, or the address is not known. */
export function hostLines(faults: readonly NetworkFault[], { ips, names }: Places): string[] {
  return faults.flatMap((fault) => {
    const ip = fault.kind === "wrong-dns" ? ips.get(fault.leadsTo) : undefined;
    return ip === undefined ? [] : `${ip} ${names.join(" ")} ${MARK}`;
  });
}

/**
 * The command that puts these lines into the file that $HOSTS names, instead of any of ours that it has. The file is
 * written in place: it is mounted, and another in its place would not be seen.
 */
export function naming(lines: readonly string[]): string {
  const others = `"$(grep -v '${MARK}$' "$HOSTS")"`;
  const writing = `printf '%s\\n' ${[others, ...lines.map((line) => `'${line}'`)].join(" ")} >"$HOSTS"`;
  return lines.length > 0 ? writing : `if grep -q '${MARK}$' "$HOSTS"; then ${writing}; fi`;
}
