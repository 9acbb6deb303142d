// Original file: proto/gossip/v1/membership.proto


export interface GetMembersRequest {
  'includeGone'?: (boolean);
  'pageSize'?: (number);
  'after'?: (string);
}

export interface GetMembersRequest__Output {
  'includeGone': (boolean);
  'pageSize': (number);
  'after': (string);
}
