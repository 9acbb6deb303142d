import { describe, expect, test } from "@jest/globals";
import { ProtocolSimulation, type Program } from "../../src/simulator/protocol-simulation.js";

interface Ball {
  readonly throws: number;
}

/** Throws back what it gets, up to a number of throws, after a pause drawn by chance. */
const player =
  (log: string[]): Program<Ball> =>
  ({ address, now, random, send, after }) =>
  ({ throws }, from) => {
    log.push(`${address} ${throws} ${now().toFixed(3)}`);
    if (throws < 5)
      after(random.next() * 10, () => {
        send(from, { throws: throws + 1 });
      });
  };

/** Throws one ball at its start. */
const opener =
  (to: string, log: string[]): Program<Ball> =>
  (own) => {
    own.send(to, { throws: 1 });
    return player(log)(own);
  };

function match(seed: number, link = {}): { log: string[]; simulation: ProtocolSimulation<Ball> } {
  const log: string[] = [];
  const simulation = new ProtocolSimulation<Ball>({ seed, link });
  simulation.start("b", player(log));
  simulation.start("a", opener("b", log));
  return { log, simulation };
}

describe("processes of a foreign protocol", () => {
  test("do the same for the same seed, and something else for another", () => {
    const hashes = [7, 7, 8].map((seed) => {
      const { simulation } = match(seed, { latencyMs: 3, jitterMs: 5, loss: 0.1, duplicate: 0.1 });
      simulation.pass(1000);
      return simulation.trace.hash;
    });
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  test("get messages after the latency of the link, and answer after the pause they chose", () => {
    const { log, simulation } = match(1, { latencyMs: 20 });
    expect(simulation.passUntil(() => log.length === 5, 200)).toBe(true);
    expect(log[0]).toBe("b 1 20.000");
    expect(log.map((line) => line.slice(0, 3))).toEqual(["b 1", "a 2", "b 3", "a 4", "b 5"]);
    expect(simulation.now).toBeLessThanOrEqual(5 * 20 + 4 * 10);
  });

  test("do nothing any more once they have ended, and what is sent to them is lost", () => {
    const { log, simulation } = match(1);
    simulation.passUntil(() => log.length === 1, 10);
    simulation.end("b"); // which was about to throw
    simulation.pass(1000);
    expect(log).toHaveLength(1);
    simulation.start("a", opener("b", log));
    simulation.pass(1000);
    expect(log).toHaveLength(1);
    expect(simulation.trace.last(1)).toEqual([expect.stringMatching(/b is not there to get {"throws":1} from a$/)]);
  });

  test("begin anew when they are started again: nothing of the earlier life is done in the later one", () => {
    const simulation = new ProtocolSimulation<Ball>({ seed: 1 });
    const lives: [number, number][] = [];
    const program: Program<Ball> = ({ after, random }) => {
      const life = random.next();
      after(10, () => lives.push([life, simulation.now]));
      return () => undefined;
    };
    simulation.start("a", program);
    simulation.pass(5);
    simulation.start("a", program);
    simulation.pass(100);
    expect(lives).toEqual([[expect.any(Number), 15]]);
    simulation.start("a", program);
    simulation.pass(100);
    expect(lives[1]?.[0]).not.toBe(lives[0]?.[0]);
  });

  test("get a copy of each message, which is theirs to change", () => {
    const simulation = new ProtocolSimulation<{ list: number[] }>({ seed: 1, link: { duplicate: 1 } });
    const got: number[][] = [];
    simulation.start("b", () => ({ list }) => {
      list.push(0);
      got.push(list);
    });
    const sent = { list: [1] };
    simulation.start("a", ({ send }) => {
      send("b", sent);
      sent.list.push(2);
      return () => undefined;
    });
    simulation.pass(10);
    expect(got).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  test("end the run with what they throw, and say what they note", () => {
    const simulation = new ProtocolSimulation<Ball>({ seed: 1 });
    simulation.start("a", ({ after, note }) => {
      note("means to fail");
      after(10, () => {
        throw new Error("two leaders");
      });
      return () => undefined;
    });
    expect(() => {
      simulation.pass(100);
    }).toThrow("two leaders");
    expect(simulation.now).toBe(10);
    expect(simulation.trace.last(1)).toEqual([expect.stringMatching(/a means to fail$/)]);
  });

  test("are parted by a cut, in the direction that is cut", () => {
    const { log, simulation } = match(1);
    simulation.network.cut("b", "a");
    simulation.pass(1000);
    expect(log.map((line) => line.slice(0, 3))).toEqual(["b 1"]);
    expect(simulation.network.bites.cut).toBe(1);
  });
});
