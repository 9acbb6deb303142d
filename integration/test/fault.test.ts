import { describe, expect, test } from "@jest/globals";
import { faultsIn, noteOf } from "../src/cluster/docker/notes.js";
import { areInForce, breaking, isRuled, noteIn, UNTOUCHED } from "../src/cluster/docker/rules.js";
import { SimulatedCluster } from "../src/cluster/simulated/simulated-cluster.js";
import { OF_PROCESSES } from "../src/cluster/surroundings.js";
import { commandLineOf, toPeers, alongWays } from "../src/control/commands.js";
import { decide, readRequest } from "../src/control/requests.js";
import { conditionsOf } from "../src/control/status.js";
import { runExperiment, type Outcome } from "../src/experiment/experiment.js";
import { judge } from "../src/experiment/judge.js";
import type { Breakable } from "../src/fault/breakable.js";
import type { Fault, FaultKind } from "../src/fault/fault.js";
import type { Entry } from "../src/fault/journal.js";
import type { Values } from "../src/fault/kind.js";
import {
  BUTTONS,
  COMMANDS,
  impossible,
  isLifeKind,
  isNetworkKind,
  isOfNetwork,
  isWayKind,
  KINDS,
  rowOf,
} from "../src/fault/kinds.js";
import { NetworkFaults, unheard } from "../src/fault/network.js";
import { STYLE } from "../src/report/style.js";
import { timeline } from "../src/report/timeline.js";
import { faultsOf, FAULT_STEPS, type FaultStep, type Scene } from "../src/scenario/fault-steps.js";
import type { OpenCluster } from "../src/scenario/cluster.js";
import { runScenario } from "../src/scenario/interpreter.js";
import { parseScenario } from "../src/scenario/load.js";
import type { Candidates, PeerState } from "../src/view/views.js";
import { fault as recordedFault, recorded } from "./support/recorded.js";

/** The step that says a fault, after those that make it possible and before those that show its effect. */
interface Said {
  readonly step?: string | undefined;
  readonly before?: string;
  readonly after?: string;
}

/** A fault of a kind, and how it is said. */
interface Example<K extends FaultKind> extends Said {
  readonly fault: Fault<K>;
  /** What its command is given. */
  readonly values?: Values;
}

const TIME = "  - { wait: 20 periods }\n";
const LOOKUP = `  - { add-seed: 2, seed: "peer-3:7946" }\n${TIME}`;

/** One of each kind; a kind without any does not compile. */
const EXAMPLES: { [K in FaultKind]: Example<K> } = {
  kill: { fault: { kind: "kill", peer: 2 }, step: "{ kill: 2 }" },
  stop: { fault: { kind: "stop", peer: 2 }, step: "{ stop: 2 }" },
  start: { fault: { kind: "start", peer: 2 }, before: "  - { kill: 2 }\n", step: "{ start: 2 }" },
  restart: { fault: { kind: "restart", peer: 2 }, step: "{ restart: 2 }" },
  pause: { fault: { kind: "pause", peer: 2 }, step: "{ pause: 2 }" },
  resume: { fault: { kind: "resume", peer: 2 }, before: "  - { pause: 2 }\n", step: "{ resume: 2 }" },
  starve: {
    fault: { kind: "starve", peer: 2, afterMs: expect.any(Number) as never, asleepMs: 1000, awakeMs: 500, forMs: 5000 },
    step: "{ starve: 2, asleep: 1 s, awake: 500 ms, for: 5 s }",
  },
  certificate: {
    fault: { kind: "certificate", peer: 2, state: "foreign" },
    step: "{ certificate: 2, becomes: foreign }",
  },
  ca: { fault: { kind: "ca", peer: 2, trusts: "both" }, step: "{ ca: 2, trusts: both }" },
  stranger: { fault: { kind: "stranger", peer: 2, forMs: 5000 }, step: "{ stranger: 2, for: 5 s }" },
  twin: { fault: { kind: "twin", peer: 2, forMs: 5000 }, step: "{ twin: 2, for: 5 s }" },
  cut: { fault: { kind: "cut", from: 1, to: 2 }, step: "{ cut: { from: 1, to: 2 } }", after: TIME },
  reject: { fault: { kind: "reject", from: 1, to: 2 }, step: "{ reject: { from: 1, to: 2 } }", after: TIME },
  nat: { fault: { kind: "nat", peer: 2 }, step: "{ nat: 2 }", after: TIME },
  dns: { fault: { kind: "dns", peer: 2 }, step: "{ dns: 2 }", after: LOOKUP },
  "mute-dns": { fault: { kind: "mute-dns", peer: 2 }, step: "{ mute-dns: 2 }", after: LOOKUP },
  "slow-dns": { fault: { kind: "slow-dns", peer: 2, lateMs: 2000 }, step: "{ slow-dns: 2, late: 2 s }", after: LOOKUP },
  "wrong-dns": {
    fault: { kind: "wrong-dns", peer: 2, leadsTo: 3 },
    step: "{ wrong-dns: 2, leads-to: 3 }",
    after: LOOKUP,
    values: { to: "3" },
  },
  heal: { fault: { kind: "heal" }, before: `  - { isolate: 2 }\n${TIME}`, step: "{ heal: network }" },
  loss: { fault: { kind: "loss", share: 0.5 }, step: "{ loss: 50% }", after: TIME, values: { share: "50%" } },
  duplicate: { fault: { kind: "duplicate", share: 0.5 } },
  reorder: { fault: { kind: "reorder", share: 0.5 } },
  delay: {
    fault: { kind: "delay", latencyMs: 20, jitterMs: 5 },
    step: "{ delay: 20 ms, jitter: 5 ms }",
    values: { duration: "20 ms", jitter: "5 ms" },
  },
  bandwidth: {
    fault: { kind: "bandwidth", kbits: 256 },
    step: "{ bandwidth: 256 kbit }",
    values: { rate: "256 kbit" },
  },
  cpu: { fault: { kind: "cpu", peer: 2, share: 0.2 }, step: "{ cpu: 2, limit: 20% }", values: { share: "20%" } },
  memory: {
    fault: { kind: "memory", peer: 2, mebibytes: 32 },
    step: "{ memory: 2, limit: 32 MiB }",
    values: { size: "32 MiB" },
  },
  clock: { fault: { kind: "clock", peer: 2, aheadMs: 60_000 }, step: "{ clock: 2, ahead: 1 min }" },
  "set-meta": {
    fault: { kind: "set-meta", peer: 2, meta: { name: "told" } },
    step: "{ set-meta: 2, name: told }",
    values: { name: "told" },
  },
  "add-seed": {
    fault: { kind: "add-seed", peer: 2, seed: "10.0.0.3:7946" },
    step: '{ add-seed: 2, seed: "10.0.0.3:7946" }',
    values: { address: "10.0.0.3:7946" },
  },
  add: { fault: { kind: "add", peer: 5, seeds: [1] }, step: "{ add: 1 }" },
  close: { fault: { kind: "close", peer: 2 }, step: "{ close: 2 }" },
};

const MET = "  - { expect: everyone sees everyone, within: join }\n";
const FOUR = [1, 2, 3, 4];
const PLACES = { ips: new Map(FOUR.map((number) => [number, `10.0.0.${number}`])), names: ["peer"] };

const OPTIONS = { seed: 1, peers: 4, started: FOUR, seedsOf: () => [1], timing: {}, network: {} };

const SCENE: Scene = {
  seed: 1,
  timing: recorded({ peers: 4 }).timing,
  peers: FOUR.map((number) => ({ number })),
  select: (selector) => (selector === "the seed" ? [1] : [selector].flat().map(Number)),
  choose: (selector) => [Number(selector)],
  label: () => undefined,
  part: () => undefined,
};

const simulated: OpenCluster = (options) => SimulatedCluster.open(options);
/** A simulated cluster that lets everything happen to it, and does what it can. */
const willing: OpenCluster = async (options) => {
  const cluster = await SimulatedCluster.open(options);
  const apply = cluster.apply.bind(cluster);
  const isPossible = (fault: Fault): boolean => impossible(fault, "simulator") === undefined;
  const tolerant: typeof apply = (fault, how) =>
    isPossible(fault.kind === "heal" ? (fault.only ?? fault) : fault) ? apply(fault, how) : Promise.resolve({});
  return Object.assign(cluster, { apply: tolerant });
};

const exampleOf = (kind: FaultKind): Example<FaultKind> => EXAMPLES[kind];
const withoutStep = KINDS.filter((kind) => rowOf(kind).noStep !== undefined);
const withStep = KINDS.filter((kind) => rowOf(kind).noStep === undefined);
const lasting = KINDS.filter((kind) => rowOf(kind).lasts === "until ended");

function scenarioOf(kind: FaultKind, said: Partial<Said> = {}): ReturnType<typeof parseScenario> {
  const { before = "", step = "", after = "" } = { ...exampleOf(kind), ...said };
  const steps = `${MET}${before}  - ${step}\n${after}`;
  return parseScenario(`title: made up\nwhy: to be done\npeers: 4\nsteps:\n${steps}`, "made-up.yaml");
}

describe("the table knows of each kind:", () => {
  test.each(withStep)("%s is a step that the schema accepts, and that means nothing else", (kind) => {
    const all = scenarioOf(kind).steps.filter((step): step is FaultStep => Object.keys(step).some(isFaultWord));
    const { before = "", fault } = exampleOf(kind);
    const step = all[before.includes("{") ? 1 : 0];
    if (step === undefined) throw new Error("there is such a step");
    expect(faultsOf(step, SCENE)).toEqual([fault]);
  });

  test.each<[string, Fault[]]>([
    [
      "{ loss: 50%, from: [1, 2], to: 3 }",
      [
        { kind: "loss", peer: 3, other: 1, share: 0.5 },
        { kind: "loss", peer: 3, other: 2, share: 0.5 },
      ],
    ],
    [
      "{ delay: 20 ms, jitter: 5 ms, from: 3, to: [1, 3] }",
      [{ kind: "delay", peer: 3, other: 1, latencyMs: 20, jitterMs: 5 }],
    ],
    ["{ bandwidth: 64 kbit, from: 3, to: 1 }", [{ kind: "bandwidth", peer: 3, other: 1, kbits: 64 }]],
  ])("%s is a fault of these links: of those who lose, and of those who send late or little", (step, faults) => {
    const [, parsed] = scenarioOf("loss", { step, after: TIME }).steps;
    expect(faultsOf(parsed as FaultStep, SCENE)).toEqual(faults);
  });

  test("a link with one end is a complaint", () => {
    expect(() => scenarioOf("loss", { step: "{ loss: 50%, from: 1 }" })).toThrow(
      /a link has two ends, "from" and "to"/,
    );
  });

  test.each(withoutStep)("%s is no step, and it says why", (kind) => {
    expect(Object.keys(FAULT_STEPS)).not.toContain(kind);
    expect(rowOf(kind).noStep).toMatch(/\w+ \w+/);
    expect(exampleOf(kind).step).toBeUndefined();
  });

  test.each(withStep)("%s is done in the simulator, or it cannot be for the reason that is given", async (kind) => {
    const { verdict, message } = await runScenario(scenarioOf(kind), 1, simulated);
    const why = rowOf(kind).cannot?.simulator;
    if (why === undefined) expect([verdict, message]).toEqual(["true", "made up"]);
    else expect([verdict, message]).toEqual(["unknown", expect.stringContaining(why)]);
  });

  test.each(withoutStep)("%s is done in the simulator without a step", async (kind) => {
    const cluster = await simulated(OPTIONS);
    await cluster.apply(exampleOf(kind).fault);
    await cluster.pass(20 * cluster.timing.pingPeriodMs);
    expect(await cluster.bites()).toBeGreaterThan(0);
  });

  test.each(KINDS.filter((kind) => rowOf(kind).cannot?.processes !== undefined))(
    "%s is refused for processes, with the reason that is given",
    async (kind) => {
      const { fault } = exampleOf(kind);
      await expect(OF_PROCESSES.apply(fault as never)).rejects.toThrow(rowOf(kind).cannot?.processes ?? "");
    },
  );

  test.each(KINDS.filter(isNetworkKind))("%s is a rule or a queue in containers, or none can do it", (kind) => {
    const fault = onPeer(kind, 2);
    if (!isOfNetwork(fault) || !isRuled(fault)) {
      expect(rowOf(kind).cannot?.containers).toMatch(/\w+ \w+/);
      return;
    }
    const [broken, well] = [breaking(2, [fault], PLACES), breaking(2, [], PLACES)];
    expect([well.stamp, broken.stamp]).toEqual([UNTOUCHED, expect.stringMatching(/^[0-9a-f]+ $/)]);
    expect(broken.script).not.toBe(well.script);
  });
});

describe("what is said of each kind is so:", () => {
  test.each(withStep)("%s needs and leaves the states that it says", async (kind) => {
    const { needs, leaves = "running" } = rowOf(kind);
    const { fault, before = "" } = exampleOf(kind);
    const cluster = await willing({ ...OPTIONS, started: needs?.[0] === "down" ? [1, 3, 4] : FOUR });
    if (before.includes("pause")) await cluster.apply({ kind: "pause", peer: 2 });
    const stateOf = (): PeerState => cluster.peers[1]?.state ?? "down";
    expect(needs ?? [stateOf()]).toContain(stateOf());
    await cluster.apply(fault.kind === "starve" ? { ...fault, afterMs: 0 } : fault);
    expect(stateOf()).toBe(leaves);
  });

  test.each(KINDS.filter(isNetworkKind))("%s loses messages or none, by its rules", (kind) => {
    const fault = onPeer(kind, 2);
    if (!isOfNetwork(fault) || !isRuled(fault)) return;
    const isLossy = / (drop|reject)\b/.test(breaking(2, [fault], PLACES).script);
    expect(rowOf(kind).losesMessages ?? false).toBe(isLossy);
  });

  test.each(KINDS.filter((kind) => rowOf(kind).learned !== undefined))(
    "%s becomes known, and as what",
    async (kind) => {
      // Of one way that is closed among several nobody takes notice.
      const step = isWayKind(kind) ? `{ ${kind}: { from: 2, to: the rest } }` : exampleOf(kind).step;
      const before = `${exampleOf(kind).before ?? ""}${TIME}`;
      const { entries, record } = await experiment(kind, { before, step, after: TIME });
      const line = entries.findLast((entry) => entry.type === "fault" && entry.fault.kind === kind && entry.line);
      if (record === undefined || line?.type !== "fault") throw new Error("it was recorded");
      const known = judge(record).knowledge.find((each) => each.line === line.line);
      expect(known?.kind).toBe(rowOf(kind).learned?.fact);
      expect(known?.viewers).toBeGreaterThan(0);
      expect(known?.known).toEqual([]);
      expect(known?.knew).toBe(known?.viewers);
    },
  );

  test("whoever lives or dies by it, and each way that it closes, has a button", () => {
    expect(BUTTONS).toEqual(expect.arrayContaining(KINDS.filter((kind) => isLifeKind(kind) || isWayKind(kind))));
  });
});

describe("what the journal has as the inverse undoes", () => {
  test.each(withStep)("%s: the peers and the network are as they were before", async (kind) => {
    const { verdict, reason, entries, states } = await experiment(kind);
    expect([verdict, reason]).toEqual(["true", "made up"]);
    const own = entries.find((entry) => entry.type === "fault" && entry.fault.kind === kind);
    if (own?.type !== "fault") throw new Error("it is in the journal");
    const { isHarmless, lasts } = rowOf(kind);
    if (lasts === "moment") expect(states.get(2)).toBe("running");
    if (lasts !== "moment" && isHarmless !== true) {
      expect(own.inverse).not.toBeNull();
      expect(entries).toContainEqual(
        expect.objectContaining({ type: "undone", ids: expect.arrayContaining([own.id]) }),
      );
    }
    for (const [peer, state] of states) expect([peer, state]).toEqual([peer, "running"]);
  });

  test.each([
    ["start", { kind: "kill", peer: 2 }, "down"],
    ["add", { kind: "stop", peer: 5 }, "down"],
  ] as const)("%s, which a run leaves as it is", async (kind, inverse, state) => {
    const cluster = await simulated({ ...OPTIONS, started: kind === "start" ? [1, 3, 4] : FOUR });
    const { fault } = exampleOf(kind);
    await cluster.apply(fault);
    expect(rowOf(kind).inverse(fault, undefined)).toEqual(inverse);
    await cluster.apply(inverse);
    expect(cluster.peers[inverse.peer - 1]?.state).toBe(state);
  });

  test("set-meta, with what the peer said of itself before", () => {
    const inverse = rowOf("set-meta").inverse(exampleOf("set-meta").fault, { name: "before" });
    expect(inverse).toEqual({ kind: "set-meta", peer: 2, meta: { name: "before" } });
  });

  test("and what is harmless is start, add and set-meta alone", () => {
    expect(KINDS.filter((kind) => rowOf(kind).isHarmless)).toEqual(["start", "set-meta", "add"]);
  });
});

describe("what lasts ends by itself after the time that its step says:", () => {
  test.each(lasting.filter((kind) => rowOf(kind).noStep === undefined))("%s", async (kind) => {
    const { step = "", after = "" } = exampleOf(kind);
    const forSome = step.replace(/ \}$/, ", for: 30 s }");
    const { entries, verdict, reason } = await experiment(kind, { step: forSome, after: `${after}${TIME}${TIME}` });
    expect([verdict, reason]).toEqual(["true", "made up"]);
    const own = entries.find((entry) => entry.type === "fault" && entry.fault.kind === kind);
    if (own?.type !== "fault") throw new Error("it is in the journal");
    const over = entries.find((entry) => entry.type === "undone" && entry.ids.includes(own.id));
    if (over?.type !== "undone") throw new Error("it is over");
    expect(over.atMs - own.atMs).toBeGreaterThanOrEqual(30_000);
    expect(over.atMs - own.atMs).toBeLessThan(33_000);
  });
});

describe("a later process sees in the status", () => {
  test.each(lasting.filter(isNetworkKind))("%s, by the notes beside the rules", (kind) => {
    const fault = onPeer(kind, 2);
    if (!isOfNetwork(fault) || !isRuled(fault)) {
      expect(rowOf(kind).cannot?.containers).toMatch(/\w+ \w+/);
      return;
    }
    const printed = breaking(2, [fault], PLACES, noteOf([fault])).script; // the kernel prints comments as they are written
    expect(faultsIn(noteIn(printed))).toEqual([fault]);
    expect(areInForce(printed, 2, [fault], PLACES)).toBe(true);
    const found = new NetworkFaults(faultsIn(noteIn(printed))).of(2);
    const { deafTo, faults } = statusOf("running", found);
    expect([...deafTo, ...faults]).not.toEqual([]);
    expect(deafTo).toEqual(unheard([fault]));
    for (const value of Object.values(valuesOf(fault)))
      expect(faults.join()).toContain(String(value).replace(/^0\./, ""));
  });

  test.each(lasting.filter((kind) => rowOf(kind).of === "life"))("%s, by the state of the peer", (kind) => {
    const { leaves } = rowOf(kind);
    expect(leaves).not.toBe("running");
    expect(statusOf(leaves ?? "running", []).state).toBe(leaves);
  });

  test.each(lasting.filter((kind) => rowOf(kind).of === "peer"))("%s, by the container of the peer", (kind) => {
    expect(statusOf("running", [exampleOf(kind).fault]).faults.join()).toContain(kind);
  });

  test.each(KINDS.filter((kind) => !lasting.includes(kind)))("nothing of %s, which is over by then", (kind) => {
    expect(rowOf(kind)).not.toHaveProperty("status");
    expect(rowOf(kind)).not.toHaveProperty("noted");
  });
});

describe("the report draws", () => {
  const drawing = (kind: FaultKind): string => {
    const ways = isWayKind(kind) ? ([[1, 2]] as const) : [];
    const record = recorded({ peers: 4, faults: [recordedFault(kind, [1, 2], 1000, 1200, ways)] });
    return timeline(record, judge(record)).text;
  };

  test.each(KINDS.filter((kind) => rowOf(kind).band !== undefined))(
    "%s as a band, in a colour of its own sort",
    (kind) => {
      expect(rowOf(kind).lasts).not.toBe("moment");
      expect(drawing(kind).match(new RegExp(`class="band ${kind}"`, "g"))).toHaveLength(2);
      expect(drawing(kind)).toContain(rowOf(kind).band?.text);
      const colour = new RegExp(
        `^\\.band\\.${kind} \\{ fill: var\\((--band-\\w+)\\); \\} \\.swatch\\.${kind} `,
        "m",
      ).exec(STYLE)?.[1];
      // Once for light and once for dark, beside where it is used.
      expect(STYLE.match(new RegExp(`${colour ?? "none"}: #[0-9a-f]{6};`, "g"))).toHaveLength(2);
    },
  );

  test.each(KINDS.filter((kind) => rowOf(kind).band === undefined))(
    "%s as a mark, in its lanes or over all",
    (kind) => {
      expect(rowOf(kind).lasts).not.toBe("until ended");
      const marks = drawing(kind).match(/class="moment"/g) ?? [];
      expect(marks).toHaveLength(rowOf(kind).of === "all networks" ? 0 : 2);
      expect(drawing(kind)).toContain('class="mark"');
      expect(drawing(kind)).not.toContain('class="band');
    },
  );
});

describe("the command line has", () => {
  test.each(COMMANDS)("%s, which reads its values and does this fault", async (kind) => {
    const { fault, values = {} } = exampleOf(kind);
    const project = new Wanted();
    const command = isWayKind(kind) ? alongWays(project, kind, "1", "2") : toPeers(project, kind, "2", values);
    expect(command.what).toContain(isWayKind(kind) ? "from peer 1 to peer 2" : "peer 2");
    expect(project.applied).toEqual([]);
    await command.perform();
    const meta = kind === "set-meta" ? { meta: { name: "told", tags: {} } } : {};
    expect(project.applied).toEqual([{ ...fault, ...(isWayKind(kind) ? {} : { peer: 2 }), ...meta }]);
  });

  test.each(COMMANDS)("values of %s that cannot be right refused, where it has any", (kind) => {
    const { argument, options = [] } = commandLineOf(kind);
    for (const { name, isRight, right } of [...(argument === undefined ? [] : [argument]), ...options]) {
      const given = [exampleOf(kind).values?.[name]].flat();
      for (const text of given) if (text !== undefined) expect(isRight?.(text) ?? true).toBe(true);
      expect(isRight?.("nonsense") ?? false).toBe(false);
      expect(isRight === undefined).toBe(right === undefined);
    }
  });

  test.each(KINDS.filter((kind) => typeof rowOf(kind).command === "string"))("no %s, and says why", (kind) => {
    expect(rowOf(kind).command).toMatch(/\w+ \w+/);
  });
});

test.each(BUTTONS)("the page has a button for %s, and what it asks for is done", async (kind) => {
  const asked = isWayKind(kind) ? { do: "partition", sides: [[1, 2], [3]], by: kind } : { do: kind, peers: [2] };
  const project = new Wanted();
  await decide(project, readRequest(JSON.stringify(asked))).perform();
  expect(project.applied.map((fault) => fault.kind)).toEqual(isWayKind(kind) ? Array(4).fill(kind) : [kind]);
});

/** Peers to whom everything can be done, which is noted. */
class Wanted implements Breakable {
  readonly peers: Candidates = FOUR.map((number) => ({ number, state: "running" }));
  readonly applied: Fault[] = [];

  apply(faults: readonly Fault[]): Promise<void> {
    this.applied.push(...faults);
    return Promise.resolve();
  }

  part(ways: readonly Fault[]): Promise<void> {
    return this.apply(ways);
  }

  heal(): ReturnType<Breakable["heal"]> {
    return Promise.resolve({ resumed: [], swept: 0 });
  }

  scale(): Promise<void> {
    return Promise.resolve();
  }
}

/** The example as a fault of that peer alone, where it may be one of all. */
function onPeer(kind: FaultKind, peer: number): Fault {
  const { fault } = exampleOf(kind);
  return isWayKind(kind) || "peer" in fault ? fault : ({ ...fault, peer } as Fault);
}

/** Without what says whose it is. */
function valuesOf({ kind, ...fault }: Fault): Record<string, unknown> {
  const values: Record<string, unknown> = { ...fault };
  for (const name of ["peer", "from", "to"]) Reflect.deleteProperty(values, name);
  return kind === "loss" ? { share: 50 } : values;
}

function statusOf(state: PeerState, faults: readonly Fault[]): ReturnType<typeof conditionsOf>[number] {
  const peer = { number: 2, state, address: "10.0.0.2:7946" } as never;
  const [condition] = conditionsOf([{ peer, faults, isInForce: true }], []);
  if (condition === undefined) throw new Error("there is one peer");
  return condition;
}

async function experiment(
  kind: FaultKind,
  said: Partial<Said> = {},
): Promise<Outcome & { entries: readonly Entry[]; states: ReadonlyMap<number, PeerState> }> {
  const entries: Entry[] = [];
  const outcome = await runExperiment({
    scenario: scenarioOf(kind, said),
    seed: 1,
    on: "simulator",
    open: willing,
    journal: { write: (entry) => entries.push(entry) },
    signal: new AbortController().signal,
  });
  const states = new Map((outcome.record?.lives ?? []).map(({ peer, state }) => [peer, state]));
  return { ...outcome, entries, states };
}

function isFaultWord(word: string): boolean {
  return word in FAULT_STEPS;
}
