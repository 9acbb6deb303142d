import { describe, expect, test } from "@jest/globals";
import { Server } from "@grpc/grpc-js";
import { Peer } from "../src/index.js";
import { NUMBER_OPTIONS, OPTIONS, type PeerOptions } from "../src/options.js";
import { resolveOptions } from "../src/resolve-options.js";

const address = "127.0.0.1:7946";

/** What is said to be wrong; an error when nothing is. */
function problemWith(options: Partial<PeerOptions>): string {
  try {
    resolveOptions({ address, ...options });
  } catch (error) {
    expect(error).toMatchObject({ name: "GossipError", code: "invalid-options" });
    return (error as Error).message;
  }
  throw new Error("nothing is wrong");
}

describe("without any option but the address", () => {
  test("the defaults hold", () => {
    expect(resolveOptions({ address })).toMatchObject({
      address,
      bindHost: "127.0.0.1",
      cluster: "default",
      meta: {},
      seeds: [],
      server: undefined,
      adminAddress: undefined,
      healthAddress: undefined,
      timing: {
        pingPeriodMs: 1000,
        exchangeTimeoutMs: 5000,
        minTimeoutMs: 200,
        suspicionMultiplier: 4,
        indirectProbes: 3,
        newsFanout: 4,
        gatherMs: 5,
        tombstoneTtlMs: 3_600_000,
      },
      limits: { maxMembers: 10_000, maxTombstones: 2000, maxRecordsPerMessage: 1000, maxSeeds: 64 },
      maxConnections: 256,
      maxWatchers: 64,
    });
  });

  test("the shortest wait is no longer than the longest", () => {
    expect(resolveOptions({ address, exchangeTimeoutMs: 100 }).timing.minTimeoutMs).toBe(100);
    expect(resolveOptions({ address, exchangeTimeoutMs: 5000 }).timing.minTimeoutMs).toBe(200);
  });

  test("options that are undefined count as not given", () => {
    const given = {
      bindHost: undefined,
      meta: undefined,
      seeds: undefined,
      pingPeriodMs: undefined,
      maxSeeds: undefined,
    };
    expect(resolveOptions({ address, ...given }).limits.maxSeeds).toBe(64);
  });
});

describe("what is wrong is named:", () => {
  test.each<[string, Partial<PeerOptions>, RegExp]>([
    ["the address", { address: "nowhere" }, /^address: .*no port/],
    ["an address that is none at all", { address: undefined as never }, /^address: /],
    ["a seed", { seeds: ["peer:7946", "peer:0"] }, /^seeds: "peer:0"/],
    [
      "more seeds than are kept",
      { seeds: ["a:1", "b:1", "b:1"], maxSeeds: 1 },
      /^seeds: there are 2, and maxSeeds is 1$/,
    ],
    ["the health address", { healthAddress: "here" }, /^healthAddress: "here" has no port/],
    ["the admin address", { adminAddress: "7947" }, /^adminAddress: "7947" has no port/],
    ["the bind host", { bindHost: "" }, /^bindHost: .*empty/],
    ["the bind port", { bindPort: 70_000 }, /^bindPort: 70000 must be a whole number from 1 to 65535/],
    ["an address of no machine", { address: "0.0.0.0:1" }, /^address: .*every address of a machine/],
    ["a bind port behind no port", { address: "a:0", bindPort: 1 }, /^bindPort: with it the address must name/],
    ["the cluster", { cluster: "a b" }, /^cluster: "a b".*1 to 64/],
    ["an empty cluster", { cluster: "" }, /^cluster: /],
    ["the metadata", { meta: { name: "n".repeat(129) } }, /^meta: name has 129 bytes/],
    ["the period", { pingPeriodMs: 9 }, /^pingPeriodMs is 9; .*10 to/],
    ["the timeout", { exchangeTimeoutMs: 1e9 }, /^exchangeTimeoutMs is 1000000000/],
    ["the suspicion", { suspicionMultiplier: -1 }, /^suspicionMultiplier is -1/],
    ["the shortest wait", { minTimeoutMs: 0 }, /^minTimeoutMs is 0; .*1 to/],
    [
      "a shortest wait beyond the longest",
      { minTimeoutMs: 600, exchangeTimeoutMs: 500 },
      /^minTimeoutMs \(600\) .*exchangeTimeoutMs \(500\)/,
    ],
    ["the probes by others", { indirectProbes: 11 }, /^indirectProbes is 11; .*0 to 10/],
    ["a fanout of one", { newsFanout: 1 }, /^newsFanout is 1; .*from 2 to 16/],
    ["the fanout", { newsFanout: 17 }, /^newsFanout is 17; .*0 to 16/],
    ["the gathering", { gatherMs: -1 }, /^gatherMs is -1; .*0 to 1000/],
    [
      "the time to live",
      { tombstoneTtlMs: 5000, pingPeriodMs: 1000 },
      /tombstoneTtlMs \(5000\).*pingPeriodMs \(1000\)/,
    ],
    ["maxMembers", { maxMembers: 0 }, /^maxMembers: 0 must be a whole number from 1/],
    ["maxTombstones", { maxTombstones: 1.5 }, /^maxTombstones: 1\.5 must/],
    ["maxSeeds", { maxSeeds: NaN }, /^maxSeeds: NaN must/],
    ["maxConnections", { maxConnections: 1e7 }, /^maxConnections: 10000000 must/],
    ["maxWatchers", { maxWatchers: "1" as unknown as number }, /^maxWatchers: 1 must/],
    [
      "port 0 on a server of the user's own",
      { address: "127.0.0.1:0", server: new Server() },
      /^address: .*1 to 65535/,
    ],
  ])("%s", (_, options, problem) => {
    expect(problemWith(options)).toMatch(problem);
  });

  test("options that there are not, with the nearest that there is", () => {
    expect(problemWith({ pingPeriod: 5 } as never)).toBe("pingPeriod is no option; is pingPeriodMs meant?");
    expect(problemWith({ colour: "red" } as never)).toBe("colour is no option");
  });

  test("every option of a kind that it cannot be, never as a TypeError", () => {
    const kinds = [5, "", true, {}, [[]], () => 1, Symbol("s"), 10n, Number.NaN];
    const fits: Record<string, (value: unknown) => boolean> = {
      bindPort: (value) => value === 5,
      adminUnprotected: (value) => value === true,
      meta: (value) => typeof value === "object" && !Array.isArray(value),
      ...Object.fromEntries(NUMBER_OPTIONS.map((name) => [name, (value: unknown) => typeof value === "number"])),
    };
    for (const name of OPTIONS)
      for (const value of kinds.filter((each) => fits[name]?.(each) !== true))
        expect(problemWith({ [name]: value })).toContain(name);
  });

  test("a logger that lacks a method, which would be silence else", () => {
    const { debug, info, error } = console;
    expect(problemWith({ logger: { debug, info, error } as never })).toMatch(
      /^logger: .*needs the methods debug, info, warn, error/,
    );
  });

  test("no options at all, with what is needed", () => {
    expect(() => new Peer(undefined as never)).toThrow(/a peer needs options with an address/);
  });

  test("all of it in one message, not the first thing only", () => {
    const problem = problemWith({ address: "x", cluster: "", seeds: ["y"], maxSeeds: 0, pingPeriodMs: 0 });
    for (const name of ["address:", "cluster:", "seeds:", "maxSeeds:", "pingPeriodMs "])
      expect(problem).toContain(name);
  });
});

test("the own address among the seeds is none, and none is counted twice", () => {
  expect(resolveOptions({ address, seeds: [address, "a:1", "a:1"], maxSeeds: 1 }).seeds).toEqual(["a:1"]);
});

test("changing what was handed in changes nothing inside", () => {
  const given = { address, meta: { name: "n", tags: { k: "v" } } };
  const resolved = resolveOptions(given);
  given.meta.tags.k = "changed";
  expect(resolved.meta).toEqual({ name: "n", tags: { k: "v" } });
});
