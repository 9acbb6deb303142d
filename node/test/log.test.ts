import { describe, expect, test } from "@jest/globals";
import type { Logger } from "../src/index.js";
import { LINES, PeerLog } from "../src/log.js";
import { agreed, freePort, peerOf, startPeer, startPeers, within } from "./support/peers.js";
import { record } from "./support/records.js";
import { startPeerProgram } from "./support/programs.js";
import { until } from "./support/wait.js";

interface Line {
  readonly level: string;
  readonly peer: string;
  readonly text: string;
}

/** Collects the lines that a peer logs. */
function collector(): { lines: Line[]; logger: Logger } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (fields: object, text: string): void => {
      lines.push({ level, peer: String((fields as { peer?: unknown }).peer), text });
    };
  return { lines, logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
}

test("the log tells what a peer does, in order, each line with the own address", async () => {
  const { lines, logger } = collector();
  const peer = await startPeer({ logger });
  const other = await startPeer();
  peer.updateMeta({ name: "new" });
  peer.addSeed(other.address);
  await until(within(2).joinMs, "they find each other", () => agreed([peer, other]));
  await other.stop();
  await until(within(2).leaveMs, "the leave is known", () => agreed([peer]));
  await peer.stop();

  const expected = [
    "started",
    "metadata updated",
    `seed added: ${other.address}`,
    `chose ${other.address}`,
    "sent own data",
    `received ${other.address}'s data`,
    `joined ${other.address}`,
    `removed ${other.address} because of left: told by ${other.address}`,
    "stopping",
    "all connections closed",
  ];
  const told = lines.map(({ text }) => text);
  expect(expected.filter((text) => !told.includes(text))).toEqual([]);
  const order = expected.map((text) => told.indexOf(text));
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(lines.filter((line) => line.peer !== peer.address)).toEqual([]);
});

test("each line has an event, and comes at the level that the event has", async () => {
  const told: [string, string][] = [];
  const at =
    (level: string) =>
    (fields: object): void => {
      told.push([String((fields as { event?: unknown }).event), level]);
    };
  const logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const peers = await startPeers(2, { logger });
  await until(within(2).joinMs, "they find each other", () => agreed(peers));
  await Promise.all(peers.map((peer) => peer.stop()));
  expect(told.map(([event]) => event)).toEqual(
    expect.arrayContaining(["started", "joined", "sent", "stopping", "closed"]),
  );
  expect(told.filter(([event, level]) => LINES[event as keyof typeof LINES] !== level)).toEqual([]);
});

test("what happens every period is for debugging, what changes the view is not", async () => {
  const { lines, logger } = collector();
  const peers = await startPeers(2, { logger });
  await until(within(2).joinMs, "they find each other", () => agreed(peers));
  const levelOf = (pattern: RegExp): Set<string> =>
    new Set(lines.filter(({ text }) => pattern.test(text)).map(({ level }) => level));
  expect(levelOf(/^(chose|sent|received) /)).toEqual(new Set(["debug"]));
  expect(levelOf(/^(started|seed added|joined)/)).toEqual(new Set(["info"]));
});

test("why a member was removed is told: the error of the exchange that failed", async () => {
  const { lines, logger } = collector();
  const program = await startPeerProgram();
  const peer = await startPeer({ logger, suspicionMultiplier: 0, indirectProbes: 0, seeds: [program.address] });
  await until(within(2).joinMs, "they find each other", () => peer.getMembers().size === 2);
  program.child.kill("SIGKILL");
  await until(within(2).crashMs, "the crash is noticed", () => agreed([peer]));
  const removed = lines.filter(({ text }) => text.startsWith("removed"));
  expect(removed.map(({ text }) => text)).toEqual([
    expect.stringMatching(
      new RegExp(`^removed ${program.address} because of failed: (UNAVAILABLE|DEADLINE_EXCEEDED): `),
    ),
  ]);
});

test("a seed beyond maxSeeds is refused and not called added, before the peer runs and after", async () => {
  const { lines, logger } = collector();
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const [kept = "", early = "", late = ""] = ports.map((port) => `127.0.0.1:${port}`);
  const peer = peerOf({ logger, maxSeeds: 1 });
  peer.addSeed(kept);
  const refused = (seed: string): void => {
    expect(() => {
      peer.addSeed(seed);
    }).toThrow(expect.objectContaining({ code: "too-many-seeds", message: expect.stringMatching(/maxSeeds is 1/) }));
  };
  refused(early);
  await peer.run();
  refused(late);
  for (const seed of [early, late]) expect(lines.filter(({ text }) => text.includes(seed))).toEqual([]);
});

test("a ping names the member and a ping-req the helper too, each with its outcome", () => {
  const { lines, logger } = collector();
  const log = new PeerLog(logger, () => "a:1");
  log.pinged("b:1", { reached: true });
  log.pingRequested("c:1", "b:1", { reached: false });
  expect(lines).toEqual([
    { level: "debug", peer: "a:1", text: "ping: b:1 answered" },
    { level: "debug", peer: "a:1", text: "ping-req to c:1: b:1 did not answer" },
  ]);
});

describe("a warning", () => {
  const MINUTE_MS = 60_000;

  /** A log whose time is what the test says. */
  function logAt(): { log: PeerLog; texts: () => string[]; clock: { now: number } } {
    const { lines, logger } = collector();
    const clock = { now: 0 };
    const log = new PeerLog(
      logger,
      () => "a:1",
      () => clock.now,
    );
    return { log, texts: () => lines.map(({ text }) => text), clock };
  }

  test("that repeats is told once a minute", () => {
    const { log, texts, clock } = logAt();
    for (clock.now = 0; clock.now < 2 * MINUTE_MS; clock.now += 1000) log.warning("full");
    expect(texts()).toEqual(["full", "full"]);
  });

  test("does not keep another one from being told", () => {
    const { log, texts } = logAt();
    for (const text of ["a", "b", "a", "b"]) log.warning(text);
    expect(texts()).toEqual(["a", "b"]);
  });

  test("that is one of very many different ones is logged with a hundred others at most, the last says so", () => {
    const { log, texts, clock } = logAt();
    for (let at = 0; at < 1000; at++) log.warning(`full of ${at % 500}`);
    expect(texts()).toHaveLength(100);
    expect(texts().at(-1)).toMatch(/not told/);
    clock.now = MINUTE_MS;
    log.warning("new");
    expect(texts().slice(100)).toEqual(["new"]);
  });

  test("of changes is no flood: a thousand at once, fifty a second, and how many were withheld", () => {
    const { log, texts, clock } = logAt();
    const change = (at: number): void => {
      const member = record({ address: `10.0.0.1:${at + 1}` });
      log.announced({ kind: "joined", member, reason: "" });
    };
    for (let at = 0; at < 20_000; at++) change(at);
    expect(texts()).toHaveLength(1000);
    clock.now = 1000;
    for (let at = 20_000; at < 20_100; at++) change(at);
    expect(texts()).toHaveLength(1000 + 1 + 50);
    expect(texts()[1000]).toBe("19000 changes of members were not logged: there were too many");
  });

  test("of an answer that failed is an error with the reason, and is told once a minute as well", () => {
    const { lines, logger } = collector();
    const log = new PeerLog(logger, () => "a:1");
    for (let at = 0; at < 3; at++) log.answerFailed(new Error("broken"));
    expect(lines).toEqual([{ level: "error", peer: "a:1", text: "cannot answer: broken" }]);
  });
});

test("a rejection of an asynchronous logger is caught, so that it does not end the process", async () => {
  const rejected: string[] = [];
  /** What an asynchronous method gives back; it notes that somebody heeds the rejection. */
  const failing = (_: object, text: string): PromiseLike<void> => ({
    then: (_, reject) => {
      rejected.push(text);
      return Promise.resolve(reject?.(new Error("the disk is full")) as never);
    },
  });
  const logger: Record<keyof Logger, typeof failing> = { debug: failing, info: failing, warn: failing, error: failing };
  const log = new PeerLog(logger, () => "127.0.0.1:1");
  log.stopping();
  log.warning("careful");
  await until(within(1).updateMs, "both are heeded", () => rejected.length === 2);
});
