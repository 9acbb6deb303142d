import type { ChannelOptions } from "@grpc/grpc-js";
import type { Address } from "../core/address.js";
import type { Millis } from "../core/timing.js";

/**
 * The size of every message at most, in both directions. The largest that a peer sends, 1000 full records, has 1.4 MB, and
 * 2.6 where these are of a later version.
 */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/**
 * The target that grpc-js is to dial. Of a bare `unix:7946` grpc-js would take the host for a scheme, so a scheme is
 * put in front.
 */
export function targetOf(address: Address): string {
  return `dns:${address}`;
}

/**
 * Options of clients. Each channel has a pool of its own, so that a new one does not inherit the backoff of one that
 * failed.
 */
export const CHANNEL_OPTIONS: ChannelOptions = {
  "grpc.enable_channelz": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1, // else each look-up of a name asks for TXT records as well
  "grpc.use_local_subchannel_pool": 1,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
};

/**
 * Options of servers. A connection whose other end answers no HTTP/2 ping, because its process is frozen, is closed.
 * grpc-js sends a ping over each connection, also where requests come all the time, and every peer has a connection with
 * every other. So pings are rare: with one each five minutes a peer at rest among fifty sent and received 62 bytes a
 * second more, among two hundred 250.
 */
export const SERVER_OPTIONS: ChannelOptions = {
  "grpc.enable_channelz": 0,
  "grpc.keepalive_time_ms": 1_800_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.max_concurrent_streams": 32,
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
};

/**
 * After so long without a packet the kernel asks whether the other end's machine is still there, and closes the
 * connection where it is not. That costs nothing where requests come.
 */
export const SILENT_CONNECTION_MS: Millis = 300_000;

/**
 * Connections of before a change of the own certificates are closed within this time, the others having renewed theirs in
 * the first half of it. Guess: short beside the overlap that operators give a change, and no storm.
 */
export const RENEWED_WITHIN_MS: Millis = 120_000;
