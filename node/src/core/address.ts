/** `host:port`, the identity of a peer. An IPv6 host stands in brackets. */
export type Address = string;

const MAX_ADDRESS_LENGTH = 261; // 255 for the host (RFC 1035), a colon, 5 for the port

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const IPV6 = /^(?=.*:.*:)[0-9a-f:.]{2,45}(%[0-9a-z._-]{1,15})?$/i;

/** What is wrong with an address; undefined when it is well formed. Port 0 is accepted only with `portZero`. */
export function addressProblem(text: string, { portZero = false } = {}): string | undefined {
  const given: unknown = text;
  if (typeof given !== "string") return `an address is a string, host:port, not ${typeof given}`;
  if (text.length > MAX_ADDRESS_LENGTH)
    return `an address has at most ${MAX_ADDRESS_LENGTH} characters, not ${text.length}`;
  const shown = JSON.stringify(text);
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
    return host.endsWith("]") && IPV6.test(host.slice(1, -1)) ? undefined : "the host in brackets is no IPv6 address";
  }
  if (host.includes(":")) return "an IPv6 host stands in brackets, such as [::1]:7946";
  if (IPV4.test(host)) {
    return host.split(".").every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
      ? undefined
      : "the host looks like an IPv4 address and is none";
  }
  return host
    .replace(/\.$/, "")
    .split(".")
    .every((label) => LABEL.test(label))
    ? undefined
    : "the host is neither a name nor an IP address";
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
