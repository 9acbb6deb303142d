import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";
import type Dockerode from "dockerode";

const ATTEMPTS = 20;

/** A network whose addresses this program gives, so that a peer that starts again has the one it had. */
export interface ClusterNetwork {
  readonly name: string;
  /** The IP of the peer of that number; numbers begin with 1. */
  ipOf(number: number): string;
}

/**
 * Makes a network on a free subnet: 1022 addresses out of 198.18.0.0/15, which is set aside for testing (RFC 2544) and
 * so least likely to be anybody's office or VPN.
 */
export async function createNetwork(
  docker: Dockerode,
  name: string,
  labels: Record<string, string>,
): Promise<ClusterNetwork> {
  const taken = ownSubnets();
  let refusal: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const second = 18 + Math.floor(Math.random() * 2);
    const third = 4 * Math.floor(Math.random() * 64);
    if (taken.check(`198.${second}.${third}.1`)) continue;
    const Subnet = `198.${second}.${third}.0/22`;
    try {
      await docker.createNetwork({ Name: name, Labels: labels, IPAM: { Driver: "default", Config: [{ Subnet }] } });
      return { name, ipOf: (number) => `198.${second}.${third + ((number + 1) >> 8)}.${(number + 1) & 255}` };
    } catch (error) {
      if (!String(error).includes("overlaps")) throw error;
      refusal = error;
    }
  }
  throw new Error(`found no free subnet in 198.18.0.0/15 in ${ATTEMPTS} attempts`, { cause: refusal });
}

/** The subnets that this machine is connected to. The engine avoids only the networks that it made itself. */
function ownSubnets(): BlockList {
  const subnets = new BlockList();
  for (const { family, address, cidr } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    if (family === "IPv4") subnets.addSubnet(address, Number(cidr?.split("/")[1] ?? 32));
  }
  return subnets;
}
