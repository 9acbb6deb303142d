// The present peer among peers of the last release, which scripts/released.mjs makes of git's history.
import { beforeAll, describe, expect, test } from "@jest/globals";
import { releasedPeer, releaseObstacle } from "../../scripts/released.mjs";
import { RemotePeer } from "../src/index.js";
import { freePort, within } from "./support/peers.js";
import { endOf, START_MS, startPeerProgram, type PeerProgram } from "./support/programs.js";
import { until } from "./support/wait.js";

const PRESENT = "node/dist/main.js";
const MAKE_MS = 60_000;

const obstacle = await releaseObstacle();
if (obstacle !== undefined) console.warn(`Peers of two versions were not tried: ${obstacle}.`);

let released = "";

interface Place {
  readonly address: string;
  readonly admin: string;
}

/** Places for so many peers, each of which finds the others at these. */
async function places(count: number): Promise<Place[]> {
  const place = async (): Promise<Place> => ({
    address: `127.0.0.1:${await freePort()}`,
    admin: `127.0.0.1:${await freePort()}`,
  });
  return Promise.all(Array.from({ length: count }, place));
}

function startAt({ address, admin }: Place, all: readonly Place[], main: string): Promise<PeerProgram> {
  const seeds = all.map((each) => each.address).join();
  return startPeerProgram({ GOSSIP_ADDRESS: address, GOSSIP_ADMIN_ADDRESS: admin, GOSSIP_SEEDS: seeds }, main);
}

async function using<T>({ address, admin }: Place, ask: (peer: RemotePeer) => Promise<T>): Promise<T> {
  const remote = new RemotePeer(address, { adminAddress: admin });
  try {
    return await ask(remote);
  } finally {
    remote.close();
  }
}

/** Names by address, as the peer at that place lists them. */
async function namesAt(place: Place): Promise<Map<string, string | undefined>> {
  const { members } = await using(place, (peer) => peer.getMembers());
  return new Map(members.map(({ address, meta }) => [address, meta.name]));
}

/** Waits until all list each other and nobody else. */
async function agree(all: readonly Place[]): Promise<void> {
  const addresses = all.map(({ address }) => address).sort();
  await until(START_MS, `each lists ${addresses.join(", ")}`, async () => {
    const lists = await Promise.all(all.map(async (place) => [...(await namesAt(place)).keys()]));
    return lists.every((list) => list.join() === addresses.join());
  });
}

function removalsIn(programs: readonly PeerProgram[]): unknown[] {
  return programs.flatMap((program) => program.log().filter(({ event }) => event === "failed"));
}

(obstacle === undefined ? describe : describe.skip)("peers of the last release and present ones", () => {
  beforeAll(async () => {
    released = await releasedPeer();
  }, MAKE_MS);

  test("are one cluster, in which each learns of changes and goodbyes of either kind", async () => {
    const all = await places(4);
    const [old, present, leaver] = all as [Place, Place, Place, Place];
    const programs = await Promise.all(all.map((place, at) => startAt(place, all, at % 2 === 0 ? released : PRESENT)));
    await agree(all);
    for (const [changed, name] of [
      [old, "an old one"],
      [present, "a present one"],
    ] as const) {
      await using(changed, (peer) => peer.updateMeta({ name }));
      const names = (): Promise<(string | undefined)[]> =>
        Promise.all(all.map(async (place) => (await namesAt(place)).get(changed.address)));
      await until(within(4).updateMs + START_MS, `${name} is known`, async () =>
        (await names()).every((each) => each === name),
      );
    }
    await using(leaver, (peer) => peer.leave());
    await agree(all.filter((place) => place !== leaver));
    expect(removalsIn(programs)).toEqual([]);
  });

  test("take each other's places one by one, there and back, and nobody is taken for dead", async () => {
    const all = await places(3);
    const programs = new Map<Place, PeerProgram>();
    const ended: PeerProgram[] = [];
    for (const place of all) programs.set(place, await startAt(place, all, released));
    await agree(all);
    for (const main of [PRESENT, released])
      for (const place of all) {
        const before = programs.get(place);
        if (before === undefined) throw new Error("no peer at that place");
        before.child.kill("SIGTERM");
        expect(await endOf(before)).toBe(0);
        ended.push(before);
        programs.set(place, await startAt(place, all, main));
        await agree(all);
      }
    expect(removalsIn([...ended, ...programs.values()])).toEqual([]);
  });
});
