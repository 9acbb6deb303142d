// Original file: proto/gossip/v1/gossip.proto

export const Status = {
  STATUS_UNSPECIFIED: 'STATUS_UNSPECIFIED',
  STATUS_ALIVE: 'STATUS_ALIVE',
  STATUS_SUSPECT: 'STATUS_SUSPECT',
  STATUS_FAILED: 'STATUS_FAILED',
  STATUS_LEFT: 'STATUS_LEFT',
} as const;

export type Status =
  | 'STATUS_UNSPECIFIED'
  | 0
  | 'STATUS_ALIVE'
  | 1
  | 'STATUS_SUSPECT'
  | 2
  | 'STATUS_FAILED'
  | 3
  | 'STATUS_LEFT'
  | 4

export type Status__Output = typeof Status[keyof typeof Status]
