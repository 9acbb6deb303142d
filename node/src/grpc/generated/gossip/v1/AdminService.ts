// Original file: proto/gossip/v1/admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AddSeedRequest as _gossip_v1_AddSeedRequest, AddSeedRequest__Output as _gossip_v1_AddSeedRequest__Output } from '../../gossip/v1/AddSeedRequest.js';
import type { AddSeedResponse as _gossip_v1_AddSeedResponse, AddSeedResponse__Output as _gossip_v1_AddSeedResponse__Output } from '../../gossip/v1/AddSeedResponse.js';
import type { LeaveRequest as _gossip_v1_LeaveRequest, LeaveRequest__Output as _gossip_v1_LeaveRequest__Output } from '../../gossip/v1/LeaveRequest.js';
import type { LeaveResponse as _gossip_v1_LeaveResponse, LeaveResponse__Output as _gossip_v1_LeaveResponse__Output } from '../../gossip/v1/LeaveResponse.js';
import type { RemoveSeedRequest as _gossip_v1_RemoveSeedRequest, RemoveSeedRequest__Output as _gossip_v1_RemoveSeedRequest__Output } from '../../gossip/v1/RemoveSeedRequest.js';
import type { RemoveSeedResponse as _gossip_v1_RemoveSeedResponse, RemoveSeedResponse__Output as _gossip_v1_RemoveSeedResponse__Output } from '../../gossip/v1/RemoveSeedResponse.js';
import type { UpdateMetaRequest as _gossip_v1_UpdateMetaRequest, UpdateMetaRequest__Output as _gossip_v1_UpdateMetaRequest__Output } from '../../gossip/v1/UpdateMetaRequest.js';
import type { UpdateMetaResponse as _gossip_v1_UpdateMetaResponse, UpdateMetaResponse__Output as _gossip_v1_UpdateMetaResponse__Output } from '../../gossip/v1/UpdateMetaResponse.js';

export interface AdminServiceClient extends grpc.Client {
  AddSeed(argument: _gossip_v1_AddSeedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_AddSeedResponse__Output>): grpc.ClientUnaryCall;
  AddSeed(argument: _gossip_v1_AddSeedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_AddSeedResponse__Output>): grpc.ClientUnaryCall;
  AddSeed(argument: _gossip_v1_AddSeedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_AddSeedResponse__Output>): grpc.ClientUnaryCall;
  AddSeed(argument: _gossip_v1_AddSeedRequest, callback: grpc.requestCallback<_gossip_v1_AddSeedResponse__Output>): grpc.ClientUnaryCall;
  addSeed(argument: _gossip_v1_AddSeedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_AddSeedResponse__Output>): grpc.ClientUnaryCall;
  addSeed(argument: _gossip_v1_AddSeedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_AddSeedResponse__Output>): grpc.ClientUnaryCall;
  addSeed(argument: _gossip_v1_AddSeedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_AddSeedResponse__Output>): grpc.ClientUnaryCall;
  addSeed(argument: _gossip_v1_AddSeedRequest, callback: grpc.requestCallback<_gossip_v1_AddSeedResponse__Output>): grpc.ClientUnaryCall;
  
  Leave(argument: _gossip_v1_LeaveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _gossip_v1_LeaveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _gossip_v1_LeaveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _gossip_v1_LeaveRequest, callback: grpc.requestCallback<_gossip_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _gossip_v1_LeaveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _gossip_v1_LeaveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _gossip_v1_LeaveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _gossip_v1_LeaveRequest, callback: grpc.requestCallback<_gossip_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  
  RemoveSeed(argument: _gossip_v1_RemoveSeedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_RemoveSeedResponse__Output>): grpc.ClientUnaryCall;
  RemoveSeed(argument: _gossip_v1_RemoveSeedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_RemoveSeedResponse__Output>): grpc.ClientUnaryCall;
  RemoveSeed(argument: _gossip_v1_RemoveSeedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_RemoveSeedResponse__Output>): grpc.ClientUnaryCall;
  RemoveSeed(argument: _gossip_v1_RemoveSeedRequest, callback: grpc.requestCallback<_gossip_v1_RemoveSeedResponse__Output>): grpc.ClientUnaryCall;
  removeSeed(argument: _gossip_v1_RemoveSeedRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_RemoveSeedResponse__Output>): grpc.ClientUnaryCall;
  removeSeed(argument: _gossip_v1_RemoveSeedRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_RemoveSeedResponse__Output>): grpc.ClientUnaryCall;
  removeSeed(argument: _gossip_v1_RemoveSeedRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_RemoveSeedResponse__Output>): grpc.ClientUnaryCall;
  removeSeed(argument: _gossip_v1_RemoveSeedRequest, callback: grpc.requestCallback<_gossip_v1_RemoveSeedResponse__Output>): grpc.ClientUnaryCall;
  
  UpdateMeta(argument: _gossip_v1_UpdateMetaRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_UpdateMetaResponse__Output>): grpc.ClientUnaryCall;
  UpdateMeta(argument: _gossip_v1_UpdateMetaRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_UpdateMetaResponse__Output>): grpc.ClientUnaryCall;
  UpdateMeta(argument: _gossip_v1_UpdateMetaRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_UpdateMetaResponse__Output>): grpc.ClientUnaryCall;
  UpdateMeta(argument: _gossip_v1_UpdateMetaRequest, callback: grpc.requestCallback<_gossip_v1_UpdateMetaResponse__Output>): grpc.ClientUnaryCall;
  updateMeta(argument: _gossip_v1_UpdateMetaRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_UpdateMetaResponse__Output>): grpc.ClientUnaryCall;
  updateMeta(argument: _gossip_v1_UpdateMetaRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_UpdateMetaResponse__Output>): grpc.ClientUnaryCall;
  updateMeta(argument: _gossip_v1_UpdateMetaRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_UpdateMetaResponse__Output>): grpc.ClientUnaryCall;
  updateMeta(argument: _gossip_v1_UpdateMetaRequest, callback: grpc.requestCallback<_gossip_v1_UpdateMetaResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface AdminServiceHandlers extends grpc.UntypedServiceImplementation {
  AddSeed: grpc.handleUnaryCall<_gossip_v1_AddSeedRequest__Output, _gossip_v1_AddSeedResponse>;
  
  Leave: grpc.handleUnaryCall<_gossip_v1_LeaveRequest__Output, _gossip_v1_LeaveResponse>;
  
  RemoveSeed: grpc.handleUnaryCall<_gossip_v1_RemoveSeedRequest__Output, _gossip_v1_RemoveSeedResponse>;
  
  UpdateMeta: grpc.handleUnaryCall<_gossip_v1_UpdateMetaRequest__Output, _gossip_v1_UpdateMetaResponse>;
  
}

export interface AdminServiceDefinition extends grpc.ServiceDefinition {
  AddSeed: MethodDefinition<_gossip_v1_AddSeedRequest, _gossip_v1_AddSeedResponse, _gossip_v1_AddSeedRequest__Output, _gossip_v1_AddSeedResponse__Output>
  Leave: MethodDefinition<_gossip_v1_LeaveRequest, _gossip_v1_LeaveResponse, _gossip_v1_LeaveRequest__Output, _gossip_v1_LeaveResponse__Output>
  RemoveSeed: MethodDefinition<_gossip_v1_RemoveSeedRequest, _gossip_v1_RemoveSeedResponse, _gossip_v1_RemoveSeedRequest__Output, _gossip_v1_RemoveSeedResponse__Output>
  UpdateMeta: MethodDefinition<_gossip_v1_UpdateMetaRequest, _gossip_v1_UpdateMetaResponse, _gossip_v1_UpdateMetaRequest__Output, _gossip_v1_UpdateMetaResponse__Output>
}
