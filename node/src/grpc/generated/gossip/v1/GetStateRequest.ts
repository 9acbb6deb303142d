// Original file: proto/gossip/v1/membership.proto


export interface GetStateRequest {
}

export interface GetStateRequest__Output {
}
