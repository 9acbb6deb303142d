// Original file: proto/gossip/v1/admin.proto


export interface RemoveSeedResponse {
}

export interface RemoveSeedResponse__Output {
}
