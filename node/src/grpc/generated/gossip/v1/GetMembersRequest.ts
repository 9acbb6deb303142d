// Original file: proto/gossip/v1/membership.proto


export interface GetMembersRequest {
  'includeGone'?: (boolean);
}

export interface GetMembersRequest__Output {
  'includeGone': (boolean);
}
