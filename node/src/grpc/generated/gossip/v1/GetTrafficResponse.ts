// Original file: proto/gossip/v1/membership.proto

import type { Long } from '@grpc/proto-loader';

export interface GetTrafficResponse {
  'startedAtMs'?: (number | string | Long);
  'runningForMs'?: (number | string | Long);
  'exchangesAsked'?: (number | string | Long);
  'exchangesAnswered'?: (number | string | Long);
  'probesAsked'?: (number | string | Long);
  'probesAnswered'?: (number | string | Long);
  'unanswered'?: (number | string | Long);
  'messagesSent'?: (number | string | Long);
  'messagesReceived'?: (number | string | Long);
  'bytesSent'?: (number | string | Long);
  'bytesReceived'?: (number | string | Long);
  'roundTrips'?: (number | string | Long)[];
}

export interface GetTrafficResponse__Output {
  'startedAtMs': (number);
  'runningForMs': (number);
  'exchangesAsked': (number);
  'exchangesAnswered': (number);
  'probesAsked': (number);
  'probesAnswered': (number);
  'unanswered': (number);
  'messagesSent': (number);
  'messagesReceived': (number);
  'bytesSent': (number);
  'bytesReceived': (number);
  'roundTrips': (number)[];
}
