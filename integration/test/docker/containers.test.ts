import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { PeerMeta } from "gossip-peer";
import type { PeerHandle } from "../../src/cluster/cluster.js";
import { DockerCluster } from "../../src/cluster/docker/docker-cluster.js";
import { never, until } from "../../src/cluster/until.js";
import { everyoneHas, everyoneSees, someoneShows } from "../../src/view/views.js";
import { PEERS, PING_PERIOD_MS } from "../support/parameters.js";

// What scenarios have no words for: which metadata must never be shown, which life of a peer is meant. The rest of what real peers
// are put through is in the scenarios of chaos.test.ts. Each test leaves the cluster whole.
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

  test("a killed peer is known as failed; back on its address it has its new metadata, and the old are never shown again (15, 18)", async () => {
    const returner = cluster.peer(2);
    await returner.remote.updateMeta({ name: "old" });
    await until(cluster, "everybody shows the old metadata", cluster.budgets.updateMs, (views) =>
      everyoneHas(views, returner.address, (member) => member?.meta.name === "old"),
    );
    await returner.kill();
    await until(cluster, "nobody lists peer 2, and everybody all others", cluster.budgets.crashMs, everyoneSees);
    expect(everyoneHas(await cluster.views(), returner.address, (member) => member?.status === "failed")).toBe(true);
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

  async function whole(when: string): Promise<void> {
    await until(cluster, `everybody lists everybody, ${when}`, cluster.budgets.joinMs, everyoneSees);
  }
});

function isNot(name: string): (meta: PeerMeta) => boolean {
  return (meta) => meta.name !== name;
}

async function generationOf({ address, remote }: PeerHandle): Promise<number> {
  const { members } = await remote.getMembers();
  return members.find((member) => member.address === address)?.generation ?? NaN;
}
