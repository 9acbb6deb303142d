import { describe, expect, test } from "@jest/globals";
import { PRESETS } from "gossip-peer";
import { ROUND_TRIP_BOUNDS_MS } from "gossip-peer/testbed";
import { figuresOf } from "../../src/observer/figures.js";
import { Model } from "../../src/observer/page/model.js";
import { belief } from "../../src/observer/page/sentences.js";
import { patienceOf } from "../../src/observer/page/patience.js";
import { readRecording } from "../../src/observer/page/read-recording.js";
import { Recording } from "../../src/observer/page/recording.js";
import { figureOf, sorted, TOO_LONG, totals, type Figure } from "../../src/observer/page/traffic.js";
import type { ChangeKind, Condition, Figures, Member, Sighting, Status } from "../../src/observer/page/types.js";
import { SimulatedFeed } from "../support/simulated-feed.js";

const HOUR_MS = 3_600_000;
const NO_BYTES = { sent: 0, received: 0 };

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

describe("what is told of a belief", () => {
  const told = (model: Model, now: number): Record<string, string> =>
    Object.fromEntries(belief(model, { by: at(1), of: at(2), now }).details);

  test("is since when it is held and why, which news of the same life does not change", () => {
    const model = modelOf([followed(1), followed(2)], [view(1, [1, 2])]);
    expect(told(model, 5000)["since"]).toMatch(/^[\d:]+ or before$/);
    model.take({ ...change(1, "suspected", 2, "suspect"), at: 10_000 });
    model.take({ ...change(1, "failed", 2, "failed"), at: 12_000 });
    model.take({ ...view(1, [1, [2, "failed"]]), at: 14_000 });
    expect(told(model, 20_000)).toMatchObject({
      since: expect.stringMatching(/^[\d:]+, for 8 s$/),
      because: "it neither answered nor denied the suspicion in time",
    });
  });

  test("is also how it stands with the other in fact, and what was done to it", () => {
    const model = modelOf([followed(1), followed(2)], [view(1, [1, 2])]);
    model.take({ at: 10_000, type: "conditions", peers: [frozen(2)] });
    model.take({ at: 12_000, type: "link", peer: at(2), link: "silent" });
    expect(told(model, 15_000)).toMatchObject({
      observed: "silent for 3 s",
      condition: "frozen, side B, hears nothing of peer 1, loss 20%",
    });
  });
});

describe("what keeps a peer from the others", () => {
  const trouble = {
    at: 20,
    type: "state",
    peer: at(1),
    state: "unreachable",
    reason: "others cannot call it",
  } as const;

  test("is known by its own word, until it has joined or is lost", () => {
    const model = modelOf([followed(1)], []);
    expect(model.peers.get(at(1))?.trouble).toBeUndefined();
    model.take(trouble);
    expect(model.peers.get(at(1))?.trouble).toEqual({ state: "unreachable", reason: "others cannot call it" });
    expect(model.summary()).toContainEqual(trouble);
    model.take({ at: 21, type: "state", peer: at(1), state: "joined", reason: "" });
    expect(model.peers.get(at(1))?.trouble).toBeUndefined();
    model.take({ ...trouble, at: 22 });
    model.take({ at: 30, type: "link", peer: at(1), link: "silent" });
    expect(model.peers.get(at(1))?.trouble).toBeUndefined();
  });
});

describe("the patience of the cluster", () => {
  const says = (number: number, preset?: string): Sighting => {
    const said = { at: 20, type: "state", peer: at(number), state: "joined", reason: "" } as const;
    return preset === undefined ? said : { ...said, preset };
  };
  const three = [followed(1), followed(2), followed(3)];

  test("is the one preset that all say, with what it is for and what it means", () => {
    expect(patienceOf(modelOf(three, [says(1, "lan"), says(2, "lan"), says(3, "lan")]))).toEqual({
      names: "lan",
      note: "for a local network",
      meaning: "lan, for a local network: a member that is frozen for up to 2 s keeps its place",
    });
  });

  test("is every preset that somebody says, that of most first, with how many say each and how many none", () => {
    const { names, note, meaning } = patienceOf(
      modelOf(three, [followed(4), says(1, "lan"), says(2, "quick"), says(3, "quick"), says(4)]),
    );
    expect([names, note]).toEqual(["quick, lan", "2 quick · 1 lan · not said by 1"]);
    expect(meaning.split("\n")).toEqual([expect.stringMatching(/^quick, .* 0\.9 s /), expect.stringMatching(/^lan, /)]);
  });

  test("is a dash where nobody says a preset, as in a recording of before peers said it", () => {
    const recording = readRecording(saved({ ...followed(1), at: 5 }, { ...says(1), at: 5 }));
    expect(patienceOf(recording.at(Infinity).model)).toMatchObject({ names: "–", note: "" });
  });

  test("is that of the peers that are followed: one that is lost may come back with another", () => {
    const model = modelOf(three, [says(1, "lan"), says(2, "lan"), says(3, "wan")]);
    expect(patienceOf(model).names).toBe("lan, wan");
    model.take({ at: 30, type: "link", peer: at(3), link: "silent" });
    expect(patienceOf(model).names).toBe("lan");
    model.take({ at: 31, type: "link", peer: at(3), link: "followed" });
    expect(patienceOf(model).note).toBe("2 lan · not said by 1");
  });

  test("is in what is kept of the past, and in a recording that is saved", () => {
    const trouble = { at: 20, type: "state", peer: at(2), state: "alone", reason: "nobody", preset: "local" } as const;
    const model = modelOf([followed(1), followed(2)], [says(1, "local"), trouble]);
    expect(model.summary()).toEqual(expect.arrayContaining([says(1, "local"), trouble]));
    const recording = readRecording(saved({ ...followed(1), at: 5 }, { ...says(1, "wan"), at: 5 }));
    expect(patienceOf(recording.at(Infinity).model).names).toBe("wan");
  });

  test("has a meaning for each preset there is, and a name for one that the page does not know", () => {
    for (const preset of Object.keys(PRESETS))
      expect(patienceOf(modelOf([followed(1)], [says(1, preset)])).meaning).toMatch(/ s keeps its place$/);
    expect(patienceOf(modelOf([followed(1)], [says(1, "constructor")]))).toEqual({
      names: "constructor",
      note: "1 peer",
      meaning: "constructor: a preset that this page does not know",
    });
  });
});

describe("what the talk costs", () => {
  test("is shown as it was lately, as long as the peer is followed", () => {
    const model = modelOf([followed(1)], []);
    expect(model.peers.get(at(1))?.traffic).toBeUndefined();
    model.take(traffic(1, { sent: 8000, forMs: 4000, p99: 7 }));
    const cost = model.peers.get(at(1))?.traffic;
    expect([figureOf(cost, "sent"), figureOf(cost, "p99"), figureOf(cost, "p50")]).toEqual([2000, 7, undefined]);
    model.take(traffic(1, null));
    expect(model.peers.get(at(1))?.traffic).toBeNull();
    model.take(traffic(1, {}));
    model.take({ at: 30, type: "link", peer: at(1), link: "silent" });
    expect(model.peers.get(at(1))?.traffic).toBeUndefined();
  });

  test("is added up over those who publish it; those who do not are counted", () => {
    const model = modelOf([followed(1), followed(2), followed(3), followed(4)], []);
    model.take(traffic(1, { sent: 1000, exchanges: 10, forMs: 1000, p99: 5 }));
    model.take(traffic(2, { sent: 1000, exchanges: 10, forMs: 2000, p99: TOO_LONG }));
    model.take(traffic(3, null));
    expect(totals(model)).toEqual({ known: 2, silent: 1, sent: 1500, exchanges: 15, p99: TOO_LONG });
    expect(totals(new Model())).toEqual({ known: 0, silent: 0, sent: 0, exchanges: 0, p99: 0 });
  });

  test("can be sorted by each figure, with those at the end of whom there is none", () => {
    const model = modelOf([followed(1), followed(2), followed(3), followed(4)], []);
    model.take(traffic(1, { sent: 2000, p50: 1 }));
    model.take(traffic(3, { sent: 3000 }));
    model.take(traffic(4, { sent: 1000, p50: 3 }));
    const order = (figure: Figure, isDescending: boolean): (string | undefined)[] =>
      sorted([...model.peers.values()], figure, { isDescending }).map(({ address }) => address);
    expect(order("sent", true)).toEqual([at(3), at(1), at(4), at(2)]);
    expect(order("sent", false)).toEqual([at(4), at(1), at(3), at(2)]);
    expect(order("p50", true)).toEqual([at(4), at(1), at(2), at(3)]);
  });

  test("is the difference of two looks; of different lives there is none", () => {
    const counts = ROUND_TRIP_BOUNDS_MS.map(() => 0);
    const look = { startedAtMs: 5, runningForMs: 1000, unanswered: 1, roundTrips: [...counts, 0] };
    const none = { asked: 0, answered: 0 };
    const earlier = { ...look, exchanges: none, probes: none, messages: NO_BYTES, bytes: NO_BYTES };
    const later = {
      ...earlier,
      runningForMs: 5000,
      exchanges: { asked: 8, answered: 9 },
      bytes: { sent: 400, received: 300 },
      roundTrips: [98, ...counts.slice(1), 2],
    };
    expect(figuresOf(earlier, later)).toEqual({
      forMs: 4000,
      exchanges: 8,
      unanswered: 0,
      sent: 400,
      received: 300,
      p50: 0.5,
      p99: TOO_LONG,
      total: 700,
    });
    expect(TOO_LONG).toBeGreaterThan(Math.max(...ROUND_TRIP_BOUNDS_MS));
    expect(figuresOf(earlier, { ...later, startedAtMs: 6 })).toBeUndefined();
    expect(figuresOf(earlier, earlier)).toBeUndefined();
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
        const cost = traffic(1, { sent: 5, p50: 2 }).traffic;
        feed.sightings.note({ type: "traffic", peer: feed.address(1), traffic: cost });
      },
      () => {
        feed.start(2);
      },
      () => {
        feed.pause(1);
      },
    ]) {
      feed.pass(1); // two things of the same moment cannot be told apart in a recording
      act();
      feed.pass(3000);
      then.push([feed.sightings.now(), shown(feed.sightings.model)]);
    }
    for (const [moment, picture] of then) expect(shown(feed.sightings.recording.at(moment).model)).toEqual(picture);
    let past = feed.sightings.recording.at(-Infinity);
    for (const [moment, picture] of then) {
      past = feed.sightings.recording.at(moment, past);
      expect(shown(past.model)).toEqual(picture);
    }
  });

  test("is the same after it was saved and read", () => {
    const feed = new SimulatedFeed({ peers: 3 });
    const { recording } = feed.sightings;
    feed.sightings.note({ type: "conditions", peers: [frozen(2)] });
    const read = readRecording(JSON.parse(JSON.stringify(recording)));
    expect(read.until).toBe(recording.until);
    expect(shown(read.at(Infinity).model)).toEqual(shown(feed.sightings.model));
  });

  test("is read from version 1 as well, where a command was called a deed", () => {
    const kill = { what: "kill peer 3", since: 4, problem: "peer 3 is down" };
    const old = { format: "gossip-recording", version: 1, sightings: [{ at: 5, type: "deed", ...kill }], until: 6 };
    const read = readRecording(old);
    expect(read.at(Infinity).model.commands).toEqual([{ at: 5, type: "command", ...kill }]);
    expect(readRecording(JSON.parse(JSON.stringify(read)))).toEqual(read);
    expect(() => readRecording({ ...old, version: 2 })).toThrow("sightings[0].type is none of link, view, change");
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

  test("keeps the last conditions when it makes room", () => {
    const recording = new Recording(20);
    for (let time = 1; time <= 100; time++)
      recording.add({ at: time, type: "conditions", peers: time % 2 === 0 ? [frozen(1)] : [frozen(1), frozen(2)] });
    expect(recording.cuts).toBeGreaterThan(1);
    expect(recording.at(Infinity).model.conditions).toEqual([frozen(1)]);
  });

  test("forgets the older figures before anything that happened", () => {
    const recording = new Recording(100);
    const command: Sighting = { at: 9, type: "command", what: "kill peer 3", since: 8 };
    const happened = [followed(1), followed(2), change(1, "joined", 3), change(1, "failed", 3, "failed"), command];
    for (const sighting of happened) recording.add({ ...sighting, at: 9 });
    const figures = Array.from({ length: 1000 }, (_, at) => traffic(1 + (at % 2), { exchanges: at }));
    figures.forEach((figure, at) => {
      recording.add({ ...figure, at: 10 + at });
    });
    expect(recording.cuts).toBeGreaterThan(10);
    expect(recording.weight).toBeLessThanOrEqual(100);
    expect(recording.sightings.slice(0, happened.length)).toMatchObject(happened.map((each) => ({ ...each, at: 9 })));
    expect(recording.sightings.slice(-50)).toMatchObject(
      figures.slice(-50).map(({ peer, traffic }) => ({ peer, traffic })),
    );
  });

  test("and all that is kept with it stay bounded over an hour of churn", () => {
    const room = 1000;
    const feed = new SimulatedFeed({ peers: 4, room });
    const { sightings } = feed;
    for (let step = 0; feed.simulation.now < HOUR_MS; step++) {
      const number = 2 + (step % 3);
      feed.kill(number);
      feed.pass(12_000);
      feed.start(number);
      feed.setMeta(1, { name: `name-${step}` });
      feed.pass(8000);
    }
    expect(sightings.recording.cuts).toBeGreaterThan(1);
    expect(sightings.recording.weight).toBeLessThanOrEqual(room);
    expect(sightings.model.news.items.length).toBeLessThanOrEqual(300);
    expect(sightings.model.links.length).toBeLessThanOrEqual(2000);
    expect(sightings.model.peers.size).toBe(4);
    expect(standing(sightings.recording.at(Infinity).model)).toEqual(standing(sightings.model));
  });

  test.each([
    [null, "it is not an object"],
    [{ format: "gossip-recording", version: 4 }, "it is no recording of the observer"],
    [saved({ at: "soon" }), "sightings[0].at is not a number from 0 to 2^53"],
    [
      saved({ type: "rumour" }),
      "sightings[0].type is none of link, view, change, traffic, state, conditions, forgotten",
    ],
    [
      saved({ type: "link", link: "friendly" }),
      "sightings[0].link is none of followed, silent, unreachable, malformed",
    ],
    [saved({ type: "view", members: [{ address: 5 }] }), "sightings[0].members[0].address is not a text"],
    [saved({ type: "traffic", traffic: {} }), "sightings[0].traffic.forMs is not a number from 0 to 2^53"],
    [saved({ type: "state", state: "alone" }), "sightings[0].reason is not a text of at most"],
    [saved({ type: "state", state: "alone", reason: "", preset: 2 }), "sightings[0].preset is not a text of at most"],
    [
      saved({ type: "conditions", peers: [{ ...frozen(1), state: "tired" }] }),
      "sightings[0].peers[0].state is none of",
    ],
    [
      saved({ type: "conditions", peers: [{ ...frozen(1), faults: [5] }] }),
      "sightings[0].peers[0].faults[0] is not a text",
    ],
    [saved({ ...traffic(1, { forMs: 0 }), at: 5 }), "sightings[0].traffic.forMs is 0"],
    [saved({ ...traffic(1, { p99: -1 }), at: 5 }), "sightings[0].traffic.p99 is not a number"],
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
  kind: ChangeKind,
  of: number,
  status: Status = "alive",
): Extract<Sighting, { type: "change" }> {
  return { at: 12, type: "change", peer: at(number), kind, member: member(of, status) };
}

/** The figures of a peer for one second in which nothing happened, but for those that are given. */
function frozen(peer: number): Condition {
  return { peer, address: at(peer), state: "paused", side: "B", deafTo: "peer 1", faults: ["loss 20%"] };
}

function traffic(number: number, figures: Partial<Figures> | null): Extract<Sighting, { type: "traffic" }> {
  const nothing = { forMs: 1000, exchanges: 0, unanswered: 0, sent: 0, received: 0, p50: null, p99: null, total: 0 };
  return { at: 13, type: "traffic", peer: at(number), traffic: figures && { ...nothing, ...figures } };
}

function modelOf(...sightings: Sighting[][]): Model {
  const model = new Model();
  for (const sighting of sightings.flat()) model.take(sighting);
  return model;
}

function saved(...changes: object[]): unknown {
  const sightings = changes.map((each) => ({ at: 5, type: "forgotten", peer: at(1), ...each }));
  return { format: "gossip-recording", version: 3, sightings, until: 5 };
}

/** What each peer believes, in an order that does not depend on how it came about. */
function standing(model: Model): unknown {
  const byAddress = (a: { address: string }, b: { address: string }): number => (a.address < b.address ? -1 : 1);
  const peers = [...model.peers.values()].sort(byAddress);
  return peers.map(({ address, link, members, traffic }) => [
    address,
    link,
    [...(members?.values() ?? [])].sort(byAddress),
    traffic ?? String(traffic),
  ]);
}

/** Everything that the page is drawn from, as text. */
function shown(model: Model): string {
  const news = model.news.items.map((item) => ({ ...item, waiting: [...item.waiting] }));
  return JSON.stringify(
    [standing(model), news, model.links, model.groups, model.agreedSince, model.conditions],
    undefined,
    1,
  );
}
