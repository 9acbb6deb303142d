// Original file: proto/gossip/v1/membership.proto


export interface GetTrafficRequest {
}

export interface GetTrafficRequest__Output {
}
