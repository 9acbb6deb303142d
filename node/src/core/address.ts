/** `host:port`, the identity of a peer. An IPv6 host stands in brackets. */
export type Address = string;

const MAX_ADDRESS_LENGTH = 261; // 255 for the host (RFC 1035), a colon, 5 for the port

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
/** What the systems' inet_aton takes for IPv4 as well: 127.1, 0x7f.1 and 2130706433 are all 127.0.0.1, and 0 is 0.0.0.0. */
const NUMBERS = /^(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,3}\.?$/i;
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** What is wrong with an address; undefined when it is well formed. Port 0 is accepted only with `portZero`. */
export function addressProblem(text: string, { portZero = false } = {}): string | undefined {
  const given: unknown = text;
  if (typeof given !== "string") return `an address is a string, host:port, not ${typeof given}`;
  if (text.length > MAX_ADDRESS_LENGTH)
    return `an address has at most ${MAX_ADDRESS_LENGTH} characters, not ${text.length}`;
  const shown = JSON.stringify(text);
  if (SCHEME.test(text)) return `${shown} is a URL; an address is host:port without a scheme, such as 127.0.0.1:7946`;
  const colon = text.lastIndexOf(":");
  if (colon < 0) return `${shown} has no port; an address is host:port, such as 127.0.0.1:7946`;
  const port = text.slice(colon + 1);
  const lowest = portZero ? 0 : 1;
  if (!/^(0|[1-9]\d{0,4})$/.test(port) || Number(port) > 65535 || Number(port) < lowest) {
    return `${shown} has the port ${JSON.stringify(port)}; a port is a number from ${lowest} to 65535`;
  }
  return hostProblem(text.slice(0, colon)) ? `${shown}: ${hostProblem(text.slice(0, colon))}` : undefined;
}

function hostProblem(host: string): string | undefined {
  if (host === "") return "the host is missing";
  if (host.startsWith("[")) {
    if (host.includes("%")) return "an IPv6 address with a zone means something on one machine only";
    return host.endsWith("]") && isIpv6(host.slice(1, -1)) ? undefined : "the host in brackets is no IPv6 address";
  }
  if (host.includes(":")) return "an IPv6 host stands in brackets, such as [::1]:7946";
  if (NUMBERS.test(host))
    return isIpv4(host) ? undefined : "the host looks like an IPv4 address and is none of four numbers with dots";
  return host
    .replace(/\.$/, "")
    .split(".")
    .every((label) => LABEL.test(label))
    ? undefined
    : "the host is neither a name nor an IP address";
}

function isIpv4(host: string): boolean {
  return IPV4.test(host) && host.split(".").every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(host: string): boolean {
  return ipv6Groups(host) !== undefined;
}

/**
 * The eight numbers of an IPv6 address; undefined for what is none. RFC 4291, section 2.2: groups of four hexadecimal
 * digits; a double colon for those that are zero, an IPv4 tail for the last two.
 */
function ipv6Groups(host: string): readonly number[] | undefined {
  const [head = "", tail, ...more] = host.split("::");
  if (more.length > 0) return undefined;
  const front = groupsOf(head, { isLast: tail === undefined });
  const back = groupsOf(tail ?? "", { isLast: true });
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...front, ...new Array<number>(missing).fill(0), ...back];
  return groups.some(Number.isNaN) ? undefined : groups;
}

/** The numbers of a part of an IPv6 address, NaN for what is none. IPv4 may stand at the end of the last part. */
function groupsOf(part: string, { isLast }: { readonly isLast: boolean }): number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group, at, { length }) => {
    if (isLast && at === length - 1 && isIpv4(group)) {
      const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
      return [a * 256 + b, c * 256 + d];
    }
    return /^[0-9a-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : Number.NaN;
  });
}

/** What a host stands for, where it is an IP address that is not one of any single machine's. */
type Kind = "unspecified" | "loopback" | "link-local" | "nobody" | "ordinary";

function kindOf(host: string): Kind {
  if (IPV4.test(host)) return ipv4Kind(host.split(".").map(Number));
  const groups = ipv6Groups(host);
  if (groups === undefined) return /^(.+\.)?localhost\.?$/i.test(host) ? "loopback" : "ordinary";
  const [first = 0, , , , , mark, high = 0, low = 0] = groups;
  const isEmptyUpTo = (count: number): boolean => groups.slice(0, count).every((group) => group === 0);
  if (isEmptyUpTo(8)) return "unspecified";
  if (isEmptyUpTo(7) && low === 1) return "loopback";
  // IPv4 in IPv6, RFC 4291, section 2.5.5.2
  if (isEmptyUpTo(5) && mark === 0xffff) return ipv4Kind([high >> 8, high & 0xff, low >> 8, low & 0xff]);
  if (first >> 6 === 0xfe80 >> 6) return "link-local";
  return first >> 8 === 0xff ? "nobody" : "ordinary";
}

function ipv4Kind(bytes: readonly number[]): Kind {
  const [first = 0] = bytes;
  if (bytes.every((byte) => byte === 0)) return "unspecified";
  if (first === 127) return "loopback";
  return first === 0 || first >= 224 ? "nobody" : "ordinary";
}

/** What is wrong with an address as that of a peer, which others dial; undefined when they may. */
export function identityProblem(text: string, options: { readonly portZero?: boolean } = {}): string | undefined {
  const problem = addressProblem(text, options);
  if (problem !== undefined) return problem;
  const shown = JSON.stringify(text);
  switch (kindOf(splitAddress(text).host)) {
    case "unspecified":
      return `${shown} stands for every address of a machine; a peer needs one that others can dial, and may listen on all by bindHost`;
    case "link-local":
      return `${shown} is a link-local address, which cannot be dialled without a zone, and a zone means something on one machine only`;
    case "nobody":
      return `${shown} is no address of one machine (multicast, broadcast or reserved)`;
    case "loopback":
    case "ordinary":
      return undefined;
  }
}

/** Whether an address can be dialled from its own machine only. */
export function isLoopback(address: Address): boolean {
  return kindOf(splitAddress(address).host) === "loopback";
}

/** Splits a well-formed address; the brackets of an IPv6 host are taken off. */
export function splitAddress(address: Address): { host: string; port: number } {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(address.slice(colon + 1)) };
}

/** Joins host and port to an address; an IPv6 host gets its brackets. */
export function joinAddress(host: string, port: number): Address {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
