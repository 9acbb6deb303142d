import { afterEach } from "@jest/globals";
import {
  Client,
  credentials,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";
import type { Address } from "../../src/core/address.js";

const files = [
  "gossip/v1/gossip.proto",
  "gossip/v1/membership.proto",
  "gossip/v1/admin.proto",
  "grpc/health/v1/health.proto",
  "grpc/reflection/v1/reflection.proto",
  "grpc/reflection/v1alpha/reflection.proto",
];

/** What the .proto files alone say, read as somebody who has nothing else would read them. */
export const fromProto = loadSync(files, {
  includeDirs: [fileURLToPath(new URL("../../../proto", import.meta.url))],
  keepCase: true,
  longs: String,
  enums: String,
});

const DEADLINE_MS = 10_000;

const clients = new Set<Client>();
afterEach(() => {
  for (const client of clients) client.close();
  clients.clear();
});

/** Opens a stream of a service, GossipService if none is named. Ended by whoever has it, or with the test. */
export function stream(
  address: Address,
  method: string,
  service = "GossipService",
): ClientDuplexStream<object, Record<string, unknown>> {
  const { client, path, serialize, deserialize } = opened(address, service, method);
  return client.makeBidiStreamRequest(path, serialize, deserialize, { deadline: Date.now() + DEADLINE_MS });
}

/** One request and all that is said to it until the stream ends. Ended by whoever has it, or with the test. */
export function listenTo(
  address: Address,
  service: string,
  method: string,
  request: object,
): ClientReadableStream<Record<string, unknown>> {
  const { client, path, serialize, deserialize } = opened(address, service, method);
  return client.makeServerStreamRequest(path, serialize, deserialize, request, { deadline: Date.now() + DEADLINE_MS });
}

/**
 * One call of a method, named as in the .proto file; a service of gossip.v1 without that package's name. Bytes are sent as
 * they are. Rejects as grpc-js does.
 */
export async function call(
  address: Address,
  service: string,
  method: string,
  request: object | Buffer,
  deadlineMs = DEADLINE_MS,
): Promise<Record<string, unknown>> {
  const { client, path, serialize, deserialize } = opened(address, service, method);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      serialize,
      deserialize,
      request,
      { deadline: Date.now() + deadlineMs },
      (error, response) => {
        client.close();
        if (error === null && response !== undefined) resolve(response);
        else reject(error ?? new Error("no response"));
      },
    );
  });
}

/** A client for one method, closed with the test at the latest. */
function opened(
  address: Address,
  service: string,
  method: string,
): {
  client: Client;
  path: string;
  serialize: (value: object) => Buffer;
  deserialize: (bytes: Buffer) => Record<string, unknown>;
} {
  const name = service.includes(".") ? service : `gossip.v1.${service}`;
  const definition = (fromProto[name] as ServiceDefinition)[method];
  if (definition === undefined) throw new Error(`no method ${method} in ${service}`);
  const { path, requestSerialize, responseDeserialize } = definition;
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  clients.add(client);
  return {
    client,
    path,
    serialize: (value) => (Buffer.isBuffer(value) ? value : requestSerialize(value)),
    deserialize: (bytes) => responseDeserialize(bytes) as Record<string, unknown>,
  };
}
