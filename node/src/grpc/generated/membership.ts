// Generated from the .proto files by `npm run generate`.
import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accuser as _gossip_v1_Accuser, Accuser__Output as _gossip_v1_Accuser__Output } from './gossip/v1/Accuser.js';
import type { ExchangeRequest as _gossip_v1_ExchangeRequest, ExchangeRequest__Output as _gossip_v1_ExchangeRequest__Output } from './gossip/v1/ExchangeRequest.js';
import type { ExchangeResponse as _gossip_v1_ExchangeResponse, ExchangeResponse__Output as _gossip_v1_ExchangeResponse__Output } from './gossip/v1/ExchangeResponse.js';
import type { GetMembersRequest as _gossip_v1_GetMembersRequest, GetMembersRequest__Output as _gossip_v1_GetMembersRequest__Output } from './gossip/v1/GetMembersRequest.js';
import type { GetMembersResponse as _gossip_v1_GetMembersResponse, GetMembersResponse__Output as _gossip_v1_GetMembersResponse__Output } from './gossip/v1/GetMembersResponse.js';
import type { GetStateRequest as _gossip_v1_GetStateRequest, GetStateRequest__Output as _gossip_v1_GetStateRequest__Output } from './gossip/v1/GetStateRequest.js';
import type { GetStateResponse as _gossip_v1_GetStateResponse, GetStateResponse__Output as _gossip_v1_GetStateResponse__Output } from './gossip/v1/GetStateResponse.js';
import type { GetTrafficRequest as _gossip_v1_GetTrafficRequest, GetTrafficRequest__Output as _gossip_v1_GetTrafficRequest__Output } from './gossip/v1/GetTrafficRequest.js';
import type { GetTrafficResponse as _gossip_v1_GetTrafficResponse, GetTrafficResponse__Output as _gossip_v1_GetTrafficResponse__Output } from './gossip/v1/GetTrafficResponse.js';
import type { GossipServiceClient as _gossip_v1_GossipServiceClient, GossipServiceDefinition as _gossip_v1_GossipServiceDefinition } from './gossip/v1/GossipService.js';
import type { Member as _gossip_v1_Member, Member__Output as _gossip_v1_Member__Output } from './gossip/v1/Member.js';
import type { MemberEvent as _gossip_v1_MemberEvent, MemberEvent__Output as _gossip_v1_MemberEvent__Output } from './gossip/v1/MemberEvent.js';
import type { MembershipServiceClient as _gossip_v1_MembershipServiceClient, MembershipServiceDefinition as _gossip_v1_MembershipServiceDefinition } from './gossip/v1/MembershipService.js';
import type { Meta as _gossip_v1_Meta, Meta__Output as _gossip_v1_Meta__Output } from './gossip/v1/Meta.js';
import type { ProbeRequest as _gossip_v1_ProbeRequest, ProbeRequest__Output as _gossip_v1_ProbeRequest__Output } from './gossip/v1/ProbeRequest.js';
import type { ProbeResponse as _gossip_v1_ProbeResponse, ProbeResponse__Output as _gossip_v1_ProbeResponse__Output } from './gossip/v1/ProbeResponse.js';
import type { Range as _gossip_v1_Range, Range__Output as _gossip_v1_Range__Output } from './gossip/v1/Range.js';
import type { Record as _gossip_v1_Record, Record__Output as _gossip_v1_Record__Output } from './gossip/v1/Record.js';
import type { Report as _gossip_v1_Report, Report__Output as _gossip_v1_Report__Output } from './gossip/v1/Report.js';
import type { Snapshot as _gossip_v1_Snapshot, Snapshot__Output as _gossip_v1_Snapshot__Output } from './gossip/v1/Snapshot.js';
import type { Versions as _gossip_v1_Versions, Versions__Output as _gossip_v1_Versions__Output } from './gossip/v1/Versions.js';
import type { WatchMembersRequest as _gossip_v1_WatchMembersRequest, WatchMembersRequest__Output as _gossip_v1_WatchMembersRequest__Output } from './gossip/v1/WatchMembersRequest.js';
import type { WatchMembersResponse as _gossip_v1_WatchMembersResponse, WatchMembersResponse__Output as _gossip_v1_WatchMembersResponse__Output } from './gossip/v1/WatchMembersResponse.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  gossip: {
    v1: {
      Accuser: MessageTypeDefinition<_gossip_v1_Accuser, _gossip_v1_Accuser__Output>
      ExchangeRequest: MessageTypeDefinition<_gossip_v1_ExchangeRequest, _gossip_v1_ExchangeRequest__Output>
      ExchangeResponse: MessageTypeDefinition<_gossip_v1_ExchangeResponse, _gossip_v1_ExchangeResponse__Output>
      GetMembersRequest: MessageTypeDefinition<_gossip_v1_GetMembersRequest, _gossip_v1_GetMembersRequest__Output>
      GetMembersResponse: MessageTypeDefinition<_gossip_v1_GetMembersResponse, _gossip_v1_GetMembersResponse__Output>
      GetStateRequest: MessageTypeDefinition<_gossip_v1_GetStateRequest, _gossip_v1_GetStateRequest__Output>
      GetStateResponse: MessageTypeDefinition<_gossip_v1_GetStateResponse, _gossip_v1_GetStateResponse__Output>
      GetTrafficRequest: MessageTypeDefinition<_gossip_v1_GetTrafficRequest, _gossip_v1_GetTrafficRequest__Output>
      GetTrafficResponse: MessageTypeDefinition<_gossip_v1_GetTrafficResponse, _gossip_v1_GetTrafficResponse__Output>
      GossipService: SubtypeConstructor<typeof grpc.Client, _gossip_v1_GossipServiceClient> & { service: _gossip_v1_GossipServiceDefinition }
      Member: MessageTypeDefinition<_gossip_v1_Member, _gossip_v1_Member__Output>
      MemberEvent: MessageTypeDefinition<_gossip_v1_MemberEvent, _gossip_v1_MemberEvent__Output>
      MembershipService: SubtypeConstructor<typeof grpc.Client, _gossip_v1_MembershipServiceClient> & { service: _gossip_v1_MembershipServiceDefinition }
      Meta: MessageTypeDefinition<_gossip_v1_Meta, _gossip_v1_Meta__Output>
      ProbeRequest: MessageTypeDefinition<_gossip_v1_ProbeRequest, _gossip_v1_ProbeRequest__Output>
      ProbeResponse: MessageTypeDefinition<_gossip_v1_ProbeResponse, _gossip_v1_ProbeResponse__Output>
      Range: MessageTypeDefinition<_gossip_v1_Range, _gossip_v1_Range__Output>
      Record: MessageTypeDefinition<_gossip_v1_Record, _gossip_v1_Record__Output>
      Report: MessageTypeDefinition<_gossip_v1_Report, _gossip_v1_Report__Output>
      Snapshot: MessageTypeDefinition<_gossip_v1_Snapshot, _gossip_v1_Snapshot__Output>
      Status: EnumTypeDefinition
      Versions: MessageTypeDefinition<_gossip_v1_Versions, _gossip_v1_Versions__Output>
      WatchMembersRequest: MessageTypeDefinition<_gossip_v1_WatchMembersRequest, _gossip_v1_WatchMembersRequest__Output>
      WatchMembersResponse: MessageTypeDefinition<_gossip_v1_WatchMembersResponse, _gossip_v1_WatchMembersResponse__Output>
    }
  }
}

