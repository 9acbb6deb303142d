import { loadPackageDefinition } from "@grpc/grpc-js";
import { fromJSON, type MethodDefinition, type PackageDefinition } from "@grpc/proto-loader";
import type { ProtoGrpcType as AdminType } from "./generated/admin.js";
import { descriptor, loaderOptions } from "./generated/descriptor.js";
import type { ProtoGrpcType as GossipType } from "./generated/gossip.js";
import type { ProtoGrpcType as HealthType } from "./generated/health.js";
import type { ProtoGrpcType as MembershipType } from "./generated/membership.js";
import type { ProtoGrpcType as ReflectionType } from "./generated/reflection.js";
import { checkLimits } from "./wire-limits.js";

type Descriptor = Parameters<typeof fromJSON>[0];

type Method = MethodDefinition<object, object>;

const { gossip, grpc } = loadPackageDefinition(
  bounded(fromJSON(descriptor as unknown as Descriptor, loaderOptions)),
) as unknown as GossipType & MembershipType & AdminType & HealthType & ReflectionType;

/**
 * The services of `proto/gossip/v1`, from the generated descriptor and with the options the types were generated with. A
 * message that is more than its fields may be is refused before it is decoded.
 */
export const { v1: schema } = gossip;

/** The services by which gRPC's own tools look at a server, of `proto/grpc`. */
export const conventions = { Health: grpc.health.v1.Health, ServerReflection: grpc.reflection.v1.ServerReflection };

function bounded(definitions: PackageDefinition): PackageDefinition {
  for (const service of Object.values(definitions)) {
    if ("format" in service) continue; // a message or an enum
    for (const method of Object.values(service as Record<string, Method>)) {
      method.requestDeserialize = checked(method.requestDeserialize, method.requestType);
      method.responseDeserialize = checked(method.responseDeserialize, method.responseType);
    }
  }
  return definitions;
}

function checked<T>(decode: (bytes: Buffer) => T, { type }: Method["requestType"]): (bytes: Buffer) => T {
  const { name } = type as { readonly name: string };
  return (bytes) => {
    checkLimits(bytes, name);
    return decode(bytes);
  };
}
