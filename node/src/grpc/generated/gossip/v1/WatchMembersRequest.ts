// Original file: proto/gossip/v1/membership.proto


export interface WatchMembersRequest {
}

export interface WatchMembersRequest__Output {
}
