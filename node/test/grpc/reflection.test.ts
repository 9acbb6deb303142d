import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { protoFiles } from "../../src/grpc/generated/proto-files.js";
import { startPeer } from "../support/peers.js";
import { START_MS } from "../support/programs.js";
import { stream } from "../support/wire.js";

const V1 = "grpc.reflection.v1.ServerReflection";
const V1ALPHA = "grpc.reflection.v1alpha.ServerReflection";

interface Reflected {
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
  readonly error_response?: { readonly error_code: number; readonly error_message: string };
}

/** Asks all of this on one stream; gives the answers in their order. */
async function reflect(address: string, requests: readonly object[], service = V1): Promise<Reflected[]> {
  const asking = stream(address, "ServerReflectionInfo", service);
  for (const request of requests) asking.write(request);
  asking.end();
  const answers: Reflected[] = [];
  for await (const answer of asking as AsyncIterable<Reflected>) answers.push(answer);
  return answers;
}

function namesOf(reflected: Reflected | undefined): string[] {
  return (reflected?.list_services_response?.service ?? []).map(({ name }) => name);
}

/** The .proto files of an answer, by their descriptors. */
function filesOf(reflected: Reflected | undefined): (string | undefined)[] {
  return (reflected?.file_descriptor_response?.file_descriptor_proto ?? []).map(
    (bytes) => protoFiles.find(({ base64 }) => base64 === bytes.toString("base64"))?.name,
  );
}

describe.each([V1, V1ALPHA])("a peer, asked by %s,", (service) => {
  test("names the services that it serves at that address, and has the file of each", async () => {
    const { address, adminAddress = "" } = await startPeer({ adminAddress: "127.0.0.1:0" });
    for (const [at, expected] of [
      [address, ["gossip.v1.GossipService", "gossip.v1.MembershipService", "grpc.health.v1.Health", V1, V1ALPHA]],
      [adminAddress, ["gossip.v1.AdminService", V1, V1ALPHA]],
    ] as const) {
      const [listed] = await reflect(at, [{ list_services: "" }], service);
      expect(namesOf(listed)).toEqual(expected);
      const answers = await reflect(
        at,
        namesOf(listed).map((name) => ({ file_containing_symbol: name })),
        service,
      );
      expect(answers.map((answer) => filesOf(answer).length > 0)).toEqual(expected.map(() => true));
    }
  });
});

describe("a peer, asked by reflection,", () => {
  test("gives a file by its name and by what is declared in it, with what it imports", async () => {
    const { address } = await startPeer();
    const answers = await reflect(address, [
      { file_by_filename: "gossip/v1/gossip.proto" },
      { file_by_filename: "gossip/v1/membership.proto" },
      { file_containing_symbol: "gossip.v1.GossipService.Exchange" },
      { file_containing_symbol: "gossip.v1.MemberEvent.Kind" },
      { file_containing_symbol: "gossip.v1.Meta.tags" },
    ]);
    expect(answers.map(filesOf)).toEqual([
      ["gossip/v1/gossip.proto"],
      ["gossip/v1/membership.proto", "gossip/v1/gossip.proto"],
      ["gossip/v1/gossip.proto"],
      ["gossip/v1/membership.proto", "gossip/v1/gossip.proto"],
      ["gossip/v1/gossip.proto"],
    ]);
  });

  test("says of what is not there that it is not, repeats the question, and goes on", async () => {
    const { address } = await startPeer();
    const questions = [
      { file_by_filename: "gossip/v2/gossip.proto" },
      { file_containing_symbol: "gossip.v1.Nothing" },
      { file_containing_extension: { containing_type: "gossip.v1.Meta", extension_number: 7 } },
      { all_extension_numbers_of_type: "gossip.v1.Nothing" },
      {},
      { host: "here", all_extension_numbers_of_type: "gossip.v1.Meta" },
    ];
    const answers = await reflect(address, questions);
    expect(answers.map(({ error_response }) => error_response?.error_code)).toEqual([
      status.NOT_FOUND,
      status.NOT_FOUND,
      status.NOT_FOUND,
      status.NOT_FOUND,
      status.INVALID_ARGUMENT,
      undefined,
    ]);
    expect(answers).toMatchObject(questions.map((original_request) => ({ original_request })));
    expect(answers.at(-1)).toMatchObject({
      valid_host: "here",
      all_extension_numbers_response: { base_type_name: "gossip.v1.Meta" },
    });
  });

  test("ends the stream with the peer", async () => {
    const peer = await startPeer();
    const asking = stream(peer.address, "ServerReflectionInfo", V1);
    const answers: unknown[] = [];
    asking.write({ list_services: "" });
    for await (const answer of asking) {
      answers.push(answer);
      void peer.stop();
    }
    expect(answers).toHaveLength(1);
  });
});

// buf is written in Go, with Go's gRPC and protobuf: it refuses descriptors that do not fit together.
describe.each(["grpc-v1", "grpc-v1alpha"])("buf curl, by %s,", (protocol) => {
  const buf = fileURLToPath(new URL("../../../node_modules/.bin/buf", import.meta.url));
  const curl = async (address: string, ...args: string[]): Promise<unknown> => {
    const how = ["--protocol", "grpc", "--http2-prior-knowledge", "--reflect-protocol", protocol];
    const [path = "", ...more] = args;
    const { stdout } = await promisify(execFile)(buf, ["curl", ...how, ...more, `http://${address}${path}`], {
      timeout: START_MS,
    });
    return path === "" ? stdout.trim().split("\n") : JSON.parse(stdout);
  };

  test("learns from a peer alone what it can be asked, and asks it", async () => {
    const { address } = await startPeer({ meta: { name: "asked", tags: { zone: "north" } } });
    expect(await curl(address, "", "--list-methods")).toEqual(
      expect.arrayContaining(["gossip.v1.GossipService/Exchange", "grpc.health.v1.Health/Watch"]),
    );
    expect(await curl(address, "/gossip.v1.MembershipService/GetMembers")).toMatchObject({
      address,
      members: [{ address, status: "STATUS_ALIVE", meta: { name: "asked", tags: { zone: "north" } } }],
    });
    const ready = ["--data", JSON.stringify({ service: "gossip.v1.GossipService" })];
    expect(await curl(address, "/grpc.health.v1.Health/Check", ...ready)).toEqual({ status: "SERVING" });
  });
});
