import type { ChannelOptions } from "@grpc/grpc-js";

/** What every message is held to, in both directions. The largest exchange, 1000 full records, has 1.4 MB. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** For clients. A pool of its own, so that a new channel does not inherit the backoff of one that failed. */
export const CHANNEL_OPTIONS: ChannelOptions = {
  "grpc.enable_channelz": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
};

export const SERVER_OPTIONS: ChannelOptions = {
  "grpc.enable_channelz": 0,
  "grpc.max_concurrent_streams": 100,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
};
