import { describe, expect, test } from "@jest/globals";
import { PLAIN_RULE } from "gossip-peer";
import { ProcessCluster } from "../src/cluster/processes/process-cluster.js";
import { openProcesses } from "../src/cluster/processes/open.js";
import { never, until } from "../src/cluster/until.js";
import { runExperiment } from "../src/experiment/experiment.js";
import type { Entry } from "../src/fault/journal.js";
import { parseScenario } from "../src/scenario/load.js";
import { everyoneHas, everyoneSees, running, someoneLists, someoneMisses } from "../src/view/views.js";

const PEERS = 11;
const FAST_MS = 50;

describe(`${PEERS} peers as processes, pinging every ${FAST_MS} ms under the plain rule`, () => {
  // A killed process refuses connections at once; the long timeouts keep a busy machine from silencing those that live.
  const plain = {
    peers: PEERS,
    pingPeriodMs: FAST_MS,
    ...PLAIN_RULE,
    exchangeTimeoutMs: 5000,
    minTimeoutMs: 5000,
  };

  test("a peer that is killed, the first seed too, is gone everywhere within 10 periods and for good (15, 17)", async () => {
    await using cluster = await ProcessCluster.start(plain);
    await whole(cluster);
    for (const victim of [cluster.peer(6), cluster.peer(1)]) {
      await victim.kill();
      const listed = `peer ${victim.number} is listed`;
      await neverMissed(cluster, running(cluster.peers), async () => {
        await until(cluster, `not: ${listed}`, 10 * FAST_MS, (views) => !someoneLists(views, victim.address));
        await never(cluster, listed, (views) => someoneLists(views, victim.address), 20 * FAST_MS);
      });
      expect(everyoneSees(await cluster.views())).toBe(true);
    }
  });
});

test("an experiment that is interrupted in the middle of a fault that takes a minute ends at once", async () => {
  const end = new AbortController();
  const entries: Entry[] = [];
  const begun = performance.now();
  const text = "title: t\nwhy: w\npeers: 2\nsteps:\n  - { starve: 2, asleep: 50 ms, awake: 50 ms, for: 60 s }\n";
  const { verdict, reason } = await runExperiment({
    scenario: parseScenario(text, "long.yaml"),
    seed: 1,
    on: "processes",
    open: openProcesses,
    signal: end.signal,
    journal: {
      write: (entry) => {
        entries.push(entry);
        if (entry.type === "fault" && entry.fault.kind === "starve") end.abort(new Error("interrupted"));
      },
    },
  });
  expect([verdict, reason]).toEqual(["unknown", "interrupted"]);
  expect(entries.map(({ type }) => type)).toContain("not applied");
  expect(performance.now() - begun).toBeLessThan(30_000);
});

describe(`${PEERS} peers as processes, under default detection`, () => {
  const options = { peers: PEERS, pingPeriodMs: 200 };

  test("a peer that is frozen is removed, and when it runs again it removes nobody and is back (16, 20)", async () => {
    await using cluster = await ProcessCluster.start(options);
    await whole(cluster);
    const frozen = cluster.peer(5);
    const others = cluster.peers.filter((peer) => peer !== frozen);
    await frozen.pause();
    await until(cluster, "nobody lists the frozen peer", cluster.budgets.silenceMs, everyoneSees);
    await neverMissed(cluster, others, async () => {
      await frozen.resume();
      await until(cluster, "everybody lists everybody again", cluster.budgets.healMs, everyoneSees);
    });
  });

  test("a peer that gets SIGTERM says goodbye and is known as left, not as failed (22)", async () => {
    await using cluster = await ProcessCluster.start(options);
    await whole(cluster);
    const leaver = cluster.peer(1);
    await leaver.stop();
    await until(cluster, "everybody knows that peer 1 left", cluster.budgets.leaveMs, (views) =>
      everyoneHas(views, leaver.address, (member) => member?.status === "left"),
    );
  });

  test("the last survivor sees itself (21)", async () => {
    await using cluster = await ProcessCluster.start({ ...options, peers: 3 });
    await whole(cluster);
    await Promise.all([cluster.peer(1).kill(), cluster.peer(3).kill()]);
    await until(cluster, "peer 2 lists only itself", cluster.budgets.crashMs, everyoneSees);
  });
});

/**
 * Waits until all list all. Starting so many processes starves those that run already: what they get wrong by that
 * heals first.
 */
async function whole(cluster: ProcessCluster): Promise<void> {
  await until(cluster, "everybody lists everybody", cluster.budgets.joinMs + cluster.budgets.healMs, everyoneSees);
}

async function neverMissed(
  cluster: ProcessCluster,
  peers: ProcessCluster["peers"],
  during: () => Promise<void>,
): Promise<void> {
  const addresses = peers.map(({ address }) => address);
  await never(cluster, "somebody misses a peer that is well", (views) => someoneMisses(views, addresses), during);
}
