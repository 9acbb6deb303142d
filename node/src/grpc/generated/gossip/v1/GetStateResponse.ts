// Original file: proto/gossip/v1/membership.proto


// Original file: proto/gossip/v1/membership.proto

export const _gossip_v1_GetStateResponse_State = {
  STATE_UNSPECIFIED: 'STATE_UNSPECIFIED',
  STATE_STARTING: 'STATE_STARTING',
  STATE_ALONE: 'STATE_ALONE',
  STATE_JOINING: 'STATE_JOINING',
  STATE_JOINED: 'STATE_JOINED',
  STATE_UNREACHABLE: 'STATE_UNREACHABLE',
  STATE_CONFLICTING: 'STATE_CONFLICTING',
  STATE_LEAVING: 'STATE_LEAVING',
} as const;

export type _gossip_v1_GetStateResponse_State =
  | 'STATE_UNSPECIFIED'
  | 0
  | 'STATE_STARTING'
  | 1
  | 'STATE_ALONE'
  | 2
  | 'STATE_JOINING'
  | 3
  | 'STATE_JOINED'
  | 4
  | 'STATE_UNREACHABLE'
  | 5
  | 'STATE_CONFLICTING'
  | 6
  | 'STATE_LEAVING'
  | 7

export type _gossip_v1_GetStateResponse_State__Output = typeof _gossip_v1_GetStateResponse_State[keyof typeof _gossip_v1_GetStateResponse_State]

export interface GetStateResponse {
  'state'?: (_gossip_v1_GetStateResponse_State);
  'reason'?: (string);
  'preset'?: (string);
}

export interface GetStateResponse__Output {
  'state': (_gossip_v1_GetStateResponse_State__Output);
  'reason': (string);
  'preset': (string);
}
