/** `host:port`, the identity of a peer. An IPv6 host stands in brackets. */
export type Address = string;

const MAX_ADDRESS_LENGTH = 261; // 255 for the host (RFC 1035), a colon, 5 for the port

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
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
  if (IPV4.test(host)) return isIpv4(host) ? undefined : "the host looks like an IPv4 address and is none";
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

/** RFC 4291, section 2.2: eight groups of four hexadecimal digits; a double colon for some of them, an IPv4 tail for two. */
function isIpv6(host: string): boolean {
  const [head = "", tail, ...more] = host.split("::");
  if (more.length > 0) return false;
  const groupsOf = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const groups = [...groupsOf(head), ...groupsOf(tail ?? "")];
  const last = groups.at(-1) ?? "";
  const isMixed = last.includes(".");
  if (isMixed && !isIpv4(last)) return false;
  const plain = isMixed ? groups.slice(0, -1) : groups;
  const count = plain.length + (isMixed ? 2 : 0);
  return plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) && (tail === undefined ? count === 8 : count < 8);
}

/** What is wrong with an address as that of a peer, which others dial; undefined when they may. */
export function identityProblem(text: string, options: { readonly portZero?: boolean } = {}): string | undefined {
  const problem = addressProblem(text, options);
  if (problem !== undefined) return problem;
  const { host } = splitAddress(text);
  const [first = 0] = host.split(".").map(Number);
  if (host === "0.0.0.0" || (host.includes(":") && /^[0:]+$/.test(host)))
    return `${JSON.stringify(text)} stands for every address of a machine; a peer needs one that others can dial, and may listen on all by bindHost`;
  const isMulticast = (IPV4.test(host) && first >= 224) || /^ff[0-9a-f]{2}:/i.test(host);
  return isMulticast
    ? `${JSON.stringify(text)} is no address of one machine (multicast, broadcast or reserved)`
    : undefined;
}

/** Whether an address can be dialled from its own machine only. */
export function isLoopback(address: Address): boolean {
  const { host } = splitAddress(address);
  return host === "localhost" || host === "::1" || (IPV4.test(host) && host.startsWith("127."));
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
