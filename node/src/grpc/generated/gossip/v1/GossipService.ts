// Original file: proto/gossip/v1/gossip.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ExchangeRequest as _gossip_v1_ExchangeRequest, ExchangeRequest__Output as _gossip_v1_ExchangeRequest__Output } from '../../gossip/v1/ExchangeRequest.js';
import type { ExchangeResponse as _gossip_v1_ExchangeResponse, ExchangeResponse__Output as _gossip_v1_ExchangeResponse__Output } from '../../gossip/v1/ExchangeResponse.js';
import type { ProbeRequest as _gossip_v1_ProbeRequest, ProbeRequest__Output as _gossip_v1_ProbeRequest__Output } from '../../gossip/v1/ProbeRequest.js';
import type { ProbeResponse as _gossip_v1_ProbeResponse, ProbeResponse__Output as _gossip_v1_ProbeResponse__Output } from '../../gossip/v1/ProbeResponse.js';

export interface GossipServiceClient extends grpc.Client {
  Exchange(argument: _gossip_v1_ExchangeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_ExchangeResponse__Output>): grpc.ClientUnaryCall;
  Exchange(argument: _gossip_v1_ExchangeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_ExchangeResponse__Output>): grpc.ClientUnaryCall;
  Exchange(argument: _gossip_v1_ExchangeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_ExchangeResponse__Output>): grpc.ClientUnaryCall;
  Exchange(argument: _gossip_v1_ExchangeRequest, callback: grpc.requestCallback<_gossip_v1_ExchangeResponse__Output>): grpc.ClientUnaryCall;
  exchange(argument: _gossip_v1_ExchangeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_ExchangeResponse__Output>): grpc.ClientUnaryCall;
  exchange(argument: _gossip_v1_ExchangeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_ExchangeResponse__Output>): grpc.ClientUnaryCall;
  exchange(argument: _gossip_v1_ExchangeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_ExchangeResponse__Output>): grpc.ClientUnaryCall;
  exchange(argument: _gossip_v1_ExchangeRequest, callback: grpc.requestCallback<_gossip_v1_ExchangeResponse__Output>): grpc.ClientUnaryCall;
  
  Probe(argument: _gossip_v1_ProbeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_ProbeResponse__Output>): grpc.ClientUnaryCall;
  Probe(argument: _gossip_v1_ProbeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_ProbeResponse__Output>): grpc.ClientUnaryCall;
  Probe(argument: _gossip_v1_ProbeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_ProbeResponse__Output>): grpc.ClientUnaryCall;
  Probe(argument: _gossip_v1_ProbeRequest, callback: grpc.requestCallback<_gossip_v1_ProbeResponse__Output>): grpc.ClientUnaryCall;
  probe(argument: _gossip_v1_ProbeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_ProbeResponse__Output>): grpc.ClientUnaryCall;
  probe(argument: _gossip_v1_ProbeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gossip_v1_ProbeResponse__Output>): grpc.ClientUnaryCall;
  probe(argument: _gossip_v1_ProbeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gossip_v1_ProbeResponse__Output>): grpc.ClientUnaryCall;
  probe(argument: _gossip_v1_ProbeRequest, callback: grpc.requestCallback<_gossip_v1_ProbeResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface GossipServiceHandlers extends grpc.UntypedServiceImplementation {
  Exchange: grpc.handleUnaryCall<_gossip_v1_ExchangeRequest__Output, _gossip_v1_ExchangeResponse>;
  
  Probe: grpc.handleUnaryCall<_gossip_v1_ProbeRequest__Output, _gossip_v1_ProbeResponse>;
  
}

export interface GossipServiceDefinition extends grpc.ServiceDefinition {
  Exchange: MethodDefinition<_gossip_v1_ExchangeRequest, _gossip_v1_ExchangeResponse, _gossip_v1_ExchangeRequest__Output, _gossip_v1_ExchangeResponse__Output>
  Probe: MethodDefinition<_gossip_v1_ProbeRequest, _gossip_v1_ProbeResponse, _gossip_v1_ProbeRequest__Output, _gossip_v1_ProbeResponse__Output>
}
