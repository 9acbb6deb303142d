// Generated from the .proto files by `npm run generate`.
import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accuser as _gossip_v1_Accuser, Accuser__Output as _gossip_v1_Accuser__Output } from './gossip/v1/Accuser.js';
import type { AddSeedRequest as _gossip_v1_AddSeedRequest, AddSeedRequest__Output as _gossip_v1_AddSeedRequest__Output } from './gossip/v1/AddSeedRequest.js';
import type { AddSeedResponse as _gossip_v1_AddSeedResponse, AddSeedResponse__Output as _gossip_v1_AddSeedResponse__Output } from './gossip/v1/AddSeedResponse.js';
import type { AdminServiceClient as _gossip_v1_AdminServiceClient, AdminServiceDefinition as _gossip_v1_AdminServiceDefinition } from './gossip/v1/AdminService.js';
import type { ExchangeRequest as _gossip_v1_ExchangeRequest, ExchangeRequest__Output as _gossip_v1_ExchangeRequest__Output } from './gossip/v1/ExchangeRequest.js';
import type { ExchangeResponse as _gossip_v1_ExchangeResponse, ExchangeResponse__Output as _gossip_v1_ExchangeResponse__Output } from './gossip/v1/ExchangeResponse.js';
import type { GossipServiceClient as _gossip_v1_GossipServiceClient, GossipServiceDefinition as _gossip_v1_GossipServiceDefinition } from './gossip/v1/GossipService.js';
import type { LeaveRequest as _gossip_v1_LeaveRequest, LeaveRequest__Output as _gossip_v1_LeaveRequest__Output } from './gossip/v1/LeaveRequest.js';
import type { LeaveResponse as _gossip_v1_LeaveResponse, LeaveResponse__Output as _gossip_v1_LeaveResponse__Output } from './gossip/v1/LeaveResponse.js';
import type { Meta as _gossip_v1_Meta, Meta__Output as _gossip_v1_Meta__Output } from './gossip/v1/Meta.js';
import type { ProbeRequest as _gossip_v1_ProbeRequest, ProbeRequest__Output as _gossip_v1_ProbeRequest__Output } from './gossip/v1/ProbeRequest.js';
import type { ProbeResponse as _gossip_v1_ProbeResponse, ProbeResponse__Output as _gossip_v1_ProbeResponse__Output } from './gossip/v1/ProbeResponse.js';
import type { Range as _gossip_v1_Range, Range__Output as _gossip_v1_Range__Output } from './gossip/v1/Range.js';
import type { Record as _gossip_v1_Record, Record__Output as _gossip_v1_Record__Output } from './gossip/v1/Record.js';
import type { RemoveSeedRequest as _gossip_v1_RemoveSeedRequest, RemoveSeedRequest__Output as _gossip_v1_RemoveSeedRequest__Output } from './gossip/v1/RemoveSeedRequest.js';
import type { RemoveSeedResponse as _gossip_v1_RemoveSeedResponse, RemoveSeedResponse__Output as _gossip_v1_RemoveSeedResponse__Output } from './gossip/v1/RemoveSeedResponse.js';
import type { UpdateMetaRequest as _gossip_v1_UpdateMetaRequest, UpdateMetaRequest__Output as _gossip_v1_UpdateMetaRequest__Output } from './gossip/v1/UpdateMetaRequest.js';
import type { UpdateMetaResponse as _gossip_v1_UpdateMetaResponse, UpdateMetaResponse__Output as _gossip_v1_UpdateMetaResponse__Output } from './gossip/v1/UpdateMetaResponse.js';
import type { Versions as _gossip_v1_Versions, Versions__Output as _gossip_v1_Versions__Output } from './gossip/v1/Versions.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  gossip: {
    v1: {
      Accuser: MessageTypeDefinition<_gossip_v1_Accuser, _gossip_v1_Accuser__Output>
      AddSeedRequest: MessageTypeDefinition<_gossip_v1_AddSeedRequest, _gossip_v1_AddSeedRequest__Output>
      AddSeedResponse: MessageTypeDefinition<_gossip_v1_AddSeedResponse, _gossip_v1_AddSeedResponse__Output>
      AdminService: SubtypeConstructor<typeof grpc.Client, _gossip_v1_AdminServiceClient> & { service: _gossip_v1_AdminServiceDefinition }
      ExchangeRequest: MessageTypeDefinition<_gossip_v1_ExchangeRequest, _gossip_v1_ExchangeRequest__Output>
      ExchangeResponse: MessageTypeDefinition<_gossip_v1_ExchangeResponse, _gossip_v1_ExchangeResponse__Output>
      GossipService: SubtypeConstructor<typeof grpc.Client, _gossip_v1_GossipServiceClient> & { service: _gossip_v1_GossipServiceDefinition }
      LeaveRequest: MessageTypeDefinition<_gossip_v1_LeaveRequest, _gossip_v1_LeaveRequest__Output>
      LeaveResponse: MessageTypeDefinition<_gossip_v1_LeaveResponse, _gossip_v1_LeaveResponse__Output>
      Meta: MessageTypeDefinition<_gossip_v1_Meta, _gossip_v1_Meta__Output>
      ProbeRequest: MessageTypeDefinition<_gossip_v1_ProbeRequest, _gossip_v1_ProbeRequest__Output>
      ProbeResponse: MessageTypeDefinition<_gossip_v1_ProbeResponse, _gossip_v1_ProbeResponse__Output>
      Range: MessageTypeDefinition<_gossip_v1_Range, _gossip_v1_Range__Output>
      Record: MessageTypeDefinition<_gossip_v1_Record, _gossip_v1_Record__Output>
      RemoveSeedRequest: MessageTypeDefinition<_gossip_v1_RemoveSeedRequest, _gossip_v1_RemoveSeedRequest__Output>
      RemoveSeedResponse: MessageTypeDefinition<_gossip_v1_RemoveSeedResponse, _gossip_v1_RemoveSeedResponse__Output>
      Status: EnumTypeDefinition
      UpdateMetaRequest: MessageTypeDefinition<_gossip_v1_UpdateMetaRequest, _gossip_v1_UpdateMetaRequest__Output>
      UpdateMetaResponse: MessageTypeDefinition<_gossip_v1_UpdateMetaResponse, _gossip_v1_UpdateMetaResponse__Output>
      Versions: MessageTypeDefinition<_gossip_v1_Versions, _gossip_v1_Versions__Output>
    }
  }
}

