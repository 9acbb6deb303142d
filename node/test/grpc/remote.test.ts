import { status, type sendUnaryData } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import type { GetStateResponse } from "../../src/grpc/generated/gossip/v1/GetStateResponse.js";
import type { MembershipServiceHandlers } from "../../src/grpc/generated/gossip/v1/MembershipService.js";
import type { GetTrafficResponse } from "../../src/grpc/generated/gossip/v1/GetTrafficResponse.js";
import type { Snapshot } from "../../src/grpc/generated/gossip/v1/Snapshot.js";
import type { WatchMembersResponse } from "../../src/grpc/generated/gossip/v1/WatchMembersResponse.js";
import { schema } from "../../src/grpc/schema.js";
import {
  GossipError,
  RemotePeer,
  type PeerOptions,
  type PeerReport,
  type Preset,
  type Traffic,
  type Watched,
} from "../../src/index.js";
import { ROUND_TRIP_BOUNDS_MS, trafficBetween } from "../../src/testbed.js";
import { agreed, freePort, list, peerOf, startPeer, startPeers, within } from "../support/peers.js";
import { startPeerProgram } from "../support/programs.js";
import { serve } from "../support/servers.js";
import { listenSilently } from "../support/tcp.js";
import { inTime, until } from "../support/wait.js";

/** Within this a watcher learns that what it watches has ended. */
const END_MS = 5000;
/** Within this reports come of which there are two a second. */
const SOON_MS = 5000;

/** The options with which a peer has the times of its preset, and not those of tests. */
const UNHURRIED = { pingPeriodMs: undefined, exchangeTimeoutMs: undefined };

async function using<T>(remote: RemotePeer, work: (remote: RemotePeer) => Promise<T>): Promise<T> {
  try {
    return await work(remote);
  } finally {
    remote.close();
  }
}

/** Collects what is watched until the signal aborts, and how the watching ended. */
function watching(remote: RemotePeer, signal?: AbortSignal): { seen: Watched[]; end: Promise<unknown> } {
  const seen: Watched[] = [];
  const follow = async (): Promise<void> => {
    for await (const each of remote.watch(signal)) seen.push(each);
  };
  return { seen, end: follow().catch((error: unknown) => error) };
}

describe("getMembers", () => {
  test("shows what the peer itself lists, in the order of the addresses", async () => {
    const peers = await startPeers(2);
    const [first] = peers;
    await until(within(2).joinMs, "they find each other", () => agreed(peers));
    const { address, members } = await using(new RemotePeer(first.address), (remote) => remote.getMembers());
    expect(address).toBe(first.address);
    const sorted = [...first.getView()].sort((a, b) => (a.address < b.address ? -1 : 1));
    expect(members).toEqual(sorted);
    expect(members.map((member) => member.meta.name).sort()).toEqual(["p0", "p1"]);
  });

  test("shows those who are gone only when asked for them", async () => {
    const peers = await startPeers(2);
    const [first, second] = peers;
    await until(within(2).joinMs, "they find each other", () => agreed(peers));
    await second?.stop();
    await until(within(2).leaveMs, "the leave is known", () => list(first).length === 1);
    await using(new RemotePeer(first.address), async (remote) => {
      expect((await remote.getMembers()).members.map(({ address }) => address)).toEqual([first.address]);
      const all = (await remote.getMembers({ includeGone: true })).members;
      expect(all.find(({ address }) => address === second?.address)).toMatchObject({ status: "left" });
    });
  });
});

describe("getTraffic", () => {
  test("brings what the peer itself has counted", async () => {
    const peers = await startPeers(2);
    const [first] = peers;
    await until(within(2).joinMs, "they find each other", () => agreed(peers));
    const before = first.traffic();
    const told = await using(new RemotePeer(first.address), (remote) => remote.getTraffic());
    if (told === undefined) throw new Error("the peer publishes nothing");
    const sinceBefore = trafficBetween(before, told);
    expect(sinceBefore).toBeDefined();
    expect(trafficBetween(told, first.traffic())).toBeDefined();
    expect(told.exchanges.asked + told.exchanges.answered).toBeGreaterThan(0);
  });
});

describe("getState", () => {
  test("gives what the peer says of itself", async () => {
    const peer = await startPeer();
    expect(await using(new RemotePeer(peer.address), (remote) => remote.getState())).toEqual(peer.state);
  });

  test.each<[string, Partial<PeerOptions>, Preset | undefined]>([
    ["lan where nothing was set", {}, "lan"],
    ["the one that was named", { preset: "quick" }, "quick"],
    ["the one that has the times which were set one by one", { suspicionTimeouts: 3 }, "quick"],
    ["none where the one that was named has another time", { preset: "quick", gatherMs: 6 }, undefined],
  ])("gives the preset of the peer: %s", async (_, options, preset) => {
    const peer = await startPeer({ ...UNHURRIED, ...options });
    const state = await using(new RemotePeer(peer.address), (remote) => remote.getState());
    expect(state).toEqual({ ...peer.state, preset });
  });

  test("gives no preset of a peer that does not say which it has", async () => {
    const address = await serve(schema.MembershipService.service, {
      GetState: (_: unknown, callback: sendUnaryData<GetStateResponse>) => {
        callback(null, { state: "STATE_JOINED" });
      },
    });
    const state = await using(new RemotePeer(address), (remote) => remote.getState());
    expect(state).toEqual({ name: "joined", reason: "" });
  });
});

describe("watch", () => {
  test("begins with the view and goes on with every change, until it is aborted, which is no error", async () => {
    const peer = await startPeer({ meta: { name: "before" } });
    const stop = new AbortController();
    await using(new RemotePeer(peer.address), async (remote) => {
      const { seen, end } = watching(remote, stop.signal);
      await until(within(1).joinMs, "the snapshot comes", () => seen.length === 1);
      peer.updateMeta({ name: "after" });
      await until(within(1).updateMs, "the event comes", () => seen.length === 2);
      stop.abort();
      expect(await end).toBeUndefined();
      expect(seen).toMatchObject([
        { type: "snapshot", address: peer.address, members: [{ meta: { name: "before" } }] },
        { type: "event", event: { kind: "updated", member: { address: peer.address, meta: { name: "after" } } } },
      ]);
    });
  });

  test("that was aborted before it began ends at once", async () => {
    const peer = await startPeer();
    await using(new RemotePeer(peer.address), async (remote) => {
      const { end } = watching(remote, AbortSignal.abort());
      let over = false;
      void end.then(() => (over = true));
      await until(within(1).joinMs, "the watching ends", () => over);
    });
  });

  test("ends with `unavailable` when the peer crashes", async () => {
    const program = await startPeerProgram();
    await using(new RemotePeer(program.address), async (remote) => {
      const { seen, end } = watching(remote);
      await until(within(1).joinMs, "the snapshot comes", () => seen.length === 1);
      program.child.kill("SIGKILL");
      expect(await inTime(END_MS, "the watching ends", end)).toMatchObject({
        code: "unavailable",
        message: expect.stringContaining(program.address),
      });
    });
  });

  test("ends with `unavailable` when the peer leaves", async () => {
    const peer = await startPeer();
    await using(new RemotePeer(peer.address), async (remote) => {
      const { seen, end } = watching(remote);
      await until(within(1).joinMs, "the snapshot comes", () => seen.length === 1);
      await peer.stop();
      expect(await inTime(END_MS, "the watching ends", end)).toMatchObject({ code: "unavailable" });
    });
  });

  test("leaves nothing behind at the peer when it ends", async () => {
    const peer = await startPeer();
    await using(new RemotePeer(peer.address), async (remote) => {
      const stop = new AbortController();
      const { seen, end } = watching(remote, stop.signal);
      await until(within(1).joinMs, "the snapshot comes", () => seen.length === 1);
      expect(peer.listenerCount("joined")).toBe(1);
      stop.abort();
      await end;
      await until(within(1).leaveMs, "the peer lets go of the watcher", () => peer.listenerCount("joined") === 0);
    });
  });
});

describe("follow", () => {
  test("brings reports as often as asked, but not more than twice a second, and a hash that changes with the view", async () => {
    const peer = await startPeer({ preset: "local", ...UNHURRIED });
    const stop = new AbortController();
    await using(new RemotePeer(peer.address), async (remote) => {
      const reports: PeerReport[] = [];
      let everyMs = NaN;
      const reading = (async () => {
        for await (const each of remote.follow({ reportEveryMs: 1, signal: stop.signal })) {
          if (each.type === "snapshot") everyMs = each.reportsEveryMs;
          if (each.type === "report") reports.push(each);
        }
      })();
      await until(SOON_MS, "two reports come", () => reports.length === 2);
      expect(everyMs).toBe(500);
      expect(reports[0]?.viewHash).toBe(reports[1]?.viewHash);
      expect(reports[0]?.state).toEqual({ ...peer.state, preset: "local" });
      expect(
        trafficBetween(...(reports.slice(0, 2).map(({ traffic }) => traffic) as [Traffic, Traffic])),
      ).toBeDefined();
      peer.updateMeta({ name: "after" });
      await until(SOON_MS, "the hash is another", () => reports.at(-1)?.viewHash !== reports[0]?.viewHash);
      stop.abort();
      await reading;
    });
  });

  test("brings no report where none is asked for", async () => {
    const peer = await startPeer();
    await using(new RemotePeer(peer.address), async (remote) => {
      for await (const first of remote.follow({})) {
        expect(first).toMatchObject({ type: "snapshot", reportsEveryMs: 0 });
        break;
      }
    });
  });
});

describe("the admin calls", () => {
  test("change the peer: a seed, new metadata, a leave", async () => {
    const adminAddress = `127.0.0.1:${await freePort()}`;
    const [peer, other] = await Promise.all([startPeer({ adminAddress }), startPeer()]);
    await using(new RemotePeer(peer.address, { adminAddress }), async (remote) => {
      await remote.addSeed(other.address);
      await until(within(2).joinMs, "the seed is joined", () => list(peer).includes(other.address));
      await remote.updateMeta({ name: "new", tags: { zone: "b" } });
      expect(peer.getMembers().get(peer.address)).toEqual({ name: "new", tags: { zone: "b" } });
      await remote.leave();
      await until(within(2).leaveMs, "the leave is known", () => list(other).length === 1);
    });
    await peer.stop();
  });

  test("that the peer refuses reject with its reason", async () => {
    const adminAddress = `127.0.0.1:${await freePort()}`;
    await startPeer({ adminAddress });
    await using(new RemotePeer(adminAddress), async (remote) => {
      await expect(remote.addSeed("nowhere")).rejects.toThrow(/INVALID_ARGUMENT: .*no port/);
    });
  });
});

describe("a peer that cannot be asked", () => {
  test("shows whether anybody was there to connect to", async () => {
    for (const [address, isThere] of [
      [await listenSilently(), true],
      [`127.0.0.1:${await freePort()}`, false],
    ] as const) {
      await using(new RemotePeer(address, { timeoutMs: 200 }), async (remote) => {
        expect(remote.hasConnected).toBe(false);
        await expect(remote.getMembers()).rejects.toThrow(GossipError);
        expect(remote.hasConnected).toBe(isThere);
      });
    }
  });

  test("because nobody listens there is `unavailable`, by its address", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await using(new RemotePeer(address), async (remote) => {
      await expect(remote.getMembers()).rejects.toMatchObject({
        name: "GossipError",
        code: "unavailable",
        message: expect.stringContaining(address),
      });
    });
  });

  test("because it keeps silent is `unavailable` after timeoutMs", async () => {
    const address = await listenSilently();
    const began = performance.now();
    await using(new RemotePeer(address, { timeoutMs: 200 }), async (remote) => {
      await expect(remote.getMembers()).rejects.toThrow(/DEADLINE_EXCEEDED/);
    });
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test("because its address is none is refused before anything is dialled", () => {
    expect(() => new RemotePeer("nowhere")).toThrow(GossipError);
    expect(() => new RemotePeer("127.0.0.1:1", { adminAddress: "" })).toThrow(/no port/);
  });

  test("because it has not begun or has ended is `unavailable`", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const peer = peerOf({ address });
    await using(new RemotePeer(address), async (remote) => {
      await expect(remote.getMembers()).rejects.toMatchObject({ code: "unavailable" });
    });
    await peer.run();
    await using(new RemotePeer(address), async (remote) => {
      await expect(remote.getMembers()).resolves.toHaveProperty("address", address);
    });
    await peer.stop();
    await using(new RemotePeer(address), async (remote) => {
      await expect(remote.getMembers()).rejects.toMatchObject({ code: "unavailable" });
    });
  });
});

describe("a peer whose answer is malformed", () => {
  /** The address of a server that answers with that view, a watcher with those messages, and with that traffic, if any. */
  async function impostor(
    view: Snapshot,
    messages: readonly WatchMembersResponse[],
    traffic: GetTrafficResponse | null = null,
  ): Promise<string> {
    const handlers: MembershipServiceHandlers = {
      GetMembers: (_, callback) => {
        callback(null, view);
      },
      WatchMembers: (call) => {
        for (const message of messages) call.write(message);
      },
      GetTraffic: (_, callback) => {
        callback(traffic === null ? { code: status.UNIMPLEMENTED } : null, traffic);
      },
      GetState: (_, callback) => {
        callback({ code: status.UNIMPLEMENTED });
      },
    };
    return serve(schema.MembershipService.service, { ...handlers });
  }

  const member = { address: "a:1", generation: 1, incarnation: 0, status: "STATUS_ALIVE" } as const;
  test.each<[string, Snapshot, RegExp]>([
    ["an address that is none", { address: "\u001b[2J", members: [member] }, /malformed: address: .*no port/],
    ["no address", { members: [] }, /malformed: address: /],
    ["a member without generation", { address: "a:1", members: [{ ...member, generation: 0 }] }, /members\[0\]/],
  ])("with %s is `unavailable`, with the name of the field", async (_, view, field) => {
    const address = await impostor(view, [{ snapshot: view }]);
    const unavailable = {
      name: "GossipError",
      code: "unavailable",
      message: expect.stringMatching(new RegExp(`^${address}: .*${field.source}`)),
    };
    await using(new RemotePeer(address), async (remote) => {
      await expect(remote.getMembers()).rejects.toMatchObject(unavailable);
      await expect(remote.watch().next()).rejects.toMatchObject(unavailable);
    });
  });

  const counts = ROUND_TRIP_BOUNDS_MS.map(() => 0);
  test.each<[string, GetTrafficResponse, RegExp]>([
    ["no start", { roundTrips: [...counts, 0] }, /malformed: started_at_ms is 0; .* from 1 to 2\^48$/],
    [
      "a count above all",
      { startedAtMs: 1, bytesSent: 2 ** 48 + 1, roundTrips: [...counts, 0] },
      /malformed: bytes_sent is 281474976710657; /,
    ],
    ["too few round trips", { startedAtMs: 1, roundTrips: counts }, /round_trips has 24 entries; there must be 25/],
    ["too many", { startedAtMs: 1, roundTrips: [...counts, 0, 0] }, /round_trips has 26 entries/],
    ["one that cannot be", { startedAtMs: 1, roundTrips: [...counts, 2 ** 60] }, /malformed: round_trips\[24\] is /],
  ])("with traffic of %s is `unavailable`, with the name of the field", async (_, traffic, field) => {
    const address = await impostor({}, [], traffic);
    await using(new RemotePeer(address), async (remote) => {
      await expect(remote.getTraffic()).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringMatching(field),
      });
    });
  });

  test("but for traffic, which it does not publish: then there is none", async () => {
    const address = await impostor({}, []);
    await using(new RemotePeer(address), async (remote) => {
      await expect(remote.getTraffic()).resolves.toBeUndefined();
    });
  });

  test("but in what only a later version knows is passed over by who watches", async () => {
    const snapshot = { address: "a:1", members: [member] };
    const event = { kind: 99 as never, member };
    const address = await impostor(snapshot, [{}, { event }, { snapshot }]);
    await using(new RemotePeer(address), async (remote) => {
      expect(await remote.watch().next()).toMatchObject({ value: { type: "snapshot", address: "a:1" } });
    });
  });
});
