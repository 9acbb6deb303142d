import { Server, status, type ServerDuplexStream, type handleBidiStreamingCall } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "@jest/globals";
import { networkInterfaces } from "node:os";
import type { ExchangeRequest, ProbeRequest } from "../../src/core/messages.js";
import { BUCKETS } from "../../src/core/record.js";
import { GossipClient } from "../../src/grpc/client.js";
import type { ExchangeRequest__Output } from "../../src/grpc/generated/gossip/v1/ExchangeRequest.js";
import type { ExchangeResponse } from "../../src/grpc/generated/gossip/v1/ExchangeResponse.js";
import type { GossipServiceHandlers } from "../../src/grpc/generated/gossip/v1/GossipService.js";
import { schema } from "../../src/grpc/schema.js";
import type { Unanswered } from "../../src/grpc/unanswered.js";
import { freePort, startPeer } from "../support/peers.js";
import { startPeerProgram } from "../support/programs.js";
import { anyRequest as request } from "../support/records.js";
import { listen, serve } from "../support/servers.js";
import { listenSilently, listenTcp, portOf, Way } from "../support/tcp.js";
import { throughout, until } from "../support/wait.js";

const TIMEOUT_MS = 300;
const AMPLE_MS = 5000;

const clients = new Set<GossipClient>();
afterEach(() => {
  for (const client of clients) client.close();
});

function clientWith(maxConnections = 10, connectionClosed?: (to: string) => void): GossipClient {
  const client = new GossipClient({ maxConnections, ...(connectionClosed && { connectionClosed }) });
  clients.add(client);
  return client;
}

/** What is done with each request on a stream; it may answer now, later, or never. */
type Answering<Request, Response> = (request: Request, answer: (response: Response) => void) => void;

function streaming<Request, Response>(
  answering: Answering<Request, Response>,
): handleBidiStreamingCall<Request, Response> {
  return (call) => {
    call.on("data", (request: Request) => {
      answering(request, (response) => call.write(response));
    });
    call.on("end", () => {
      call.end();
    });
  };
}

function serveExchange(answering: Answering<unknown, ExchangeResponse>): Promise<string> {
  return serveGossip({ Exchange: streaming(answering), Probe: () => undefined });
}

function serveGossip(handlers: Pick<GossipServiceHandlers, "Exchange" | "Probe">): Promise<string> {
  return serve(schema.GossipService.service, { ...handlers });
}

describe("an exchange", () => {
  test("brings what the peer answers", async () => {
    const peer = await startPeer({ meta: { name: "p" } });
    const reply = await clientWith().exchange(peer.address, request, AMPLE_MS);
    expect(reply).toMatchObject({
      sender: peer.address,
      records: [{ address: peer.address, meta: { name: "p" } }],
    });
    expect(reply.bucketHashes).toHaveLength(BUCKETS);
  });

  test("where nobody listens fails at once, and says so", async () => {
    const to = `127.0.0.1:${await freePort()}`;
    const began = performance.now();
    await expect(clientWith().exchange(to, request, AMPLE_MS)).rejects.toThrow(/^UNAVAILABLE: .*ECONNREFUSED/);
    expect(performance.now() - began).toBeLessThan(AMPLE_MS / 2);
  });

  test("with one who accepts and keeps silent ends at the deadline, and says so", async () => {
    const to = await listenSilently();
    const began = performance.now();
    await expect(clientWith().exchange(to, request, TIMEOUT_MS)).rejects.toThrow(/^DEADLINE_EXCEEDED: /);
    expect(performance.now() - began).toBeGreaterThanOrEqual(TIMEOUT_MS - 20);
    expect(performance.now() - began).toBeLessThan(TIMEOUT_MS * 3);
  });

  test("with a service that takes the call and keeps silent ends at the deadline too", async () => {
    const to = await serveExchange(() => undefined);
    await expect(clientWith().exchange(to, request, TIMEOUT_MS)).rejects.toThrow(/^DEADLINE_EXCEEDED: /);
  });

  test("that is answered late is told to be overdue first, and brings the answer all the same", async () => {
    let answer: () => void = () => undefined;
    const to = await serveExchange((_, respond) => {
      answer = () => {
        respond({ sender: "b:1", records: [] });
      };
    });
    const told: string[] = [];
    const tell = (): void => {
      told.push("overdue");
      answer();
    };
    const exchange = clientWith().exchange(to, request, AMPLE_MS, { afterMs: TIMEOUT_MS, tell });
    void exchange.finally(() => told.push("over"));
    await expect(exchange).resolves.toHaveProperty("sender", "b:1");
    expect(told).toEqual(["overdue", "over"]);
  });

  test("with a server that does not know the service says so", async () => {
    const to = await listen(new Server());
    await expect(clientWith().exchange(to, request, AMPLE_MS)).rejects.toThrow(/^UNIMPLEMENTED: /);
  });

  test("whose answer is malformed fails with the name of the field", async () => {
    const to = await serveExchange((_, respond) => {
      respond({ sender: "b:1", records: [{ address: "b:1", generation: 0, status: "STATUS_ALIVE" }] });
    });
    await expect(clientWith().exchange(to, request, AMPLE_MS)).rejects.toThrow(/records\[0\]\.generation/);
  });

  test("whose answer is too large fails, and the next one with the same client works", async () => {
    const to = await serveExchange((_, respond) => {
      respond({ sender: "b".repeat(5 * 1024 * 1024), records: [] });
    });
    const client = clientWith();
    await expect(client.exchange(to, request, AMPLE_MS)).rejects.toThrow(/^RESOURCE_EXHAUSTED: /);
    const peer = await startPeer();
    await expect(client.exchange(peer.address, request, AMPLE_MS)).resolves.toHaveProperty("sender", peer.address);
  });
});

describe("a probe", () => {
  const probe: ProbeRequest = { cluster: "default", recipient: "", sender: request.sender, target: "127.0.0.1:2" };

  test.each([
    ["reached", { reached: true }],
    ["not reached", { reached: false }],
    ["not tried", { untried: true }],
  ])("brings what was found out: %s", async (result, response) => {
    let asked: unknown;
    const to = await serveGossip({
      Exchange: () => undefined,
      Probe: streaming((request, respond) => {
        asked = request;
        respond(response);
      }),
    });
    await expect(clientWith().probe(to, probe, AMPLE_MS)).resolves.toBe(result);
    expect(asked).toEqual(probe);
  });

  test("of one who keeps silent ends at the deadline, and says so", async () => {
    const to = await serveGossip({ Exchange: () => undefined, Probe: () => undefined });
    const unanswered = { name: "Unanswered", refused: false, message: expect.stringMatching(/^DEADLINE_EXCEEDED: /) };
    await expect(clientWith().probe(to, probe, TIMEOUT_MS)).rejects.toMatchObject(unanswered);
  });

  test("where nobody listens is refused, and says so", async () => {
    const to = `127.0.0.1:${await freePort()}`;
    await expect(clientWith().probe(to, probe, AMPLE_MS)).rejects.toMatchObject({ name: "Unanswered", refused: true });
  });
});

test("who refuses a connection is told apart from who keeps silent and from who answers rubbish", async () => {
  const refusedBy = (to: string, timeoutMs: number): Promise<unknown> =>
    clientWith()
      .exchange(to, request, timeoutMs)
      .catch((error: unknown) => (error as Unanswered).refused);
  expect(await refusedBy(`127.0.0.1:${await freePort()}`, AMPLE_MS)).toBe(true);
  expect(await refusedBy(await listenSilently(), TIMEOUT_MS)).toBe(false);
  expect(await refusedBy(await listenTcp((socket) => socket.destroy()), AMPLE_MS)).toBe(false);
});

describe("an address", () => {
  test.each(["unix:7946", "dns:7946", "ipv4:7946"])("such as %s is a host and a port, not a scheme", async (to) => {
    await expect(clientWith().exchange(to, request, AMPLE_MS)).rejects.toThrow(`target dns:${to}`);
  });

  test("may be of IPv6", async () => {
    await expect(clientWith().exchange(`[::1]:${await freePort()}`, request, AMPLE_MS)).rejects.toThrow(
      /connect .*::1/,
    );
    // Where the machine has none, it has been dialled all the same, and nobody can listen.
    const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === "::1"));
    const peer = await startPeer({ address: hasIpv6 ? "[::1]:0" : "127.0.0.1:0" });
    await expect(clientWith().exchange(peer.address, request, AMPLE_MS)).resolves.toHaveProperty(
      "sender",
      peer.address,
    );
  });
});

describe("requests to one peer", () => {
  /** Answers as it is told, with the cluster's name as the sender; how many streams it has had is counted. */
  async function answering(
    how: (cluster: string, call: ServerDuplexStream<ExchangeRequest__Output, ExchangeResponse>) => void,
  ): Promise<{ to: string; streams: () => number }> {
    let streams = 0;
    const to = await serveGossip({
      Exchange: (call) => {
        streams++;
        call.on("data", ({ cluster }: ExchangeRequest__Output) => {
          how(cluster, call);
        });
      },
      Probe: () => undefined,
    });
    return { to, streams: () => streams };
  }
  const named = (name: string): ExchangeRequest => ({ ...request, cluster: name });

  test("share one stream, and each gets its own answer", async () => {
    const { to, streams } = await answering((cluster, call) => call.write({ sender: `${cluster}:1` }));
    const client = clientWith();
    const names = ["a", "b", "c"];
    const replies = await Promise.all(names.map((name) => client.exchange(to, named(name), AMPLE_MS)));
    expect(replies.map(({ sender }) => sender)).toEqual(["a:1", "b:1", "c:1"]);
    await client.exchange(to, named("d"), AMPLE_MS);
    expect(streams()).toBe(1);
  });

  test("are not confused by an answer that comes after its time", async () => {
    let answerLate: () => void = () => undefined;
    const { to } = await answering((cluster, call) => {
      const answer = (): boolean => call.write({ sender: `${cluster}:1` });
      if (cluster !== "late") answerLate();
      if (cluster === "late") answerLate = answer;
      else answer();
    });
    const client = clientWith();
    await expect(client.exchange(to, named("late"), TIMEOUT_MS)).rejects.toThrow(/^DEADLINE_EXCEEDED: /);
    await expect(client.exchange(to, named("next"), AMPLE_MS)).resolves.toHaveProperty("sender", "next:1");
  });

  test("are asked again when the stream ended because an earlier one was refused", async () => {
    const { to, streams } = await answering((cluster, call) => {
      if (cluster === "bad") call.emit("error", { code: status.FAILED_PRECONDITION, details: "not here" });
      else if (!call.writableEnded) call.write({ sender: `${cluster}:1` });
    });
    const client = clientWith();
    const [bad, good] = await Promise.allSettled([
      client.exchange(to, named("bad"), AMPLE_MS),
      client.exchange(to, named("good"), AMPLE_MS),
    ]);
    expect(bad).toMatchObject({ status: "rejected", reason: { message: "FAILED_PRECONDITION: not here" } });
    expect(good).toMatchObject({ status: "fulfilled", value: { sender: "good:1" } });
    expect(streams()).toBe(2);
  });

  test("are asked on a new stream when the peer has ended the last", async () => {
    const { to, streams } = await answering((cluster, call) => {
      call.write({ sender: `${cluster}:1` });
      call.end();
    });
    const client = clientWith();
    await client.exchange(to, named("a"), AMPLE_MS);
    await expect(client.exchange(to, named("b"), AMPLE_MS)).resolves.toHaveProperty("sender", "b:1");
    expect(streams()).toBe(2);
  });

  test("have a new stream after a peer has answered what nobody asked", async () => {
    let cancelled = false;
    const { to, streams } = await answering((cluster, call) => {
      call.on("cancelled", () => (cancelled = true));
      for (const each of [cluster, cluster]) call.write({ sender: `${each}:1` });
    });
    const client = clientWith();
    await expect(client.exchange(to, named("a"), AMPLE_MS)).resolves.toHaveProperty("sender", "a:1");
    await until(AMPLE_MS, "the stream is given up", () => cancelled);
    await expect(client.exchange(to, named("b"), AMPLE_MS)).resolves.toHaveProperty("sender", "b:1");
    expect(streams()).toBe(2);
  });

  test("that are never answered, though others are, cost it the stream in the end", async () => {
    let streams = 0;
    const to = await serveGossip({
      Exchange: () => {
        streams++;
      },
      Probe: streaming((_, respond) => {
        respond({ reached: true });
      }),
    });
    const client = clientWith();
    const ping: ProbeRequest = { cluster: "default", recipient: to, sender: "a:1", target: to };
    for (let at = 0; at <= 65; at++) {
      await expect(client.exchange(to, request, 10)).rejects.toThrow(/^DEADLINE_EXCEEDED: /);
      await expect(client.probe(to, ping, AMPLE_MS)).resolves.toBe("reached");
    }
    await until(AMPLE_MS, "there is a second one", () => streams === 2);
  });

  test("to try another do not hold up one that asks whether it is there itself", async () => {
    const known: string[] = [];
    const to = await serveGossip({
      Exchange: () => undefined,
      Probe: streaming(({ target }: ProbeRequest, respond) => {
        if (known.includes(target)) respond({ reached: true });
      }),
    });
    known.push(to);
    const client = clientWith();
    const probe = (target: string): ProbeRequest => ({ cluster: "default", recipient: to, sender: "a:1", target });
    const another = expect(client.probe(to, probe("silent:1"), TIMEOUT_MS)).rejects.toThrow(/^DEADLINE_EXCEEDED: /);
    await expect(client.probe(to, probe(to), AMPLE_MS)).resolves.toBe("reached");
    await another;
  });
});

describe("connections", () => {
  test("are kept from one exchange to the next", async () => {
    const way = new Way();
    const to = await way.leadTo(portOf((await startPeer()).address));
    const client = clientWith();
    await client.exchange(to, request, AMPLE_MS);
    await client.exchange(to, request, AMPLE_MS);
    expect(way.connections).toBe(1);
  });

  test("outlive one exchange that fails, and are made anew after two, since a fresh one recovers sooner", async () => {
    const way = new Way();
    const to = await way.leadTo(portOf((await startPeer()).address));
    const client = clientWith();
    await client.exchange(to, request, AMPLE_MS);
    way.cut();
    await expect(client.exchange(to, request, TIMEOUT_MS)).rejects.toThrow(/DEADLINE_EXCEEDED/);
    expect(way.open).toBe(1);
    await expect(client.exchange(to, request, TIMEOUT_MS)).rejects.toThrow(/DEADLINE_EXCEEDED/);
    way.heal();
    await client.exchange(to, request, AMPLE_MS);
    expect(way.connections).toBe(2);
  });

  test("are at most maxConnections, and the one used longest ago is closed first", async () => {
    const ways = [new Way(), new Way(), new Way()];
    const [a = "", b = "", c = ""] = await Promise.all(
      ways.map(async (way) => way.leadTo(portOf((await startPeer()).address))),
    );
    const client = clientWith(2);
    for (const to of [a, b, a, c]) await client.exchange(to, request, AMPLE_MS);
    await until(AMPLE_MS, "one of three is closed", () => ways.filter(({ open }) => open > 0).length === 2);
    expect(ways.map(({ open }) => open)).toEqual([1, 0, 1]);
  });

  test("that are closed for others to have room do not break what is under way on them", async () => {
    const peers = await Promise.all([startPeer(), startPeer(), startPeer()]);
    const client = clientWith(1);
    const all = peers.map(({ address }) => client.exchange(address, request, AMPLE_MS));
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.map((each) => (each.status === "rejected" ? String(each.reason) : "replied"))).toEqual([
      "replied",
      "replied",
      "replied",
    ]);
  });
});

describe("a connection that closes", () => {
  /** A way to a peer, and what a client that uses it is told of closed connections. */
  async function watched(maxConnections = 10): Promise<{ client: GossipClient; way: Way; to: string; told: string[] }> {
    const way = new Way();
    const to = await way.leadTo(portOf((await startPeer()).address));
    const told: string[] = [];
    const client = clientWith(maxConnections, (address) => told.push(address));
    return { client, way, to, told };
  }

  /** Time for what must not come. */
  const never = (told: string[]): Promise<void> =>
    throughout(
      TIMEOUT_MS,
      () => told.join(),
      () => told.length === 0,
    );

  test("by the other side's doing is told once, each time", async () => {
    const { client, way, to, told } = await watched();
    for (const times of [1, 2]) {
      await client.exchange(to, request, AMPLE_MS);
      way.hangUp();
      await until(AMPLE_MS, "it is told", () => told.length >= times);
      expect(told).toEqual(Array(times).fill(to));
    }
    expect(way.connections).toBe(2);
  });

  test("because the other's process ended is told too", async () => {
    const { client, told } = await watched();
    const program = await startPeerProgram();
    await client.exchange(program.address, request, AMPLE_MS);
    program.child.kill("SIGKILL");
    await until(AMPLE_MS, "it is told", () => told.length > 0);
    expect(told).toEqual([program.address]);
  });

  test("with the client is not told", async () => {
    const { client, way, to, told } = await watched();
    await client.exchange(to, request, AMPLE_MS);
    client.close();
    await until(AMPLE_MS, "it is closed", () => way.open === 0);
    await never(told);
  });

  test("for others to have room is not told", async () => {
    const { client, way, to, told } = await watched(1);
    await client.exchange(to, request, AMPLE_MS);
    await client.exchange((await startPeer()).address, request, AMPLE_MS);
    await until(AMPLE_MS, "it is closed", () => way.open === 0);
    await never(told);
  });

  test("because two exchanges on it failed is not told", async () => {
    const { client, way, to, told } = await watched();
    await client.exchange(to, request, AMPLE_MS);
    way.cut();
    await expect(client.exchange(to, request, TIMEOUT_MS)).rejects.toThrow(/DEADLINE_EXCEEDED/);
    await expect(client.exchange(to, request, TIMEOUT_MS)).rejects.toThrow(/DEADLINE_EXCEEDED/);
    way.heal();
    await until(AMPLE_MS, "it is closed", () => way.open === 0);
    await never(told);
  });

  test("before it was open is not told", async () => {
    const { client, told } = await watched();
    await expect(client.exchange(`127.0.0.1:${await freePort()}`, request, AMPLE_MS)).rejects.toThrow(/ECONNREFUSED/);
    await never(told);
  });
});

describe("closing", () => {
  test("ends what is under way, and nothing is called afterwards", async () => {
    const way = new Way();
    const to = await way.leadTo(portOf(await listenSilently()));
    const client = clientWith();
    const open = client.exchange(to, request, AMPLE_MS);
    const outcome = expect(open).rejects.toThrow();
    await until(AMPLE_MS, "the call is under way", () => way.connections === 1);
    client.close();
    await outcome;
    await expect(client.exchange(to, request, AMPLE_MS)).rejects.toThrow(/closed/);
    expect(way.connections).toBe(1);
  });

  test("closes the connections", async () => {
    const way = new Way();
    const to = await way.leadTo(portOf((await startPeer()).address));
    const client = clientWith();
    await client.exchange(to, request, AMPLE_MS);
    expect(way.open).toBe(1);
    client.close();
    await until(AMPLE_MS, "the connection is closed", () => way.open === 0);
  });
});
