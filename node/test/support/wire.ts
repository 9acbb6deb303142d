import { afterEach } from "@jest/globals";
import { Client, credentials, type ClientDuplexStream, type ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";
import type { Address } from "../../src/core/address.js";

const files = ["gossip/v1/gossip.proto", "gossip/v1/membership.proto", "gossip/v1/admin.proto"];

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

/** Opens a stream of GossipService. Ended by whoever has it, or with the test. */
export function stream(address: Address, method: string): ClientDuplexStream<object, Record<string, unknown>> {
  const { client, path, serialize, deserialize } = opened(address, "GossipService", method);
  return client.makeBidiStreamRequest(path, serialize, deserialize, { deadline: Date.now() + DEADLINE_MS });
}

/** One call of a method, named as in the .proto file. Bytes are sent as they are. Rejects as grpc-js does. */
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
  const definition = (fromProto[`gossip.v1.${service}`] as ServiceDefinition)[method];
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
