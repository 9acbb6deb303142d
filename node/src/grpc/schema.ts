import { loadPackageDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import type { ProtoGrpcType as AdminType } from "./generated/admin.js";
import { descriptor, loaderOptions } from "./generated/descriptor.js";
import type { ProtoGrpcType as GossipType } from "./generated/gossip.js";
import type { ProtoGrpcType as MembershipType } from "./generated/membership.js";

type Descriptor = Parameters<typeof fromJSON>[0];

/**
 * The services of `proto/gossip/v1`, from the generated descriptor and with the options the types were generated with.
 */
export const { v1: schema } = (
  loadPackageDefinition(fromJSON(descriptor as unknown as Descriptor, loaderOptions)) as unknown as GossipType &
    MembershipType &
    AdminType
).gossip;
