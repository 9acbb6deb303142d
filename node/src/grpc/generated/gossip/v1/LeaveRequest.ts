// Original file: proto/gossip/v1/admin.proto


export interface LeaveRequest {
}

export interface LeaveRequest__Output {
}
