import { describe, expect, test } from "@jest/globals";
import { hashText } from "../../src/core/hash.js";
import type { Random } from "../../src/core/random.js";
import { GOOD_LINK, SimulatedNetwork, stream, type LinkSettings } from "../../src/simulator/index.js";

const [A, B, C] = ["a:1", "b:1", "c:1"] as const;
const MANY = 10_000;
const NO_BITES = { lost: 0, cut: 0, refused: 0, duplicated: 0, reordered: 0, unresolved: 0 };

function networkOf(link: Partial<LinkSettings> = {}, random: Random = stream(1, "network")): SimulatedNetwork {
  return new SimulatedNetwork(random, { ...GOOD_LINK, ...link });
}

/** The delays of the copies of each of so many messages from a to b. */
function send(network: SimulatedNetwork, count = MANY): (readonly number[])[] {
  return Array.from({ length: count }, () => network.delays(A, B));
}

/** Whether a count is what a share of MANY can be by chance: within five standard deviations, missed once in a million. */
function isShare(count: number, share: number): boolean {
  return Math.abs(count - share * MANY) < 5 * Math.sqrt(MANY * share * (1 - share));
}

describe("a message", () => {
  test("takes the latency, on a good link nothing else", () => {
    expect(send(networkOf({ latencyMs: 40 }), 100)).toEqual(Array(100).fill([40]));
  });

  test("takes up to the jitter longer, evenly drawn", () => {
    const delays = send(networkOf({ latencyMs: 10, jitterMs: 30 })).flat();
    expect(delays).toHaveLength(MANY);
    expect(delays.every((delay) => delay >= 10 && delay < 40)).toBe(true);
    expect(isShare(delays.filter((delay) => delay < 25).length, 0.5)).toBe(true);
  });

  test("is lost as often as the loss says, and each loss is counted", () => {
    const network = networkOf({ loss: 0.2 });
    const lost = send(network).filter((copies) => copies.length === 0).length;
    expect(isShare(lost, 0.2)).toBe(true);
    expect(network.bites).toEqual({ ...NO_BITES, lost });
  });

  test("that is doubled arrives as two copies, each with a delay of its own", () => {
    const network = networkOf({ duplicate: 1, jitterMs: 10 });
    const sent = send(network, 100);
    expect(sent.every((copies) => copies.length === 2)).toBe(true);
    expect(sent.some(([first, second]) => first !== second)).toBe(true);
    expect(network.bites).toEqual({ ...NO_BITES, duplicated: 100 });
  });

  test("that is held back takes up to ten times as long more, and each is counted", () => {
    const network = networkOf({ latencyMs: 10, reorder: 0.5 });
    const delays = send(network).flat();
    const heldBack = delays.filter((delay) => delay > 10);
    expect(isShare(heldBack.length, 0.5)).toBe(true);
    expect(Math.max(...heldBack)).toBeGreaterThan(100);
    expect(Math.max(...heldBack)).toBeLessThanOrEqual(110);
    expect(network.bites.reordered).toBe(heldBack.length);
  });
});

describe("settings", () => {
  test("of one link count for this direction alone, and stay when all others change", () => {
    const network = networkOf();
    network.setLink(A, B, { latencyMs: 70 });
    network.setAll({ latencyMs: 5 });
    expect([network.delays(A, B), network.delays(B, A), network.delays(A, C)]).toEqual([[70], [5], [5]]);
    expect(network.settings.latencyMs).toBe(5);
  });

  test("that are changed in part keep the rest", () => {
    const network = networkOf({ latencyMs: 20 });
    network.setAll({ loss: 0.1 });
    network.setLink(A, B, { duplicate: 1 });
    network.setLink(A, B, { loss: 0 });
    expect(network.settings).toEqual({ ...GOOD_LINK, latencyMs: 20, loss: 0.1 });
    expect(network.delays(A, B)).toEqual([20, 20]);
  });

  test("are as given after a heal, and nobody is cut off", () => {
    const network = networkOf();
    network.setAll({ loss: 1 });
    network.setLink(A, B, { latencyMs: 70 });
    network.cut(A, B);
    network.cut(A, B);
    network.heal({ ...GOOD_LINK, latencyMs: 3 });
    expect(network.isCut(A, B)).toBe(false);
    expect([network.delays(A, B), network.delays(B, A)]).toEqual([[3], [3]]);
  });
});

describe("a cut", () => {
  test("is of one direction, and each message that it stops is counted", () => {
    const network = networkOf();
    network.cut(A, B);
    expect([network.isCut(A, B), network.isCut(B, A)]).toEqual([true, false]);
    expect([network.delays(A, B), network.delays(A, B), network.delays(B, A)]).toEqual([[], [], [1]]);
    expect(network.bites).toEqual({ ...NO_BITES, cut: 2 });
  });

  test("adds to one that is there, and each is mended once", () => {
    const network = networkOf();
    network.cut(A, B);
    network.cut(A, B);
    network.mend(A, B);
    expect(network.isCut(A, B)).toBe(true);
    network.mend(A, B);
    expect(network.isCut(A, B)).toBe(false);
  });

  test("is remembered by the moment at which it was last there", () => {
    let now = 10;
    const network = new SimulatedNetwork(stream(1, "network"), GOOD_LINK, () => now);
    const since = (moment: number): boolean[] => [network.wasCutSince(moment, A, B), network.wasCutSince(moment, B, A)];
    expect(since(0)).toEqual([false, false]);
    network.cut(A, B);
    now = 20;
    expect(since(30)).toEqual([true, false]);
    network.mend(A, B);
    network.cut(B, A);
    now = 30;
    network.heal(GOOD_LINK);
    expect([since(20), since(21), since(30), since(31)]).toEqual([
      [true, true],
      [false, true],
      [false, true],
      [false, false],
    ]);
  });

  test("that is not there is not mended in advance", () => {
    const network = networkOf();
    network.mend(A, B);
    network.cut(A, B);
    expect(network.isCut(A, B)).toBe(true);
  });
});

describe("chance", () => {
  test("is not asked for what cannot happen", () => {
    let draws = 0;
    const counted: Random = {
      next: () => {
        draws++;
        return 0.99;
      },
    };
    const network = networkOf({}, counted);
    send(network, 10);
    expect(draws).toBe(0);
    network.setAll({ loss: 0.2 });
    send(network, 10);
    expect(draws).toBe(10);
    network.cut(A, B);
    send(network, 10);
    expect(draws).toBe(10);
  });

  test("of one concern is not moved by what another draws", () => {
    const alone = stream(7, "network");
    const expected = Array.from({ length: 20 }, () => alone.next());
    const [network, plan] = [stream(7, "network"), stream(7, "plan")];
    const drawn = Array.from({ length: 20 }, () => {
      plan.next();
      return network.next();
    });
    expect(drawn).toEqual(expected);
  });

  test("differs by seed and by concern", () => {
    const firsts = [stream(1, "network"), stream(2, "network"), stream(1, "plan"), stream(1, "peer 0 life 1")];
    expect(new Set(firsts.map((random) => random.next())).size).toBe(4);
  });

  test("is forked by FNV-1a, as its authors publish it", () => {
    expect(["", "a", "foobar"].map((text) => hashText(text))).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });
});
