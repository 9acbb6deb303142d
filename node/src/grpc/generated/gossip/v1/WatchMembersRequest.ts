// Original file: proto/gossip/v1/membership.proto


export interface WatchMembersRequest {
  'reportEveryMs'?: (number);
}

export interface WatchMembersRequest__Output {
  'reportEveryMs': (number);
}
