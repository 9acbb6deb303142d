// Original file: proto/gossip/v1/admin.proto


export interface LeaveResponse {
}

export interface LeaveResponse__Output {
}
