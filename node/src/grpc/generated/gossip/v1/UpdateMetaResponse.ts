// Original file: proto/gossip/v1/admin.proto


export interface UpdateMetaResponse {
}

export interface UpdateMetaResponse__Output {
}
