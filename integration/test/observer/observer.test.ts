import { describe, expect, test } from "@jest/globals";
import { PRESETS } from "gossip-peer";
import { ProcessCluster } from "../../src/cluster/processes/process-cluster.js";
import { Sightings } from "../../src/observer/sightings.js";
import { Observer, type ObserverOptions } from "../../src/observer/observer.js";
import type { ObservedPeer } from "../../src/observer/page/types.js";
import { poll } from "../../src/cluster/until.js";
import { encodedView, peerThatSays, socketThatSays } from "../support/impostors.js";
import { keeper } from "../support/keep.js";

/** Enough for a few attempts of a follower, each with its deadline. */
const WITHIN_MS = 15_000;

const keep = keeper();

describe("the observer", () => {
  test("finds all peers through one of them, says who is gone, and has one back under its old name", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 4, pingPeriodMs: 100 }));
    const sightings = observe({ at: [cluster.peer(3).address] });
    await link(sightings, cluster.peer(1).address, "followed");
    await until(sightings, "one view of four", () => sightings.model.groups[0]?.peers.length === 4);

    await cluster.peer(2).kill();
    expect(await link(sightings, cluster.peer(2).address, "unreachable")).toMatch(/ECONNREFUSED|UNAVAILABLE/);
    const news = (kind: string): boolean =>
      sightings.model.news.items.some(
        (item) => item.kind === kind && item.subject === cluster.peer(2).address && item.known.length === 3,
      );
    await until(sightings, "all three tell that it failed", () => news("failed"));
    await cluster.peer(2).start();
    await link(sightings, cluster.peer(2).address, "followed");
    await until(sightings, "one view of four again", () => sightings.model.groups[0]?.peers.length === 4);
  });

  test("shows a frozen peer as silent, since its reports stay away, and follows it again when it goes on", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 2, pingPeriodMs: 100 }));
    const frozen = cluster.peer(2);
    const sightings = observe({ at: [cluster.peer(1).address] });
    await link(sightings, frozen.address, "followed");
    await frozen.pause();
    expect(await link(sightings, frozen.address, "silent")).toBe("no answer within 2000 ms");
    await frozen.resume();
    await link(sightings, frozen.address, "followed");
  });

  test("shows a peer as silent that freezes between its first answer and the beginning of its stream", async () => {
    const frozen = keep(await peerThatSays((own) => encodedView(own, [own]), { thenSilent: true }));
    const sightings = observe({ at: [frozen.address] });
    await link(sightings, frozen.address, "followed");
    expect(await link(sightings, frozen.address, "silent")).toBe("no answer within 2000 ms");
  });

  test("asks each what its talk costs, and follows those all the same that do not publish it", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 2, pingPeriodMs: 100 }));
    const other = keep(await peerThatSays((own) => encodedView(own, [own])));
    const sightings = observe({ at: [cluster.peer(1).address, other.address] });
    const cost = (address: string): ObservedPeer["traffic"] => sightings.model.peers.get(address)?.traffic;
    await until(sightings, "both publish it", () => cluster.peers.every(({ address }) => Boolean(cost(address))));
    const [first, second] = cluster.peers.map(({ address }) => cost(address));
    for (const figures of [first, second]) {
      expect(figures?.exchanges).toBeGreaterThan(0);
      expect(figures?.sent).toBeGreaterThan(0);
      expect(figures?.total).toBeGreaterThanOrEqual((figures?.sent ?? 0) + (figures?.received ?? 0));
    }
    expect(cost(other.address)).toBeNull();
    await link(sightings, other.address, "followed");
  });

  test("asks each how it stands with it, and shows what keeps one from the others", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 1, pingPeriodMs: 100 }));
    const { address } = cluster.peer(1);
    const sightings = observe({ at: [address] });
    const trouble = (): string | undefined => sightings.model.peers.get(address)?.trouble?.state;
    await until(sightings, "it is alone", () => trouble() === "alone");
    await cluster.add();
    await until(sightings, "it has joined another", () => trouble() === undefined);
  });

  test("asks each for its preset, also the one that it has once it is back", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 2, ...PRESETS.local }));
    const sightings = observe({ at: [cluster.peer(1).address] });
    const presets = (): (string | undefined)[] =>
      cluster.peers.map(({ address }) => sightings.model.peers.get(address)?.preset);
    await until(sightings, "both say it", () => presets().every((preset) => preset === "local"));
    await cluster.peer(2).kill();
    await link(sightings, cluster.peer(2).address, "unreachable");
    expect(presets()).toEqual(["local", undefined]);
    await cluster.peer(2).start();
    await until(sightings, "both say it again", () => presets().every((preset) => preset === "local"));
  });

  test("looks up a name again and again, and says so as long as nobody has it", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 1 }));
    const [, port] = cluster.peer(1).address.split(":");
    const sightings = observe({ at: [`localhost:${port ?? ""}`, "nobody.invalid:7946"] });
    await link(sightings, cluster.peer(1).address, "followed");
    expect(await link(sightings, "nobody.invalid:7946", "unreachable")).toBe("no such name");
    expect([...sightings.model.peers.keys()].sort()).toEqual([cluster.peer(1).address, "nobody.invalid:7946"]);
  });

  test("follows those alone that it was given, where it is told to", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 3, pingPeriodMs: 100 }));
    const { address } = cluster.peer(1);
    const sightings = observe({ at: [address], only: true });
    await until(sightings, "it lists three", () => sightings.model.peers.get(address)?.members?.size === 3);
    expect([...sightings.model.peers.keys()]).toEqual([address]);
  });

  test("follows others instead when it is told that peers are elsewhere, and by what they are called there", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 2, pingPeriodMs: 100 }));
    const [first, second] = [cluster.peer(1).address, cluster.peer(2).address];
    const sightings = new Sightings();
    const observer = keep(new Observer(sightings, { at: [first], only: true }));
    await link(sightings, first, "followed");
    observer.labels = new Map([[second, "the-second"]]);
    observer.at = [second];
    expect(await link(sightings, first, "unreachable")).toBe("its address is gone");
    await link(sightings, second, "followed");
    expect(sightings.model.peers.get(second)?.label).toBe("the-second");
  });

  test.each([
    ["rubbish instead of gRPC", () => socketThatSays("HTTP/1.1 200 OK\r\n\r\nhello"), /^(malformed|unreachable): /],
    ["nothing at all", () => socketThatSays(undefined), /^silent: no answer within 2000 ms$/],
    ["bytes that are no view", () => peerThatSays(() => Buffer.from("rubbish")), /^malformed: /],
    [
      "a view with a generation that cannot be",
      () => peerThatSays((own) => encodedView(own, [own], 0)),
      /^malformed: the answer is malformed: members\[0\]\.generation is 0; it must be a whole number from 1 to 2\^48$/,
    ],
  ])("shows a peer that says %s as what it is, and follows the others", async (_what, start, wanted) => {
    const impostor = keep(await start());
    const cluster = keep(await ProcessCluster.start({ peers: 1 }));
    const sightings = observe({ at: [impostor.address, cluster.peer(1).address] });
    await link(sightings, cluster.peer(1).address, "followed");
    const said = (): string => {
      const peer = sightings.model.peers.get(impostor.address);
      return peer === undefined ? "" : `${peer.link}: ${peer.why ?? ""}`;
    };
    await until(sightings, "the impostor is shown", () => wanted.test(said()));
  });

  test("does not believe a member that says it is somebody else", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 1 }));
    const { address } = cluster.peer(1);
    const liar = keep(await peerThatSays(() => encodedView(address, [address])));
    const speaker = keep(await peerThatSays((own) => encodedView(own, [own, liar.address, address])));
    const sightings = observe({ at: [speaker.address] });
    expect(await link(sightings, liar.address, "malformed")).toBe(`it says that it is ${address}`);
    await link(sightings, address, "followed");
    expect(sightings.model.peers.get(address)?.members?.size).toBe(1);
  });

  test("dials no more than its limit, whatever a liar lists", async () => {
    const many = Array.from({ length: 1000 }, (_, at) => `127.0.0.1:${10_000 + at}`);
    const liar = keep(await peerThatSays((own) => encodedView(own, [own, ...many])));
    const sightings = observe({ at: [liar.address] });
    await until(sightings, "it gives up on many", () => sightings.model.peers.size > 200);
    expect(sightings.model.peers.size).toBeLessThanOrEqual(250);
  });

  test("notices a stream that tells nothing of what changes, and shows the change all the same", async () => {
    let looks = 0;
    const stalled = keep(await peerThatSays((own) => encodedView(own, [own, "127.0.0.1:1"], 1 + looks++)));
    const sightings = observe({ at: [stalled.address], only: true });
    const why = await link(sightings, stalled.address, "silent");
    expect(why).toBe("its stream tells no changes, though there are some");
    expect(sightings.model.peers.get(stalled.address)?.members?.get("127.0.0.1:1")?.generation).toBeGreaterThan(1);
  });
});

function observe(options: ObserverOptions): Sightings {
  const sightings = new Sightings();
  keep(new Observer(sightings, options));
  return sightings;
}

async function until(sightings: Sightings, what: string, check: () => boolean): Promise<void> {
  const shown = (): string =>
    [...sightings.model.peers.values()].map((peer) => `${peer.address} ${peer.link} ${peer.why ?? ""}`).join("\n");
  await poll(
    what,
    WITHIN_MS,
    () => Promise.resolve(check()),
    () => Promise.resolve(shown()),
  );
}

/** Waits until the link to the peer is as wanted; resolves to why it is so. */
async function link(sightings: Sightings, address: string, wanted: ObservedPeer["link"]): Promise<string | undefined> {
  const peer = (): ObservedPeer | undefined => sightings.model.peers.get(address);
  await until(sightings, `${address} is ${wanted}`, () => peer()?.link === wanted);
  return peer()?.why;
}
