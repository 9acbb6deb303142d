// Original file: proto/gossip/v1/admin.proto


export interface AddSeedResponse {
}

export interface AddSeedResponse__Output {
}
