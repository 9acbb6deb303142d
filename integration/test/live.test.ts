import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import type { Member, Status } from "gossip-peer";
import { Changes } from "../src/terminal/changes.js";
import { frame } from "../src/terminal/frame.js";
import { matrix } from "../src/view/matrix.js";
import type { PeerState, PeerView, Views } from "../src/view/views.js";

const CLI = fileURLToPath(new URL("../dist/program/cli.js", import.meta.url));
const WITHIN_MS = 20_000;

describe("the picture of who sees whom", () => {
  test("has a row for each peer and a column for what it says of each", () => {
    const views = cluster(3, { failed: [[1, 3]], suspect: [[2, 3]], down: [3] });
    expect(matrix(views)).toEqual([
      "                              1  2  3",
      " 1  198.18.0.1:7946  name-1   ●  ●  ✗",
      " 2  198.18.0.2:7946  name-2   ●  ●  ?",
      " 3  198.18.0.3:7946  name-3   down",
    ]);
  });

  test.each([1, 5, 20, 60, 200])(
    "of %i peers fits a terminal of 80 columns and 24 rows, with room for what happened last",
    (peers) => {
      const events = Array.from({ length: 50 }, (_, at) => `12:00:00 event ${at}`);
      const views = cluster(peers, { suspect: [[1, 1]] });
      const lines = frame({
        title: "gossip",
        views,
        agreed: true,
        lastsS: 12,
        events,
        columns: 80,
        rows: 24,
        colour: false,
      });
      expect(lines.length).toBeLessThanOrEqual(24);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
      expect(lines.at(-1)).toContain("event 49");
      expect(lines.some((line) => line.includes("198.18.0.1:7946"))).toBe(peers <= 20);
    },
  );

  test("has its columns one below the other whatever script a name is of, and however wide its characters are", () => {
    const views = cluster(3, {}).map((view, index): PeerView => {
      const name = ["節点のなまえ一二三", "👩🚀 ok", "é́"][index] ?? "";
      return { ...view, members: new Map([[at(index + 1), member(index + 1, "alive", name)]]) };
    });
    expect(matrix(views)).toEqual([
      "                                   1  2  3",
      " 1  198.18.0.1:7946  節点のなま…   ●  ·  ·",
      " 2  198.18.0.2:7946  👩🚀 ok       ·  ●  ·",
      " 3  198.18.0.3:7946  é́             ·  ·  ●",
    ]);
  });

  test("shows names that would steer the terminal, instead of obeying them", () => {
    const [view] = cluster(1, {});
    const named = { ...view, members: new Map([[at(1), member(1, "alive", "\x1b[2Jred\n")]]) } as PeerView;
    expect(matrix([named])[1]).toContain("\\u{1b}[2Jre…");
  });
});

describe("the sentences about what changed", () => {
  test("tell who came, who says what of whom, and that all agree; and nothing while nothing changes", () => {
    const changes = new Changes();
    expect(changes.next(cluster(2, {}))).toEqual([
      "peer 1: running at 198.18.0.1:7946",
      "peer 2: running at 198.18.0.2:7946",
      "peer 1: alive, says peer 2",
      "peer 2: alive, says peer 1",
      "one view: everybody lists 2",
    ]);
    expect(changes.next(cluster(2, {}))).toEqual([]);
  });

  test("gather what several say, and say so when it is everybody", () => {
    const changes = new Changes();
    changes.next(cluster(5, {}));
    expect(changes.next(cluster(5, { down: [5] }))).toEqual(["peer 5: down"]);
    expect(changes.next(cluster(5, { down: [5], suspect: [[2, 5]] }))).toEqual(["peer 5: suspect, says peer 2"]);
    const failed: [number, number][] = [1, 2, 3].map((by) => [by, 5]);
    expect(changes.next(cluster(5, { down: [5], failed }))).toEqual(["peer 5: failed, say peers 1-3"]);
    expect(changes.next(cluster(5, { down: [5], failed: [...failed, [4, 5]] }))).toEqual([
      "peer 5: failed, says everybody",
      "one view: everybody lists 4",
    ]);
    expect(changes.next(cluster(4, {}))).toEqual(["peer 5: gone"]);
  });

  test("tell of a new name, and of a peer that does not answer", () => {
    const changes = new Changes();
    const [first, second] = cluster(2, {}) as [PeerView, PeerView];
    changes.next([first, second]);
    expect(changes.next([first, { ...second, members: undefined, problem: "DEADLINE_EXCEEDED" }])).toEqual([
      "peer 2: no answer",
    ]);
    expect(changes.next([first, second])).toEqual(["peer 2: answers"]);
    const members = new Map(second.members).set(at(2), member(2, "alive", "alice"));
    expect(changes.next([first, { ...second, members }])).toEqual(['peer 2: calls itself "alice"']);
  });
});

describe("testbed live", () => {
  test("starts peers by itself and tells in plain lines what happens, until it is interrupted", async () => {
    const run = cli("live", "--processes", "3", "--ping-period", "100");
    await run.said("one view: everybody lists 3");
    run.child.kill("SIGINT");
    expect(await run.exit).toEqual([0, null]);
    expect(run.output()).toMatch(
      /^Starting 3 peers …\nWho believes what, live: http:\/\/127\.0\.0\.1:\d+\n\d\d:\d\d:\d\d peer 1: running at 127\.0\.0\.1:\d+\n/,
    );
  });

  test.each([
    [["live"], "give either --project or --processes"],
    [["watch"], "unknown command 'watch'"],
    [
      ["live", "--processes", "0"],
      "option '--processes <n>' argument '0' is invalid. It must be a whole number from 1 to 100",
    ],
    [["live", "--project", "x", "--ping-period", "500"], "--ping-period goes with --processes"],
    [["live", "--processes", "2", "--page"], "--page goes with --project"],
    [["live", "--colour"], "unknown option '--colour'"],
  ])("says what is wrong with %j, and exits with 2", async (args, complaint) => {
    const run = cli(...args);
    expect(await run.exit).toEqual([2, null]);
    expect(run.output()).toContain(`testbed: ${complaint}`);
  });
});

interface Flaws {
  /** Pairs of numbers: the first peer says that the second failed. */
  readonly failed?: readonly (readonly [number, number])[];
  readonly suspect?: readonly (readonly [number, number])[];
  readonly down?: readonly number[];
}

/** The views of peers that all list each other as alive, except for the flaws. */
function cluster(peers: number, { failed = [], suspect = [], down = [] }: Flaws): Views {
  const numbers = Array.from({ length: peers }, (_, index) => index + 1);
  const has = (pairs: readonly (readonly [number, number])[], by: number, of: number): boolean =>
    pairs.some(([from, to]) => from === by && to === of);
  return numbers.map((by) => {
    const state: PeerState = down.includes(by) ? "down" : "running";
    const opinion = (of: number): Status =>
      has(failed, by, of) ? "failed" : has(suspect, by, of) ? "suspect" : "alive";
    const members = new Map(numbers.map((of) => [at(of), member(of, opinion(of), `name-${of}`)]));
    return {
      number: by,
      address: at(by),
      state,
      members: state === "running" ? members : undefined,
      problem: undefined,
    };
  });
}

function at(number: number): string {
  return `198.18.0.${number}:7946`;
}

function member(number: number, status: Status, name: string): Member {
  return { address: at(number), generation: 1, incarnation: 0, status, meta: { name } };
}

function cli(...args: string[]): {
  child: ChildProcess;
  exit: Promise<unknown[]>;
  output: () => string;
  said: (text: string) => Promise<void>;
} {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "pipe", "pipe"], timeout: WITHIN_MS });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const exit = once(child, "close");
  const said = async (text: string): Promise<void> => {
    while (!output.includes(text))
      await Promise.race([
        once(child.stdout, "data"),
        exit.then(() => Promise.reject(new Error(`it ended:\n${output}`))),
      ]);
  };
  return { child, exit, output: () => output, said };
}
