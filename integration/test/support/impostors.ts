import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";

/** A server where a peer should be. */
export interface Impostor extends AsyncDisposable {
  readonly address: string;
}

/** A socket that sends the text to whoever connects, and hangs up; without a text it sends nothing and stays open. */
export async function socketThatSays(text: string | undefined): Promise<Impostor> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    if (text !== undefined) socket.end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

/**
 * A gRPC server that answers GetMembers with the bytes that `view` makes of its address, and sends those who watch the
 * same and nothing after it.
 */
export async function peerThatSays(view: (address: string) => Buffer, { thenSilent = false } = {}): Promise<Impostor> {
  const server = new Server();
  let address = "";
  let hasAnswered = false;
  const bytes = {
    requestSerialize: (value: Buffer) => value,
    requestDeserialize: (value: Buffer) => value,
    responseSerialize: (value: Buffer) => value,
    responseDeserialize: (value: Buffer) => value,
  };
  const path = (name: string): string => `/gossip.v1.MembershipService/${name}`;
  server.addService(
    {
      GetMembers: { path: path("GetMembers"), requestStream: false, responseStream: false, ...bytes },
      WatchMembers: { path: path("WatchMembers"), requestStream: false, responseStream: true, ...bytes },
    },
    {
      GetMembers: (_call: unknown, callback: (error: null, answer: Buffer) => void) => {
        if (!thenSilent || !hasAnswered) callback(null, view(address));
        hasAnswered = true;
      },
      WatchMembers: (call: ServerWritableStream<Buffer, Buffer>) => {
        if (!thenSilent) call.write(field(1, view(address)));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  address = `127.0.0.1:${port}`;
  return {
    address,
    [Symbol.asyncDispose]() {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

/** A view in protobuf: the address of the peer, and each member as alive, with this generation. */
export function encodedView(address: string, members: readonly string[], generation = 1): Buffer {
  const member = (each: string): Buffer =>
    field(2, Buffer.concat([field(1, Buffer.from(each)), Buffer.from([2 << 3, 1, 3 << 3, generation])]));
  return Buffer.concat([field(1, Buffer.from(address)), ...members.map(member)]);
}

function field(number: number, content: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = content.length; ; rest >>= 7) {
    if (rest < 128) {
      length.push(rest);
      return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content]);
    }
    length.push((rest & 127) | 128);
  }
}
