// Transcripts of small stories, kept as files to be read: what the protocol says, to whom, and what comes of it. After a
// change of the protocol they differ; whoever changed it reads the difference and, if it is as meant, has them rewritten.
import { expect, test } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ProtocolTiming } from "../../src/core/timing.js";
import { Simulation, type SimulatedPeer } from "../../src/simulator/index.js";
import { agree, held, self } from "../support/simulation.js";
import { Transcript } from "../support/transcript.js";

const REWRITE =
  "GOLDEN=rewrite node --experimental-vm-modules node_modules/.bin/jest -c node/jest.config.mjs simulator/golden";
/** More is not read by anybody. */
const MOST_LINES = 100;

type Three = [SimulatedPeer, SimulatedPeer, SimulatedPeer];
type Act = (simulation: Simulation, transcript: Transcript, peers: Three) => void;

/** One peer that has started, two that have not, and what to say on top of the file. */
function story(introduction: string, timing: Partial<ProtocolTiming>, act: Act): string {
  const simulation = new Simulation({ seed: 1, timing: { pingPeriodMs: 1000, ...timing } });
  const first = simulation.addPeer();
  const seeds = [first.address];
  simulation.start(first);
  const transcript = new Transcript(simulation, self(first).generation);
  act(simulation, transcript, [first, simulation.addPeer({ seeds }), simulation.addPeer({ seeds })]);
  return [introduction, "", ...transcript.lines, ""].join("\n");
}

/** The story of three who agree and have gone on for a while before it begins. */
function storyOfThree(introduction: string, timing: Partial<ProtocolTiming>, act: Act): string {
  return story(introduction, timing, (simulation, transcript, peers) => {
    simulation.start(peers[1]);
    simulation.start(peers[2]);
    agree(simulation);
    simulation.pass(5000 - simulation.now);
    simulation.watch(transcript);
    act(simulation, transcript, peers);
  });
}

function waitUntil(simulation: Simulation, holds: () => boolean): void {
  expect(simulation.passUntil(holds, 60_000)).toBe(true);
}

function compare(name: string, told: string): void {
  const path = fileURLToPath(new URL(`golden/${name}.txt`, import.meta.url));
  expect(told.split("\n").length).toBeLessThan(MOST_LINES);
  if (process.env["GOLDEN"] === "rewrite") writeFileSync(path, told);
  try {
    expect(told.split("\n")).toEqual(readFileSync(path, "utf8").split("\n"));
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(`${what}\n\n${name}.txt tells it otherwise. If the change is as meant: ${REWRITE}`, {
      cause: error,
    });
  }
}

test("joining: one asks its seed and knows all that the seed knows; the news goes round", () => {
  const introduction = "Three peers start together. The second and the third are given the first as their seed.";
  const told = story(introduction, {}, (simulation, transcript, [, second, third]) => {
    simulation.watch(transcript);
    transcript.tell("all start");
    simulation.start(second);
    simulation.start(third);
    agree(simulation);
    transcript.tell("everybody lists everybody");
    simulation.pass(2000);
  });
  compare("join-of-three", told);
});

test("a crash: two whose connection to it closed and who get no answer are enough to remove it", () => {
  const introduction =
    "Three peers; the third crashes, which closes its connections, and who asks it then hears nothing.\n" +
    "A suspect has four periods to answer, but none when all others saw its connection break.";
  const told = storyOfThree(introduction, {}, (simulation, transcript, [first, second, third]) => {
    transcript.tell("peer-3 is killed");
    simulation.kill(third);
    waitUntil(simulation, () => [first, second].every((peer) => held(peer, third).status === "failed"));
    transcript.tell("nobody lists peer-3");
  });
  compare("crash-and-removal", told);
});

test("a silence: who gets no answer has another try, and no answer in the time that is left makes it failed", () => {
  const introduction =
    "Three peers; the third is frozen with its connections open. A suspect has one period to answer, half of it when all\n" +
    "others accuse it.";
  const told = storyOfThree(
    introduction,
    { suspicionMultiplier: 1 },
    (simulation, transcript, [first, second, third]) => {
      transcript.tell("peer-3 is frozen");
      simulation.pause(third);
      waitUntil(simulation, () => [first, second].every((peer) => held(peer, third).status === "failed"));
      transcript.tell("nobody lists peer-3");
    },
  );
  compare("silence-and-removal", told);
});

test("a refutation: a suspect that answers in time stays, with a higher incarnation", () => {
  const introduction =
    "Three peers; the third is frozen until somebody suspects it. A suspect has four periods to answer.";
  const told = storyOfThree(introduction, {}, (simulation, transcript, [first, second, third]) => {
    const all = [first, second, third];
    transcript.tell("peer-3 is frozen");
    simulation.pause(third);
    waitUntil(simulation, () => [first, second].some((peer) => held(peer, third).status === "suspect"));
    simulation.pass(100);
    transcript.tell("peer-3 runs again");
    simulation.resume(third);
    waitUntil(simulation, () => all.every((peer) => held(peer, third).incarnation > 0));
    transcript.tell("everybody lists peer-3 as alive again");
  });
  compare("refutation", told);
});

test("a split: each side removes the other, and once it is healed they find each other again", () => {
  const introduction =
    "Three peers; the third is cut off from the others until both sides have removed each other. The period is two\n" +
    "seconds, so that less else goes on; a suspect has a quarter of it to answer.";
  const told = storyOfThree(
    introduction,
    { pingPeriodMs: 2000, suspicionMultiplier: 0.25 },
    (simulation, transcript, [first, second, third]) => {
      const isGone = (viewer: SimulatedPeer, other: SimulatedPeer): boolean => held(viewer, other).status === "failed";
      transcript.tell("peer-3 is cut off");
      for (const { address } of [first, second]) {
        simulation.network.cut(third.address, address);
        simulation.network.cut(address, third.address);
      }
      waitUntil(simulation, () => [first, second].every((other) => isGone(third, other) && isGone(other, third)));
      transcript.tell("the network is healed");
      simulation.healNetwork();
      agree(simulation);
      transcript.tell("everybody lists everybody");
    },
  );
  compare("split-and-heal", told);
});
