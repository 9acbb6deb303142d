import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { DockerCluster } from "../../src/cluster/docker/docker-cluster.js";
import { engine } from "../../src/cluster/docker/engine.js";
import { askKernel } from "../../src/cluster/docker/kernel.js";
import { ownRun, RUN_LABEL } from "../../src/cluster/docker/owner.js";
import { READING } from "../../src/cluster/docker/rules.js";
import { openDocker } from "../../src/cluster/docker/open.js";
import { Tools } from "../../src/cluster/docker/tools.js";
import { ProcessCluster } from "../../src/cluster/processes/process-cluster.js";
import { RealScenario } from "../../src/cluster/real-scenario.js";
import { openProcesses } from "../../src/cluster/processes/open.js";
import { OF_PROCESSES } from "../../src/cluster/surroundings.js";
import type { Fault } from "../../src/fault/fault.js";
import type { Change } from "../../src/scenario/cluster.js";
import { runScenario } from "../../src/scenario/interpreter.js";
import { parseScenario } from "../../src/scenario/load.js";
import { never, poll, until } from "../../src/cluster/until.js";
import { everyoneSees, lists, running, type PeerView, type Views } from "../../src/view/views.js";

const PING_PERIOD_MS = 500;
const ALL = [1, 2, 3, 4];
const LISTENS_FOR_MS = 2500;

// What the peers believe is one thing; whether the faults are real is found out by programs of our own beside them.
describe("a cluster in containers whose network is broken", () => {
  let cluster: DockerCluster;
  let tools: Tools;

  beforeAll(async () => {
    cluster = await DockerCluster.start({ peers: ALL.length, pingPeriodMs: PING_PERIOD_MS, clocks: true });
    tools = await Tools.open(await engine(), { [RUN_LABEL]: ownRun() });
    await whole();
  });

  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  test("gives a peer the share of a CPU that was named, which the kernel holds it to, and all of it again", async () => {
    // As version 2 of control groups has it, or else version 1.
    const read = "cd /sys/fs/cgroup; cat cpu.max 2>/dev/null || cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us";
    const limit = async (): Promise<number> => {
      const [quota = "", period = ""] = (await inside(2, read)).split(/\s+/);
      return ["max", "-1"].includes(quota) ? Infinity : Number(quota) / Number(period);
    };
    await cluster.peer(2).limitCpu(0.2);
    expect(await limit()).toBeCloseTo(0.2);
    await cluster.peer(2).limitCpu(undefined);
    expect(await limit()).toBeGreaterThanOrEqual(1);
  });

  test("moves the wall clock of a peer that runs, that of no other, and back", async () => {
    const hoursAhead = async (number: number): Promise<number> =>
      Math.floor((Number(await inside(number, "date +%s")) * 1000 - Date.now()) / 3_600_000 + 0.5);
    cluster.clocks?.set(2, -3 * 3_600_000);
    expect([await hoursAhead(2), await hoursAhead(3)]).toEqual([-3, 0]);
    cluster.clocks?.set(2, 0);
    expect(await hoursAhead(2)).toBe(0);
  });

  test("has a peer ended by the kernel that needs more memory than it may have, and known to be down for that", async () => {
    const peer = cluster.peer(4);
    await peer.limitMemory(64);
    expect(await peer.noteEndForMemory()).toBe(false);
    // A file in memory counts, and cannot be put anywhere else.
    await inside(4, "head -c 128M /dev/zero >/tmp/filling").catch(() => undefined);
    await poll("the kernel ends the peer", cluster.budgets.crashMs, () => peer.noteEndForMemory());
    expect(peer.state).toBe("down");
    await peer.limitMemory(undefined);
    await peer.start();
    await whole();
  });

  test("is cut in exactly the directions named, and heals", async () => {
    const { firewall } = cluster;
    await Promise.all([cut(1, 2), cut(3, 4), cut(4, 3)].map((fault) => firewall.apply(fault)));
    const broken = await arrivals();
    expect(silentWays(broken)).toEqual(["1 2", "3 4", "4 3"]);
    expect(worst(broken)).toBe(1);
    expect(await firewall.dropped()).toBeGreaterThan(0);
    await firewall.heal();
    const healed = await arrivals();
    expect(silentWays(healed)).toEqual([]);
    expect(worst(healed)).toBe(1);
    const everywhere = cluster.peers.map(({ container = "" }) => ({ container, script: READING }));
    expect(await tools.runIn(everywhere)).toEqual(everywhere.map(() => ""));
    await whole();
  });

  test("refuses connections in exactly the directions named, and in both where both reject", async () => {
    const { firewall } = cluster;
    await Promise.all([rejected(1, 2), rejected(3, 4), rejected(4, 3)].map((fault) => firewall.apply(fault)));
    const ways = ["1 2", "2 1", "3 4", "4 3", "1 3"] as const;
    const answers = await Promise.all(ways.map((way) => answerOn(way)));
    // What comes back from 1 is refused as well, so that 2 waits in vain.
    expect(answers).toEqual(["ECONNREFUSED", "no answer", "ECONNREFUSED", "ECONNREFUSED", "connected"]);
    expect(silentWays(await arrivals())).toEqual(["1 2", "3 4", "4 3"]);
    expect(await firewall.dropped()).toBeGreaterThan(0);
    await firewall.heal();
    await whole();
  });

  test("looks up no name while lookups fail at one peer, and all others do", async () => {
    const { firewall } = cluster;
    expect(await lookedUpBy(1)).toBe(cluster.peer(2).ip);
    await firewall.apply({ kind: "dns", peer: 1 });
    expect([await lookedUpBy(1), await lookedUpBy(3)]).toEqual(["EAI_AGAIN", cluster.peer(2).ip]);
    expect(silentWays(await arrivals())).toEqual([]);
    expect(await firewall.dropped()).toBeGreaterThan(0);
    await firewall.heal();
    expect(await lookedUpBy(1)).toBe(cluster.peer(2).ip);
  });

  test("gets no answer from name servers that are mute at one peer, and all others do", async () => {
    const { firewall } = cluster;
    expect(await toldTo(1)).toBe(cluster.peer(2).ip);
    await firewall.apply({ kind: "mute-dns", peer: 1 });
    expect([await toldTo(1), await toldTo(3)]).toEqual(["ETIMEOUT", cluster.peer(2).ip]);
    expect(await firewall.dropped()).toBeGreaterThan(0);
    await firewall.heal();
    expect(await toldTo(1)).toBe(cluster.peer(2).ip);
  });

  test("finds the wrong peer by a name at one peer, also after a restart, and the right one when that is healed", async () => {
    const { firewall } = cluster;
    await Promise.all([1, 4].map((peer) => firewall.apply({ kind: "wrong-dns", peer, leadsTo: 3 })));
    expect([await lookedUpBy(1), await lookedUpBy(3)]).toEqual([cluster.peer(3).ip, cluster.peer(2).ip]);
    await cluster.peer(1).restart();
    expect([await lookedUpBy(1), await lookedUpBy(4)]).toEqual([cluster.peer(3).ip, cluster.peer(3).ip]);
    await firewall.heal();
    expect([await lookedUpBy(1), await lookedUpBy(4)]).toEqual([cluster.peer(2).ip, cluster.peer(2).ip]);
    await whole();
  });

  test("loses about the share that was asked for, on every way", async () => {
    await cluster.firewall.apply({ kind: "loss", share: 0.3 });
    const before = await cluster.firewall.dropped();
    const lossy = await arrivals();
    expect(lossy.size).toBe(12);
    // A thousand datagrams or more on each way: one in ten thousand falls outside by chance.
    for (const { share } of lossy.values()) expect(Math.abs(share - 0.7)).toBeLessThan(0.06);
    expect((await cluster.firewall.dropped()) - before).toBeGreaterThan(1000);
    await cluster.firewall.heal();
    await whole();
  });

  test("sends no more than the bandwidth lets through", async () => {
    const kbits = 20;
    await cluster.firewall.apply({ kind: "bandwidth", peer: 1, kbits });
    const heard = await arrivals();
    const sentBy = (from: number): number =>
      [...heard].reduce((sum, [way, { count }]) => sum + (way.startsWith(`${from} `) ? count : 0), 0);
    // What is sent in half as much time again, and the burst, in datagrams of at least 47 bytes with their headers.
    const most = (kbits * 1.5 * LISTENS_FOR_MS + 8 * 16 * 1024) / (8 * 47);
    expect(sentBy(1)).toBeLessThan(most);
    expect(sentBy(2)).toBeGreaterThan(most);
    await cluster.firewall.heal();
    await whole();
  });

  test("is well on either side of a partition, in which a restarted peer is again, and is whole when it is healed", async () => {
    const { firewall, budgets } = cluster;
    const isLeft = ({ number }: PeerView): boolean => number <= 2;
    const ways = ALL.flatMap((from) => ALL.filter((to) => from <= 2 !== to <= 2).map((to) => [from, to] as const));
    await Promise.all(ways.map(([from, to]) => firewall.apply(cut(from, to))));
    const apart = (views: Views): boolean =>
      everyoneSees(views, (view) => running(views).filter((other) => isLeft(other) === isLeft(view)));
    await until(cluster, "the sides see only themselves", budgets.silenceMs, apart);
    const across = (views: Views): boolean =>
      views.some((view) => views.some((other) => isLeft(view) !== isLeft(other) && lists(view, other.address ?? "")));
    await never(cluster, "somebody lists a peer of the other side", across, async () => {
      await cluster.peer(2).restart();
      await until(cluster, "peer 2 is back on its side", budgets.healMs, apart);
      await cluster.peer(3).kill();
      await cluster.peer(3).start();
      await until(cluster, "peer 3 is back on its side", budgets.healMs, apart);
    });
    expect(silentWays(await arrivals())).toEqual(ways.map(([from, to]) => `${from} ${to}`).sort());
    await firewall.heal();
    await until(cluster, "everybody lists everybody", budgets.healMs, everyoneSees);
  });

  test("can be cut at a peer that is paused, which answers nothing, and has the faults of all at one that joins late", async () => {
    const { firewall } = cluster;
    await cluster.peer(4).pause();
    await expect(cluster.peer(4).remote.getMembers()).rejects.toThrow("DEADLINE_EXCEEDED");
    await firewall.apply(cut(1, 4));
    await cluster.peer(4).resume();
    await cluster.peer(4).remote.getMembers();
    await firewall.apply({ kind: "loss", share: 0.1 });
    const late = await cluster.add();
    const list = "nft list set ip gossip_testbed loss_from";
    const [lossy = ""] = await tools.runIn([{ container: late.container ?? "", script: list }]);
    expect(lossy.match(/\d+\.\d+\.\d+\.\d+/g)).toHaveLength(ALL.length);
    await firewall.heal();
    await whole();
    await late.kill();
    expect(late.container).toBeUndefined();
    await expect(late.remote.getMembers()).rejects.toThrow("UNAVAILABLE");
  });

  async function whole(): Promise<void> {
    await until(cluster, "everybody lists everybody", cluster.budgets.healMs, everyoneSees);
  }

  /** By way, "from to"; none for a way on which nothing arrives. */
  async function arrivals(): Promise<Map<string, Arrivals>> {
    const peers = cluster.peers.filter(({ state }) => state === "running");
    const ips = peers.map(({ number, ip }) => [number, ip]);
    const printed = await tools.runIn(
      peers.map(({ number, container = "" }) => {
        const program = `(${radio.toString()})(${number}, ${JSON.stringify(ips)}, ${LISTENS_FOR_MS})`;
        return { container, script: `node -e '${program}'` };
      }),
    );
    const heard = peers.flatMap(({ number }, at) =>
      Object.entries(JSON.parse(printed[at] ?? "") as Record<string, Arrivals>).map(
        ([from, arrived]) => [`${from} ${number}`, arrived] as const,
      ),
    );
    return new Map(heard);
  }

  /** What a shell command prints in the container of a peer. */
  async function inside(number: number, command: string): Promise<string> {
    const exec = ["exec", cluster.peer(number).container ?? "", "sh", "-c", command];
    return (await promisify(execFile)("docker", exec)).stdout.trim();
  }

  /** What the name of peer 2 means to that peer. */
  function lookedUpBy(number: number): Promise<string> {
    return printedBeside(
      number,
      'require("node:dns").lookup("peer-2", (error, address) => process.stdout.write(error?.code ?? address))',
    );
  }

  /** What the name servers tell that peer of the name of peer 2, of which they are asked once. */
  function toldTo(number: number): Promise<string> {
    return printedBeside(
      number,
      'new (require("node:dns").Resolver)({ timeout: 500, tries: 1 }).resolve4("peer-2", (error, found) => process.stdout.write(error?.code ?? found[0]))',
    );
  }

  /** What a program of Node prints that runs in the network of that peer. */
  async function printedBeside(number: number, program: string): Promise<string> {
    const { container = "" } = cluster.peer(number);
    const [printed = ""] = await tools.runIn([{ container, script: `node -e '${program}'` }]);
    return printed;
  }

  /** What whoever connects to another's peer gets at once; "from to". */
  function answerOn(way: string): Promise<string> {
    const [from = 0, to = 0] = way.split(" ").map(Number);
    return printedBeside(from, `(${knock.toString()})(${JSON.stringify(cluster.peer(to).ip)})`);
  }

  function worst(heard: ReadonlyMap<string, Arrivals>): number {
    return Math.min(...[...heard.values()].map(({ share }) => share));
  }

  function silentWays(heard: ReadonlyMap<string, Arrivals>): string[] {
    const ways = ALL.flatMap((from) => ALL.filter((to) => to !== from).map((to) => `${from} ${to}`));
    return ways.filter((way) => !heard.has(way));
  }
});

describe("a scenario", () => {
  const HEAD = "title: made up\nwhy: to be judged\npeers: 2\ntiming: { pingPeriodMs: 200 }\nsteps:\n";
  const MET = "  - { expect: everyone sees everyone, within: join }\n";

  test("is unknown, with line and reason, where the kernel cannot do what it asks for", async () => {
    const tools = await Tools.open(await engine(), { [RUN_LABEL]: ownRun() });
    const { delay } = await askKernel(tools);
    const steps = `${MET}  - { delay: 20 ms }\n  - { expect: everyone sees everyone, for: 5 periods }\n`;
    const { verdict, message } = await runScenario(parseScenario(HEAD + steps, "made-up.yaml"), 1, openDocker);
    if (delay === undefined) expect(verdict).toBe("true");
    else expect([verdict, message]).toEqual(["unknown", `made-up.yaml:7: seed 1: ${delay}`]);
  });

  test("that limits bandwidth and CPU and closes connections holds in containers, and these faults end", async () => {
    const steps = [
      "  - { bandwidth: 200 kbit }",
      "  - { bandwidth: 100 kbit, from: 1, to: 2 }",
      "  - { cpu: 2, limit: 20% }",
      "  - { expect: everyone sees everyone, within: settle }",
      "  - { heal: network }",
      "  - { cpu: 2, limit: none }",
      "  - { close: everyone }",
      "  - { expect: nothing happens, for: 5 periods }",
    ].join("\n");
    const { verdict, message } = await runScenario(parseScenario(HEAD + MET + steps, "made-up.yaml"), 1, openDocker);
    expect([verdict, message]).toEqual(["true", "made up"]);
  });

  test.each([
    ["{ cut: { from: 1, to: 2 } }", "a cut needs containers"],
    ["{ loss: 20% }", "loss needs containers"],
    ["{ cpu: 1, limit: 10% }", "a limit of the CPU needs containers"],
    ["{ bandwidth: 1 mbit }", "a bandwidth needs containers"],
    ["{ close: 1 }", "closing connections needs containers"],
  ])("with %s is unknown on processes", async (step, reason) => {
    const scenario = parseScenario(`${HEAD}  - ${step}\n`, "made-up.yaml");
    const { verdict, message } = await runScenario(scenario, 1, openProcesses);
    expect(verdict).toBe("unknown");
    expect(message).toContain(`made-up.yaml:6: seed 1: ${reason}`);
  });

  test("holds on processes: killed, started by another name, paused, starved, added, told", async () => {
    const steps = [
      "  - { kill: 2 }",
      "  - { expect: { gone: 2 }, within: crash }",
      "  - { start: 2, name: another }",
      "  - { expect: { meta: 2, name: another }, within: heal }",
      "  - { add: 1, seeds: 2 }",
      "  - { expect: everyone sees everyone, within: join }",
      "  - { starve: 3, asleep: 500 ms, awake: 100 ms, for: 2 s }",
      "  - { wait: 3 s }", // it goes on meanwhile, and only a peer that runs can be stopped
      "  - { expect: everyone sees everyone, within: heal }",
      "  - { set-meta: 1, name: told }",
      "  - { expect: { meta: 1, name: told }, within: update }",
      "  - { stop: 3 }",
      "  - { expect: { left: 3 }, within: leave }",
      "  - { expect: nobody was removed wrongly }",
      "  - { expect: nothing happens, for: 5 periods }",
    ].join("\n");
    const { verdict, message } = await runScenario(parseScenario(HEAD + MET + steps, "made-up.yaml"), 1, openProcesses);
    expect([verdict, message]).toEqual(["true", "made up"]);
  });
});

test("a removal is wrong when nothing was done to the peer, and right when it was", async () => {
  const cluster = await ProcessCluster.start({ peers: 3, pingPeriodMs: 100, exchangeTimeoutMs: 1000 });
  await using scenario = await RealScenario.on(cluster, OF_PROCESSES);
  const { silenceMs, healMs } = scenario.budgets;
  const removals = (): readonly Change[] => scenario.history.filter(({ kind }) => kind === "failed");
  await scenario.pass(silenceMs);
  await cluster.peer(3).pause(); // the scenario does not know of it
  expect(await scenario.until(() => removals().length === 2, silenceMs)).toBe(true);
  expect(removals().every(({ wrong, subject }) => wrong && subject === cluster.peer(3).address)).toBe(true);
  await cluster.peer(3).resume();
  expect(await scenario.until(everyoneSees, healMs)).toBe(true);
  await scenario.pass(silenceMs);
  const before = scenario.history.length;
  await scenario.apply({ kind: "pause", peer: 3 });
  expect(
    await scenario.until(() => scenario.history.slice(before).some(({ kind }) => kind === "failed"), silenceMs),
  ).toBe(true);
  expect(scenario.history.slice(before).some(({ wrong }) => wrong)).toBe(false);
});

function rejected(from: number, to: number): Fault<"reject"> {
  return { kind: "reject", from, to };
}

/** Runs beside a peer: prints what becomes of a connection to another. */
function knock(ip: string): void {
  const { connect } = process.getBuiltinModule("node:net");
  const socket = connect({ host: ip, port: 7946, timeout: 2000 });
  const end = (answer: string): void => {
    socket.destroy();
    process.stdout.write(answer);
  };
  socket.on("connect", () => {
    end("connected");
  });
  socket.on("timeout", () => {
    end("no answer");
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    end(error.code ?? "");
  });
}

function cut(from: number, to: number): Fault<"cut"> {
  return { kind: "cut", from, to };
}

/** Of numbered datagrams, how many arrived, and which share of those from the first to the last that did. */
interface Arrivals {
  readonly count: number;
  readonly share: number;
}

/** Runs beside a peer: sends numbered datagrams to all others for so long, and prints what arrived of whose. */
function radio(self: number, ips: readonly (readonly [number, string])[], forMs: number): void {
  const { createSocket } = process.getBuiltinModule("node:dgram");
  const [socket, port] = [createSocket("udp4"), 9999];
  const heard = new Map<number, number[]>();
  socket.on("message", (message) => {
    const [from = 0, at = 0] = (JSON.parse(message.toString()) as number[]).map(Number);
    heard.set(from, [...(heard.get(from) ?? []), at]);
  });
  socket.bind(port, () => {
    let at = 0;
    const begun = performance.now();
    const sending = setInterval(() => {
      for (let more = 0; more < 10; more++, at++) {
        for (const [number, ip] of ips) if (number !== self) socket.send(JSON.stringify([self, at]), port, ip);
      }
      if (performance.now() - begun < forMs) return;
      clearInterval(sending);
      socket.close();
      const arrived = [...heard].map(([from, all]) => {
        const span = Math.max(...all) - Math.min(...all) + 1;
        return [from, { count: all.length, share: all.length / span }];
      });
      process.stdout.write(JSON.stringify(Object.fromEntries(arrived)));
    }, 10);
  });
}
