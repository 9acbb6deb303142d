import { describe, expect, test } from "@jest/globals";
import { Peer, type Stats } from "gossip-peer";
import { measurePeer } from "gossip-peer/prometheus";
import { Registry } from "prom-client";
import { benchPage } from "../src/bench/bench-page.js";
import { benchText } from "../src/bench/bench-text.js";
import { chosen } from "../src/bench/chosen.js";
import { copiesBetween, recordsIn, sumOf } from "../src/bench/copies.js";
import { Alertmanager } from "../src/bench/contenders/alertmanager.js";
import { Erlang } from "../src/bench/contenders/erlang.js";
import { Ours } from "../src/bench/contenders/ours.js";
import { Program } from "../src/bench/contenders/program.js";
import { Serf } from "../src/bench/contenders/serf.js";
import { figuresOf } from "../src/bench/figures.js";
import { rivalsIn } from "../src/bench/options.js";
import { benchPicture } from "../src/bench/plots.js";
import type { BenchResult, Size } from "../src/bench/result.js";
import { lacksOf, linesOf, ratioText, summaryOf, summaryText } from "../src/bench/summary.js";
import { run } from "./support/command.js";
import { unclosedIn } from "./support/markup.js";

const SIZE: Size = {
  peers: 10,
  loads: [1.5, 0.5, 3],
  contenders: [
    {
      title: "ours (lan)",
      figures: {
        killed: { values: [500, 400, 3000], lacks: [] },
        sentBytes: { values: [0], lacks: [] },
        healed: { values: [], lacks: ["not agreed within 180 s: 2 of 10 list others than run; peer 3 lists 8"] },
        parted: { values: [], lacks: ["not agreed within 180 s: 2 of 10 list others than run; peer 3 lists 8"] },
      },
    },
    {
      title: "a <rival>",
      figures: {
        killed: { values: [5000, 6000], lacks: [] },
        sentBytes: { values: [300], lacks: [] },
        metadata: { values: [], lacks: ["it has none"] },
      },
    },
  ],
};

const RESULT: BenchResult = {
  command: "npm run bench -- --peers 10",
  at: "2026-01-02T03:04:05.000Z",
  machine: { cpus: "2 × a processor", memoryGiB: 24, system: "Linux 6.1" },
  rounds: 3,
  seconds: 30,
  rows: ["kill"],
  sizes: [SIZE],
};

describe("the summary of some values", () => {
  test("is the median, which was measured, with the lowest and the highest", () => {
    expect(summaryOf([3000, 400, 500])).toEqual({ count: 3, median: 500, lowest: 400, highest: 3000 });
    expect(summaryOf([1, 2, 3, 4])).toMatchObject({ median: 2 });
  });

  test("is nothing where there are no values", () => {
    expect(summaryOf([])).toBeUndefined();
    expect(summaryText(undefined, "ms")).toBe("—");
  });

  test("is one number where there is one value", () => {
    expect(summaryText(summaryOf([4.25]), "ms")).toBe("4.25 ms");
    expect(summaryText(summaryOf([26_400_000]), "bytes")).toBe("26.4 MB");
    expect(summaryText(summaryOf([3, 1]), "number")).toBe("1 (1 – 3)");
  });
});

describe("a line of the table", () => {
  const line = (figure: string): ReturnType<typeof linesOf>[number] | undefined =>
    linesOf(SIZE).find((each) => each.figure === figure);

  test("has how many times as much as ours the median of a rival is", () => {
    expect(line("killed")?.cells.map(({ ratio }) => ratio)).toEqual([undefined, 10]);
    expect([0.62, 9.96, 86.7].map(ratioText)).toEqual(["0.62×", "10×", "87×"]);
  });

  test("has no ratio to nothing, and none to ours where that is 0", () => {
    expect(line("metadata")?.cells[1]).toEqual({ summary: undefined, ratio: undefined, lacks: ["it has none"] });
    expect(line("sentBytes")?.cells[1]?.ratio).toBeUndefined();
  });

  test("is there only for what was measured, in one order", () => {
    expect(linesOf(SIZE).map(({ figure }) => figure)).toEqual(["sentBytes", "metadata", "killed", "parted", "healed"]);
  });
});

test("what a contender cannot do, or did not do, is said once with the reason", () => {
  expect(lacksOf(SIZE)).toEqual([
    "metadata: — a <rival>: it has none",
    "partition: — ours (lan): not agreed within 180 s: 2 of 10 list others than run; peer 3 lists 8",
  ]);
});

test("where ours is measured over TLS, too, what hinders a rival from it is said", () => {
  const [ours, rival] = SIZE.contenders;
  const contenders = [ours, rival].flatMap((each) => each ?? []);
  const plain = contenders.map((each, at) => (at === 0 ? each : { ...each, withoutTls: "has no certificates" }));
  expect(lacksOf({ ...SIZE, contenders: plain })).toContain("TLS: — a <rival>: has no certificates");
});

test("no more than half of the peers are starved", () => {
  const starved = (peers: number): string[] => figuresOf("frozen", peers).filter((figure) => figure.endsWith("Killed"));
  expect(starved(7)).toEqual(["frozen1Killed"]);
  expect(starved(8)).toEqual(["frozen1Killed", "frozen4Killed"]);
  expect(starved(32)).toEqual(["frozen1Killed", "frozen4Killed", "frozen16Killed"]);
});

test("the table has a column for each contender, and the reasons below it", () => {
  const lines = benchText(RESULT).split("\n");
  expect(lines[0]).toMatch(/^10 peers +ours \(lan\) +a <rival>$/);
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^docker kill known by all +500 ms \(400 ms – 3\.00 s\) +5\.00 s \(5\.00 s – 6\.00 s\) +10×$/,
    ),
  );
  expect(lines).toContain("metadata: — a <rival>: it has none");
  expect(lines).toContain("load of the machine before each turn: 0.5 – 3");
});

test("the page has the machine, the table and a plot of every value, and needs nothing else", () => {
  const html = benchPage(RESULT);
  expect(html).toContain("2 × a processor");
  expect(html.match(/<circle /g)).toHaveLength(7);
  expect(html.match(/class="median"/g)).toHaveLength(4);
  expect(html).toContain("a &lt;rival&gt;");
  expect(unclosedIn(html)).toEqual([]);
  expect(html).not.toMatch(/NaN|Infinity|undefined|https?:/);
});

test("the picture has every plot, one below the other", () => {
  const svg = benchPicture(RESULT);
  expect(unclosedIn(svg)).toEqual([]);
  expect(svg.match(/<circle /g)).toHaveLength(7);
  expect(svg.match(/class="title"/g)).toHaveLength(5);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

describe("a line of a log is read as a change of a list:", () => {
  const fetched = { folder: "/", version: "0", base: { image: "" } };

  test.each([
    ["joined", "listed"],
    ["failed", "gone"],
    ["left", "gone"],
    ["updated", "changed"],
  ])("%s of ours", async (event, kind) => {
    const ours = await Ours.create({ preset: "lan", tls: false });
    const line = `{"level":"info","peer":"198.18.0.2:7946","event":"${event}","member":"198.18.0.3:7946","meta":{}}`;
    expect(ours.read(line)).toEqual({ kind, subject: "198.18.0.3" });
    expect(ours.read(line.replace(event, "suspected"))).toBeUndefined();
  });

  test.each([
    ["EventMemberJoin: 198.18.0.3 198.18.0.3", "listed"],
    ["EventMemberFailed: 198.18.0.3 198.18.0.3", "gone"],
    ["EventMemberLeave: 198.18.0.3 198.18.0.3", "gone"],
    ["EventMemberUpdate: 198.18.0.3", "changed"],
  ])("%s of Serf", (text, kind) => {
    const serf = new Serf("serf", fetched);
    expect(serf.read(`    2026/01/02 03:04:05 [INFO] serf: ${text}`)).toEqual({ kind, subject: "198.18.0.3" });
    expect(serf.read(`    2026/01/02 03:04:05 [INFO] agent: ${text}`)).toBeUndefined();
  });

  test.each([
    [
      new Program("moleculer", fetched, {}),
      ['{"event":"listed","member":"198.18.0.3"}', '{"event":"gone","member":"198.18.0.3"}'],
    ],
    [new Erlang(fetched), ["listed bench@198.18.0.3", "gone bench@198.18.0.3"]],
    [
      new Alertmanager(fetched),
      ["Join", "Leave"].map(
        (event) => `level=DEBUG msg=Notify${event} component=cluster node=01M8 addr=198.18.0.3:9094`,
      ),
    ],
  ])("of another rival, %#", (rival, lines) => {
    expect(lines.map((line) => rival.read(line))).toEqual([
      { kind: "listed", subject: "198.18.0.3" },
      { kind: "gone", subject: "198.18.0.3" },
    ]);
    expect(rival.read("anything else about 198.18.0.3")).toBeUndefined();
  });
});

test("every peer but the seed is changed once before any is changed again", () => {
  for (let count = 3; count <= 200; count++) {
    const peers = Array.from({ length: count }, (_, index) => index + 1);
    const changed = peers.slice(1).map((_, time) => chosen(peers, time));
    expect(new Set(changed)).toEqual(new Set(peers.slice(1)));
  }
});

describe("the copies of a change", () => {
  test("are 1 for each peer that is to learn of it, where each is told once", () => {
    const before = { news: 40, duplicates: 70 };
    expect(copiesBetween(before, { news: 67, duplicates: 70 }, 3, 9)).toEqual({ all: 1, duplicates: 0 });
  });

  test("are more where some of them told nothing new", () => {
    const before = { news: 40, duplicates: 70 };
    expect(copiesBetween(before, { news: 52, duplicates: 76 }, 3, 4)).toEqual({ all: 1.5, duplicates: 0.5 });
  });

  test("are those of all peers together", () => {
    const counts = [
      { news: 9, duplicates: 1 },
      { news: 8, duplicates: 0 },
    ];
    expect(sumOf(counts)).toEqual({ news: 17, duplicates: 1 });
  });

  test("are found in the metrics of a peer", async () => {
    const registry = new Registry();
    const peer = new Peer({ address: "127.0.0.1:7946" });
    const stats = (): Stats => ({ ...peer.stats(), records: { news: 1234567, duplicates: 8 } });
    measurePeer({ address: peer.address, stats, onDuration: (listener) => peer.onDuration(listener) }, registry);
    expect(recordsIn(await registry.metrics())).toEqual({ news: 1234567, duplicates: 8 });
  });

  test("are not taken for none where the metrics do not have them", () => {
    expect(() => recordsIn("")).toThrow("the metrics do not have the records received");
  });
});

describe("the options", () => {
  test("name the rivals that have to be fetched", () => {
    expect(rivalsIn(["--against", "serf,serf-0.10"])).toEqual(["serf", "serf-0.10"]);
    expect(rivalsIn(["--against", "none"])).toEqual([]);
    expect(rivalsIn([])).toEqual(["serf-0.10"]);
  });

  test("name none where they are wrong", () => {
    expect(rivalsIn(["--against", "surf"])).toBeUndefined();
  });

  test.each([
    [["--against", "surf"], '"surf" is none of: serf,'],
    [["--rows", "kill,stop"], '"stop" is none of: start, rest,'],
    [["--preset", "lan,slow"], '"slow" is none of: '],
    [["--peers", "10,2"], "It must be a whole number from 3 to 200."],
  ])("%j are refused, with what would be right", async (args, reason) => {
    const { code, err } = await run(process.execPath, ["integration/dist/bench/cli.js", ...args]);
    expect([code, err]).toEqual([2, expect.stringContaining(reason)]);
  });
});
