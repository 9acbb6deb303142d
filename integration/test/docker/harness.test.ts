import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { describe, expect, test } from "@jest/globals";
import type Dockerode from "dockerode";
import { RemotePeer } from "gossip-peer";
import { DockerCluster } from "../../src/cluster/docker/docker-cluster.js";
import { engine, IMAGE } from "../../src/cluster/docker/engine.js";
import { isDead, ownRun, RUN_LABEL, runOf } from "../../src/cluster/docker/owner.js";
import { sweep } from "../../src/cluster/docker/sweep.js";
import { ProcessCluster } from "../../src/cluster/processes/process-cluster.js";
import { never, poll, until } from "../../src/cluster/until.js";
import { everyoneSees, someoneLists } from "../../src/view/views.js";
import { run, type Ended } from "../support/command.js";

const ABANDON = fileURLToPath(new URL("../support/abandon.mjs", import.meta.url));
const NOT_A_PERIOD = { peers: 2, pingPeriodMs: 1 };

test("no other engine is taken where the one that DOCKER_HOST names does not answer, or is on another machine", async () => {
  const folder = mkdtempSync(join(tmpdir(), "engine-"));
  const chaos = ["integration/dist/program/chaos/cli.js", "integration/scenarios/leave.yaml"];
  const on = (DOCKER_HOST: string): Promise<Ended> =>
    run(process.execPath, [...chaos, "--out", join(folder, encodeURIComponent(DOCKER_HOST))], { DOCKER_HOST });
  const dead = await on("unix:///nowhere/docker.sock");
  expect([dead.code, dead.out]).toEqual([2, expect.stringContaining("unix:///nowhere/docker.sock does not answer")]);
  const remote = await on("tcp://192.0.2.1:2375");
  expect([remote.code, remote.out]).toEqual([2, expect.stringContaining("192.0.2.1:2375 is on another machine")]);
  rmSync(folder, { recursive: true });
});

describe("waiting", () => {
  test("until says what was awaited and for how long, who saw whom, and what each peer said last", async () => {
    await using strangers = await ProcessCluster.start({ peers: 2, seedsOf: () => [] });
    const failure = until(strangers, "the two know each other", 200, everyoneSees);
    await expect(failure).rejects.toThrow("not within 200 ms: the two know each other\n");
    await expect(failure).rejects.toThrow(
      / 1 {2}127\.0\.0\.1:\d+ {2}peer-1 {3}● {2}·\n 2 {2}127\.0\.0\.1:\d+ {2}peer-2 {3}· {2}●\n/,
    );
    await expect(failure).rejects.toThrow(/peer 2 \(127\.0\.0\.1:\d+, running\) said last:\n {2}[\d:.]+ started/);
  });

  test("never sees what is forbidden even when it passes again, and lets what was under way end", async () => {
    await using cluster = await ProcessCluster.start({ peers: 2, pingPeriodMs: 100 });
    const { address } = cluster.peer(2);
    let ended = false;
    const failure = never(
      cluster,
      "peer 2 is listed",
      (views) => someoneLists(views, address),
      async () => {
        await until(cluster, "both know each other", cluster.budgets.joinMs, everyoneSees);
        await cluster.peer(2).stop();
        await until(cluster, "peer 2 left", cluster.budgets.leaveMs, everyoneSees);
        ended = true;
      },
    );
    await expect(failure).rejects.toThrow("must never be: peer 2 is listed");
    expect(ended).toBe(true);
  });
});

describe("a cluster", () => {
  test("says why a peer did not start, as process and as container, and leaves nothing behind", async () => {
    const docker = await engine();
    const before = await thingsOf(docker, ownRun());
    await expect(ProcessCluster.start(NOT_A_PERIOD)).rejects.toThrow(/peer \d did not start:[^]*pingPeriodMs is 1/);
    await expect(DockerCluster.start(NOT_A_PERIOD)).rejects.toThrow(
      /peer \d \(\S+\) did not start:[^]*pingPeriodMs is 1/,
    );
    expect(await thingsOf(docker, ownRun())).toEqual(before);
  });

  test("refuses a verb for which the peer is in no state, and names both", async () => {
    await using cluster = await ProcessCluster.start({ peers: 1 });
    const peer = cluster.peer(1);
    await expect(peer.start()).rejects.toThrow("cannot start peer 1: it is running, not down");
    await peer.kill();
    await expect(peer.pause()).rejects.toThrow("cannot pause peer 1: it is down, not running");
    expect(() => cluster.peer(2)).toThrow("there is no peer 2; there are 1");
  });

  test("of processes ends with the process that started it, even when that is killed", async () => {
    const { remotes } = await abandoned("processes");
    await poll("nobody answers any more", 5000, async () => (await Promise.all(remotes.map(isSilent))).every(Boolean));
    for (const remote of remotes) remote.close();
  });
});

describe("the sweep", () => {
  test("removes what a killed run left behind, and nothing that is alive or not ours", async () => {
    const docker = await engine();
    await using alive = await DockerCluster.start({ peers: 2 });
    const bystanders = [
      await docker.createContainer({ Image: IMAGE }),
      await docker.createContainer({ Image: IMAGE, Labels: { [RUN_LABEL]: "another-machine/1/1" } }),
    ];
    try {
      const own = await thingsOf(docker, ownRun());
      expect(own.length).toBeGreaterThanOrEqual(3);
      const { run, remotes } = await abandoned("docker");
      for (const remote of remotes) remote.close();
      expect(await thingsOf(docker, run)).toHaveLength(3);
      expect(await sweep(docker)).toBe(3);
      expect(await thingsOf(docker, run)).toEqual([]);
      expect(await thingsOf(docker, ownRun())).toEqual(own);
      await until(alive, "the living cluster is whole", alive.budgets.joinMs, everyoneSees);
      for (const bystander of bystanders) expect((await bystander.inspect()).State.Status).toBe("created");
    } finally {
      for (const bystander of bystanders) await bystander.remove();
    }
  });

  test("takes a process for dead only when it is: another start time is another process", () => {
    const own = ownRun();
    expect(isDead(own)).toBe(false);
    const [host = "", pid = "", start = "", boot = "", namespace = ""] = own.split("/");
    expect(isDead([host, pid, `${start}0`, boot, namespace].join("/"))).toBe(true);
    expect(isDead([host, pid, start, "another-boot", namespace].join("/"))).toBe(true);
    expect(isDead([host, pid, `${start}0`, boot, "another-namespace"].join("/"))).toBe(false);
    expect(isDead(["elsewhere", pid, start, boot, namespace].join("/"))).toBe(false);
    expect(isDead("")).toBe(false);
  });
});

/** Has another process start a cluster, and kills it. Returns what it was, and how its peers could be asked. */
async function abandoned(kind: "docker" | "processes"): Promise<{ run: string; remotes: RemotePeer[] }> {
  const child = spawn(process.execPath, [ABANDON, kind], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line", { signal: AbortSignal.timeout(60_000) })) as [
    string,
  ];
  const remotes = (JSON.parse(line) as string[]).map((address) => new RemotePeer(address, { timeoutMs: 500 }));
  const run = runOf(child.pid ?? 0) ?? "";
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  return { run, remotes };
}

async function isSilent(remote: RemotePeer): Promise<boolean> {
  return remote.getMembers().then(
    () => false,
    () => true,
  );
}

/** The containers and networks a run has made, in the order of their ids. */
async function thingsOf(docker: Dockerode, run: string): Promise<string[]> {
  const filters = { label: [`${RUN_LABEL}=${run}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const networks = await docker.listNetworks({ filters });
  return [...containers, ...networks].map(({ Id }) => Id).sort();
}
