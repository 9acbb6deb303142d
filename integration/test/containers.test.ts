import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Member, PeerMeta } from "gossip-peer";
import type { PeerHandle } from "../src/cluster/cluster.js";
import { DockerCluster } from "../src/cluster/docker/docker-cluster.js";
import { never, until } from "../src/until.js";
import {
  everyoneHas,
  everyoneSees,
  running,
  someoneLists,
  someoneMisses,
  someoneShows,
  type View,
} from "../src/views.js";
import { PEERS, PING_PERIOD_MS } from "./parameters.js";

// Each test leaves the cluster whole: what it broke has mended itself, or was started again.
describe(`a cluster of ${PEERS} peers in containers, seeded through one`, () => {
  let cluster: DockerCluster;

  beforeAll(async () => {
    cluster = await DockerCluster.start({ peers: PEERS, pingPeriodMs: PING_PERIOD_MS });
  });

  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  beforeEach(() => whole("before anything is broken"));

  test("everybody knows everybody through one seed, which needs none of its own (8, 9)", async () => {
    const views = await cluster.views();
    expect(views.map(({ address }) => address)).toEqual(cluster.peers.map(({ address }) => address));
    expect(views.map(({ members }) => members?.size)).toEqual(views.map(() => PEERS));
  });

  test("metadata set at one are seen at all, and no relay undoes them (7)", async () => {
    const { address, remote } = cluster.peer(2);
    await remote.updateMeta({ name: "first" });
    await remote.updateMeta({ name: "second", tags: { zone: "north" } });
    await until(cluster, "everybody shows the newest metadata of peer 2", cluster.budgets.updateMs, (views) =>
      everyoneHas(views, address, (member) => member?.meta.name === "second" && member.meta.tags?.["zone"] === "north"),
    );
    const older = "anybody shows older metadata of peer 2";
    await never(cluster, older, (views) => someoneShows(views, address, isNot("second")), cluster.budgets.updateMs);
  });

  test("a late joiner comes in through a peer that is nobody's seed (8)", async () => {
    const late = await cluster.add({ seeds: [cluster.peer(3)] });
    expect(late.number).toBe(PEERS + 1);
    await whole("with the late joiner");
  });

  test("a killed peer goes from every list as failed, and no rumour brings it back before it is back (15, 17)", async () => {
    const victim = cluster.peer(3);
    await victim.kill();
    await gone([victim], cluster.budgets.crashMs);
    expect(everyoneHas(await cluster.views(), victim.address, is("failed"))).toBe(true);
    await neverListed(victim, cluster.budgets.healMs);
    await victim.start();
    await whole("with the killed peer back on its address");
  });

  test("a peer back on its address is listed with its new metadata, and the old are never shown again (18)", async () => {
    const returner = cluster.peer(2);
    await returner.remote.updateMeta({ name: "old" });
    await until(cluster, "everybody shows the old metadata", cluster.budgets.updateMs, (views) =>
      everyoneHas(views, returner.address, (member) => member?.meta.name === "old"),
    );
    await returner.kill();
    await gone([returner], cluster.budgets.crashMs);
    const old = "anybody shows metadata from before the restart";
    await never(
      cluster,
      old,
      (views) => someoneShows(views, returner.address, isNot("peer-2")),
      async () => {
        await returner.start();
        await whole("with the peer back");
      },
    );
  });

  test("a peer that is killed and started at once is taken for its new self (18)", async () => {
    const returner = cluster.peer(4);
    const before = await generationOf(returner);
    await returner.kill();
    await returner.start();
    await until(cluster, "everybody lists the new life of peer 4", cluster.budgets.healMs, (views) =>
      everyoneHas(views, returner.address, (member) => member?.status === "alive" && member.generation > before),
    );
  });

  test("a paused peer is removed though its connections stay open, and is back with no help when it runs again (16, 20)", async () => {
    const frozen = cluster.peer(2);
    const others = cluster.peers.filter((peer) => peer !== frozen);
    await frozen.pause();
    await gone([frozen], cluster.budgets.silenceMs);
    await neverListed(frozen, cluster.budgets.updateMs);
    await neverMissed(others, async () => {
      await frozen.resume();
      await until(cluster, "everybody lists everybody again", cluster.budgets.healMs, everyoneSees);
    });
  });

  test("a stopped peer has left, which is no failure and is known without waiting for detection (22)", async () => {
    const leaver = cluster.peer(PEERS);
    await leaver.stop();
    await gone([leaver], cluster.budgets.leaveMs);
    expect(everyoneHas(await cluster.views(), leaver.address, is("left"))).toBe(true);
    await neverListed(leaver, cluster.budgets.updateMs);
    await leaver.start();
    await whole("with the peer that had left");
  });

  test("two peers killed at once go from every list, and the survivors keep each other (15)", async () => {
    const victims = [cluster.peer(2), cluster.peer(4)];
    await Promise.all(victims.map((victim) => victim.kill()));
    await neverMissed(running(cluster.peers), () => gone(victims, cluster.budgets.crashMs));
    await Promise.all(victims.map((victim) => victim.start()));
    await whole("with both back");
  });

  test("the seed is a peer like any other: killed it is removed, started again it is found though it has no seed (15, 17)", async () => {
    const seed = cluster.peer(1);
    await seed.kill();
    await neverMissed(running(cluster.peers), () => gone([seed], cluster.budgets.crashMs));
    await neverListed(seed, cluster.budgets.updateMs);
    await seed.start();
    await until(cluster, "everybody lists the seed again", cluster.budgets.healMs, everyoneSees);
  });

  async function whole(when: string): Promise<void> {
    await until(cluster, `everybody lists everybody, ${when}`, cluster.budgets.joinMs, everyoneSees);
  }

  async function gone(victims: readonly PeerHandle[], budgetMs: number): Promise<void> {
    const numbers = victims.map(({ number }) => number).join(" or ");
    await until(cluster, `nobody lists peer ${numbers}, and everybody all others`, budgetMs, everyoneSees);
  }

  async function neverListed({ number, state, address }: PeerHandle, forMs: number): Promise<void> {
    await never(
      cluster,
      `peer ${number} is listed while it is ${state}`,
      (views) => someoneLists(views, address),
      forMs,
    );
  }

  async function neverMissed(peers: readonly PeerHandle[], during: () => Promise<void>): Promise<void> {
    const addresses = peers.map(({ address }) => address);
    await never(cluster, "somebody misses a peer that is well", (views) => someoneMisses(views, addresses), during);
  }
});

describe("two groups without a common seed", () => {
  test("stay exactly apart, and one AddSeed makes one cluster of them (14)", async () => {
    await using cluster = await DockerCluster.start({
      peers: PEERS,
      pingPeriodMs: PING_PERIOD_MS,
      seedsOf: (number) => (number > 2 ? [number - 2] : []),
    });
    const odd = ({ number }: View): boolean => number % 2 === 1;
    await until(cluster, "everybody lists its own group", cluster.budgets.joinMs, (views) =>
      everyoneSees(views, (view) => views.filter((other) => odd(other) === odd(view))),
    );
    await never(
      cluster,
      "anybody has heard of the other group",
      (views) =>
        views.some((view) => views.some((other) => odd(other) !== odd(view) && view.members?.has(other.address ?? ""))),
      cluster.budgets.joinMs,
    );
    await cluster.peer(3).remote.addSeed(cluster.peer(2).address);
    await until(cluster, "everybody lists everybody", cluster.budgets.joinMs, (views) => everyoneSees(views));
  });
});

function is(status: Member["status"]): (member: Member | undefined) => boolean {
  return (member) => member?.status === status;
}

function isNot(name: string): (meta: PeerMeta) => boolean {
  return (meta) => meta.name !== name;
}

async function generationOf({ address, remote }: PeerHandle): Promise<number> {
  const { members } = await remote.getMembers();
  return members.find((member) => member.address === address)?.generation ?? NaN;
}
