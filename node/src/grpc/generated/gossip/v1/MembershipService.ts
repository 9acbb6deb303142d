// Original file: proto/gossip/v1/membership.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetMembersRequest as _gossip_v1_GetMembersRequest, GetMembersRequest__Output as _gossip_v1_GetMembersRequest__Output } from '../../gossip/v1/GetMembersRequest.js';
import type { GetMembersResponse as _gossip_v1_GetMembersResponse, GetMembersResponse__Output as _gossip_v1_GetMembersResponse__Output } from '../../gossip/v1/GetMembersResponse.js';
import type { GetStateRequest as _gossip_v1_GetStateRequest, GetStateRequest__Output as _gossip_v1_GetStateRequest__Output } from '../../gossip/v1/GetStateRequest.js';
import type { GetStateResponse as _gossip_v1_GetStateResponse, GetStateResponse__Output as _gossip_v1_GetStateResponse__Output } from '../../gossip/v1/GetStateResponse.js';
import type { GetTrafficRequest as _gossip_v1_GetTrafficRequest, GetTrafficRequest__Output as _gossip_v1_GetTrafficRequest__Output } from '../../gossip/v1/GetTrafficRequest.js';
import type { GetTrafficResponse as _gossip_v1_GetTrafficResponse, GetTrafficResponse__Output as _gossip_v1_GetTrafficResponse__Output } from '../../gossip/v1/GetTrafficResponse.js';
import type { WatchMembersRequest as _gossip_v1_WatchMembersRequest, WatchMembersRequest__Output as _gossip_v1_WatchMembersRequest__Output } from '../../gossip/v1/WatchMembersRequest.js';
import type { WatchMembersResponse as _gossip_v1_WatchMembersResponse, WatchMembersResponse__Output as _gossip_v1_WatchMembersResponse__Output } from '../../gossip/v1/WatchMembersResponse.js';

export interface MembershipServiceClient extends grpc.Client {
  GetMembers(argument: _gossip_v1_GetMembersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetMembersResponse__Output>): grpc.ClientUnaryCall;
  GetMembers(argument: _gossip_v1_GetMembersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_GetMembersResponse__Output>): grpc.ClientUnaryCall;
  GetMembers(argument: _gossip_v1_GetMembersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetMembersResponse__Output>): grpc.ClientUnaryCall;
  GetMembers(argument: _gossip_v1_GetMembersRequest, callback: grpc.requestCallback<_gossip_v1_GetMembersResponse__Output>): grpc.ClientUnaryCall;
  getMembers(argument: _gossip_v1_GetMembersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetMembersResponse__Output>): grpc.ClientUnaryCall;
  getMembers(argument: _gossip_v1_GetMembersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_GetMembersResponse__Output>): grpc.ClientUnaryCall;
  getMembers(argument: _gossip_v1_GetMembersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetMembersResponse__Output>): grpc.ClientUnaryCall;
  getMembers(argument: _gossip_v1_GetMembersRequest, callback: grpc.requestCallback<_gossip_v1_GetMembersResponse__Output>): grpc.ClientUnaryCall;
  
  GetState(argument: _gossip_v1_GetStateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetStateResponse__Output>): grpc.ClientUnaryCall;
  GetState(argument: _gossip_v1_GetStateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_GetStateResponse__Output>): grpc.ClientUnaryCall;
  GetState(argument: _gossip_v1_GetStateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetStateResponse__Output>): grpc.ClientUnaryCall;
  GetState(argument: _gossip_v1_GetStateRequest, callback: grpc.requestCallback<_gossip_v1_GetStateResponse__Output>): grpc.ClientUnaryCall;
  getState(argument: _gossip_v1_GetStateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetStateResponse__Output>): grpc.ClientUnaryCall;
  getState(argument: _gossip_v1_GetStateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_GetStateResponse__Output>): grpc.ClientUnaryCall;
  getState(argument: _gossip_v1_GetStateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetStateResponse__Output>): grpc.ClientUnaryCall;
  getState(argument: _gossip_v1_GetStateRequest, callback: grpc.requestCallback<_gossip_v1_GetStateResponse__Output>): grpc.ClientUnaryCall;
  
  GetTraffic(argument: _gossip_v1_GetTrafficRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetTrafficResponse__Output>): grpc.ClientUnaryCall;
  GetTraffic(argument: _gossip_v1_GetTrafficRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_GetTrafficResponse__Output>): grpc.ClientUnaryCall;
  GetTraffic(argument: _gossip_v1_GetTrafficRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetTrafficResponse__Output>): grpc.ClientUnaryCall;
  GetTraffic(argument: _gossip_v1_GetTrafficRequest, callback: grpc.requestCallback<_gossip_v1_GetTrafficResponse__Output>): grpc.ClientUnaryCall;
  getTraffic(argument: _gossip_v1_GetTrafficRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetTrafficResponse__Output>): grpc.ClientUnaryCall;
  getTraffic(argument: _gossip_v1_GetTrafficRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_GetTrafficResponse__Output>): grpc.ClientUnaryCall;
  getTraffic(argument: _gossip_v1_GetTrafficRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_GetTrafficResponse__Output>): grpc.ClientUnaryCall;
  getTraffic(argument: _gossip_v1_GetTrafficRequest, callback: grpc.requestCallback<_gossip_v1_GetTrafficResponse__Output>): grpc.ClientUnaryCall;
  
  WatchMembers(argument: _gossip_v1_WatchMembersRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossip_v1_WatchMembersResponse__Output>;
  WatchMembers(argument: _gossip_v1_WatchMembersRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossip_v1_WatchMembersResponse__Output>;
  watchMembers(argument: _gossip_v1_WatchMembersRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossip_v1_WatchMembersResponse__Output>;
  watchMembers(argument: _gossip_v1_WatchMembersRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gossip_v1_WatchMembersResponse__Output>;
  
}

export interface MembershipServiceHandlers extends grpc.UntypedServiceImplementation {
  GetMembers: grpc.handleUnaryCall<_gossip_v1_GetMembersRequest__Output, _gossip_v1_GetMembersResponse>;
  
  GetState: grpc.handleUnaryCall<_gossip_v1_GetStateRequest__Output, _gossip_v1_GetStateResponse>;
  
  GetTraffic: grpc.handleUnaryCall<_gossip_v1_GetTrafficRequest__Output, _gossip_v1_GetTrafficResponse>;
  
  WatchMembers: grpc.handleServerStreamingCall<_gossip_v1_WatchMembersRequest__Output, _gossip_v1_WatchMembersResponse>;
  
}

export interface MembershipServiceDefinition extends grpc.ServiceDefinition {
  GetMembers: MethodDefinition<_gossip_v1_GetMembersRequest, _gossip_v1_GetMembersResponse, _gossip_v1_GetMembersRequest__Output, _gossip_v1_GetMembersResponse__Output>
  GetState: MethodDefinition<_gossip_v1_GetStateRequest, _gossip_v1_GetStateResponse, _gossip_v1_GetStateRequest__Output, _gossip_v1_GetStateResponse__Output>
  GetTraffic: MethodDefinition<_gossip_v1_GetTrafficRequest, _gossip_v1_GetTrafficResponse, _gossip_v1_GetTrafficRequest__Output, _gossip_v1_GetTrafficResponse__Output>
  WatchMembers: MethodDefinition<_gossip_v1_WatchMembersRequest, _gossip_v1_WatchMembersResponse, _gossip_v1_WatchMembersRequest__Output, _gossip_v1_WatchMembersResponse__Output>
}
