import { describe, expect, test } from "@jest/globals";
import { Model } from "../../src/observer/page/model.js";
import { readRecording, Recording } from "../../src/observer/page/recording.js";
import type { Kind, Member, Sighting, Status } from "../../src/observer/page/types.js";
import { SimulatedFeed } from "./support/simulated-feed.js";

const HOUR_MS = 3_600_000;

describe("the model", () => {
  test("groups those who list the same, whatever they hold of those who are gone", () => {
    const model = modelOf(
      [followed(1), followed(2), followed(3)],
      [view(1, [1, 2]), view(2, [1, 2, [3, "failed"]]), view(3, [3])],
    );
    expect(model.groups.map(({ peers }) => peers)).toEqual([[at(1), at(2)], [at(3)]]);
    expect(model.agreedSince).toBeUndefined();
    model.take({ ...change(3, "joined", 1), at: 20 });
    model.take({ ...change(3, "joined", 2), at: 21 });
    model.take({ ...change(3, "left", 3, "left"), at: 22 });
    expect(model.groups).toHaveLength(1);
    expect(model.agreedSince).toBe(22);
  });

  test("does not count who is no longer followed, and shows what it said last", () => {
    const model = modelOf([followed(1), followed(2)], [view(1, [1, 2]), view(2, [2])]);
    model.take({ at: 30, type: "link", peer: at(2), link: "silent", why: "no answer" });
    expect(model.groups.map(({ peers }) => peers)).toEqual([[at(1)]]);
    expect(model.peers.get(at(2))).toMatchObject({ link: "silent", since: 30, why: "no answer" });
    expect(model.peers.get(at(2))?.members?.size).toBe(1);
    model.take({ at: 40, type: "link", peer: at(2), link: "followed" });
    expect(model.groups).toHaveLength(2);
  });

  test("keeps the order of groups until a new one has lasted", () => {
    const model = modelOf([followed(1), followed(2)], [view(1, [1, 2]), view(2, [1, 2])]);
    const together = model.settledGroups(5000);
    model.take({ ...change(1, "failed", 2, "failed"), at: 5000 });
    expect(model.settledGroups(5500)).toEqual(together);
    expect(model.settledGroups(6000)).toHaveLength(2);
  });

  test("measures how news gets round: from the first who tells it to the last, those apart who cannot know", () => {
    const model = modelOf([followed(1), followed(2), followed(3), followed(4)], []);
    model.take({ ...change(1, "failed", 4, "failed"), at: 100 });
    model.take({ ...change(2, "failed", 4, "failed"), at: 103 });
    expect(model.news.items).toHaveLength(1);
    expect(model.news.items[0]).toMatchObject({ kind: "failed", subject: at(4), at: 100 });
    expect([...(model.news.items[0]?.waiting ?? [])]).toEqual([at(3)]);
    model.take({ at: 110, type: "view", peer: at(3), members: [member(4, "failed")] });
    expect(model.news.items[0]?.known.map(({ afterMs }) => afterMs)).toEqual([0, 3, 10]);
    expect(model.news.items[0]?.waiting.size).toBe(0);
  });

  test("takes the same change, told anew by one who had told it, for another", () => {
    const model = modelOf([followed(1), followed(2)], []);
    for (const time of [100, 200, 300]) {
      model.take({ ...change(1, "failed", 3, "failed"), at: time });
      model.take({ ...change(2, "failed", 3, "failed"), at: time + 1 });
    }
    expect(model.news.items.map(({ at: time, known }) => [time, known.length])).toEqual([
      [100, 2],
      [200, 2],
      [300, 2],
    ]);
  });

  test("holds a bounded part of what a liar claims", () => {
    const many = Array.from({ length: 5000 }, (_, number) => number);
    const model = modelOf([followed(1)], [view(1, many)]);
    expect(model.peers.get(at(1))?.members?.size).toBe(2000);
    model.take({ ...change(1, "joined", 9999), at: 50 });
    expect(model.peers.get(at(1))?.members?.size).toBe(2000);
  });
});

describe("the recording", () => {
  test("shows any moment of the past as it was shown then", () => {
    const feed = new SimulatedFeed({ peers: 4 });
    const then: [number, string][] = [];
    for (const act of [
      () => {
        feed.kill(2);
      },
      () => {
        feed.setMeta(3, { name: "new" });
      },
      () => {
        feed.start(2);
      },
      () => {
        feed.pause(1);
      },
    ]) {
      feed.pass(1); // what happens at one moment cannot be told apart afterwards
      act();
      feed.pass(3000);
      then.push([feed.journal.now(), shown(feed.journal.model)]);
    }
    for (const [moment, picture] of then) expect(shown(feed.journal.recording.at(moment).model)).toEqual(picture);
    let past = feed.journal.recording.at(-Infinity);
    for (const [moment, picture] of then) {
      past = feed.journal.recording.at(moment, past);
      expect(shown(past.model)).toEqual(picture);
    }
  });

  test("is the same after it was saved and read", () => {
    const feed = new SimulatedFeed({ peers: 3 });
    const { recording } = feed.journal;
    const read = readRecording(JSON.parse(JSON.stringify(recording)));
    expect(read.until).toBe(recording.until);
    expect(shown(read.at(Infinity).model)).toEqual(shown(feed.journal.model));
  });

  test("makes room by forgetting how things came about, and not how they stand", () => {
    const recording = new Recording(100);
    const whole = new Model();
    for (let time = 1; time <= 1000; time++) {
      const sighting: Sighting =
        time < 4
          ? { ...followed(time), at: time }
          : {
              ...change(
                1 + (time % 3),
                time % 2 === 0 ? "joined" : "failed",
                time % 7,
                time % 2 === 0 ? "alive" : "failed",
              ),
              at: time,
            };
      recording.add(sighting);
      whole.take(sighting);
      expect(recording.weight).toBeLessThanOrEqual(100);
    }
    expect(recording.cuts).toBeGreaterThan(10);
    expect(recording.from).toBeGreaterThan(900);
    expect(standing(recording.at(Infinity).model)).toEqual(standing(whole));
  });

  test("and all that is kept with it stay bounded over an hour of churn", () => {
    const room = 1000;
    const feed = new SimulatedFeed({ peers: 4, room });
    const { journal } = feed;
    for (let step = 0; feed.simulation.now < HOUR_MS; step++) {
      const number = 2 + (step % 3);
      feed.kill(number);
      feed.pass(12_000);
      feed.start(number);
      feed.setMeta(1, { name: `name-${step}` });
      feed.pass(8000);
    }
    expect(journal.recording.cuts).toBeGreaterThan(1);
    expect(journal.recording.weight).toBeLessThanOrEqual(room);
    expect(journal.model.news.items.length).toBeLessThanOrEqual(300);
    expect(journal.model.links.length).toBeLessThanOrEqual(2000);
    expect(journal.model.peers.size).toBe(4);
    expect(standing(journal.recording.at(Infinity).model)).toEqual(standing(journal.model));
  });

  test.each([
    [null, "it is not an object"],
    [{ format: "gossip-recording", version: 2 }, "it is no recording of the observer"],
    [saved({ at: "soon" }), "sightings[0].at is not a number from 0 to 2^53"],
    [saved({ type: "rumour" }), "sightings[0].type is none of link, view, change, forgotten"],
    [
      saved({ type: "link", link: "friendly" }),
      "sightings[0].link is none of followed, silent, unreachable, malformed",
    ],
    [saved({ type: "view", members: [{ address: 5 }] }), "sightings[0].members[0].address is not a text"],
    [
      saved({ type: "change", kind: "failed", member: { ...member(1), status: "dead" } }),
      "sightings[0].member.status is none of",
    ],
    [saved({}, { at: 3 }), "sightings[1].at is before the one that precedes it"],
  ])("is not read from %j, and the error says why", (value, complaint) => {
    expect(() => readRecording(value)).toThrow(complaint);
  });
});

function at(number: number): string {
  return `198.18.${number >> 8}.${number & 255}:7946`;
}

function member(number: number, status: Status = "alive"): Member {
  return { address: at(number), status, generation: 1, incarnation: 0, meta: {} };
}

function followed(number: number): Sighting {
  return { at: 10, type: "link", peer: at(number), link: "followed" };
}

function view(number: number, members: readonly (number | [number, Status])[]): Sighting {
  const all = members.map((each) => (typeof each === "number" ? member(each) : member(...each)));
  return { at: 11, type: "view", peer: at(number), members: all };
}

function change(
  number: number,
  kind: Kind,
  of: number,
  status: Status = "alive",
): Extract<Sighting, { type: "change" }> {
  return { at: 12, type: "change", peer: at(number), kind, member: member(of, status) };
}

function modelOf(...sightings: Sighting[][]): Model {
  const model = new Model();
  for (const sighting of sightings.flat()) model.take(sighting);
  return model;
}

function saved(...changes: object[]): unknown {
  const sightings = changes.map((each) => ({ at: 5, type: "forgotten", peer: at(1), ...each }));
  return { format: "gossip-recording", version: 1, sightings, until: 5 };
}

/** Who believes what. */
function standing(model: Model): unknown {
  const byAddress = (a: { address: string }, b: { address: string }): number => (a.address < b.address ? -1 : 1);
  const peers = [...model.peers.values()].sort(byAddress);
  return peers.map(({ address, link, members }) => [address, link, [...(members?.values() ?? [])].sort(byAddress)]);
}

/** All that the page is drawn from, as it is now. */
function shown(model: Model): string {
  const news = model.news.items.map((item) => ({ ...item, waiting: [...item.waiting] }));
  return JSON.stringify([standing(model), news, model.links, model.groups, model.agreedSince], undefined, 1);
}
