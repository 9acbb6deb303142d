// Original file: proto/gossip/v1/gossip.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ExchangeRequest as _gossip_v1_ExchangeRequest, ExchangeRequest__Output as _gossip_v1_ExchangeRequest__Output } from '../../gossip/v1/ExchangeRequest.js';
import type { ExchangeResponse as _gossip_v1_ExchangeResponse, ExchangeResponse__Output as _gossip_v1_ExchangeResponse__Output } from '../../gossip/v1/ExchangeResponse.js';
import type { ProbeRequest as _gossip_v1_ProbeRequest, ProbeRequest__Output as _gossip_v1_ProbeRequest__Output } from '../../gossip/v1/ProbeRequest.js';
import type { ProbeResponse as _gossip_v1_ProbeResponse, ProbeResponse__Output as _gossip_v1_ProbeResponse__Output } from '../../gossip/v1/ProbeResponse.js';

export interface GossipServiceClient extends grpc.Client {
  Exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossip_v1_ExchangeRequest, _gossip_v1_ExchangeResponse__Output>;
  Exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossip_v1_ExchangeRequest, _gossip_v1_ExchangeResponse__Output>;
  exchange(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossip_v1_ExchangeRequest, _gossip_v1_ExchangeResponse__Output>;
  exchange(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossip_v1_ExchangeRequest, _gossip_v1_ExchangeResponse__Output>;
  
  Probe(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossip_v1_ProbeRequest, _gossip_v1_ProbeResponse__Output>;
  Probe(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossip_v1_ProbeRequest, _gossip_v1_ProbeResponse__Output>;
  probe(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossip_v1_ProbeRequest, _gossip_v1_ProbeResponse__Output>;
  probe(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gossip_v1_ProbeRequest, _gossip_v1_ProbeResponse__Output>;
  
}

export interface GossipServiceHandlers extends grpc.UntypedServiceImplementation {
  Exchange: grpc.handleBidiStreamingCall<_gossip_v1_ExchangeRequest__Output, _gossip_v1_ExchangeResponse>;
  
  Probe: grpc.handleBidiStreamingCall<_gossip_v1_ProbeRequest__Output, _gossip_v1_ProbeResponse>;
  
}

export interface GossipServiceDefinition extends grpc.ServiceDefinition {
  Exchange: MethodDefinition<_gossip_v1_ExchangeRequest, _gossip_v1_ExchangeResponse, _gossip_v1_ExchangeRequest__Output, _gossip_v1_ExchangeResponse__Output>
  Probe: MethodDefinition<_gossip_v1_ProbeRequest, _gossip_v1_ProbeResponse, _gossip_v1_ProbeRequest__Output, _gossip_v1_ProbeResponse__Output>
}
