import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { baseImage } from "../../src/cluster/docker/base-image.js";
import { engine, expectImage, IMAGE } from "../../src/cluster/docker/engine.js";
import { ownRun, RUN_LABEL } from "../../src/cluster/docker/owner.js";
import { poll } from "../../src/cluster/until.js";
import { ROOT, WITHIN_MS } from "../support/command.js";

const CLIENTS = "gossip-foreign-clients";
/** The first time Debian's packages are fetched. */
const BUILD_MS = 10 * 60_000;

const exec = promisify(execFile);
/** The container of the peer; removed after the tests. */
let peer = "";

async function docker(args: readonly string[], timeout = WITHIN_MS): Promise<string> {
  return (await exec("docker", args, { cwd: ROOT, timeout })).stdout.trim();
}

beforeAll(async () => {
  await expectImage(await engine());
  const base = baseImage();
  const args = base === undefined ? [] : ["--build-arg", `NODE_IMAGE=${base}`];
  await docker(
    ["build", "--quiet", ...args, "--file", "integration/foreign/clients/Dockerfile", "--tag", CLIENTS, "."],
    BUILD_MS,
  );
  const label = `${RUN_LABEL}=${ownRun()}`;
  const health = ["--health-interval", "1s", "--health-timeout", "5s", "--health-retries", "1"];
  peer = await docker(["run", "--detach", "--init", "--label", label, ...health, IMAGE]);
  await becomes("healthy");
}, BUILD_MS + WITHIN_MS);

afterAll(async () => {
  await docker(["rm", "--force", peer]);
});

/** Resolves when the engine holds the peer for that. */
async function becomes(health: "healthy" | "unhealthy"): Promise<void> {
  const held = (): Promise<string> => docker(["inspect", "--format", "{{.State.Health.Status}}", peer]);
  await poll(`the peer is ${health}`, WITHIN_MS, async () => (await held()) === health, held);
}

test("a client of gRPC's and protobuf's C++ is told the peer's health, and accepts the descriptors of all that it can be asked", async () => {
  const look = ["--network", `container:${peer}`, CLIENTS, "python3", "look.py", "127.0.0.1:7946"];
  expect((await docker(["run", "--rm", ...look])).split("\n")).toEqual([
    "health of '': SERVING, SERVING",
    "health of 'gossip.v1.GossipService': SERVING, SERVING",
    "health of 'nothing': NOT_FOUND, SERVICE_UNKNOWN",
    "gossip.v1.GossipService: Exchange Probe",
    "gossip.v1.MembershipService: GetMembers WatchMembers GetTraffic GetState",
    "grpc.health.v1.Health: Check List Watch",
    "grpc.reflection.v1.ServerReflection: ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection: ServerReflectionInfo",
  ]);
});

test("a peer that is frozen is unhealthy, and healthy again when it runs", async () => {
  const signal = (name: string): Promise<string> => docker(["exec", peer, "bash", "-c", `kill -${name} -1`]);
  await signal("STOP"); // all but the init process
  await becomes("unhealthy");
  await signal("CONT");
  await becomes("healthy");
});
