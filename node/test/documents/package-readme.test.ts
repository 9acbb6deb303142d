import { describe, expect, test } from "@jest/globals";
import { hostname } from "node:os";
import { MEMBER_EVENTS } from "../../src/announcer.js";
import { META_LIMITS } from "../../src/core/meta.js";
import { PRESETS, type Preset } from "../../src/core/timing.js";
import { readEnvironment, VARIABLES } from "../../src/environment.js";
import { GossipError, type GossipErrorCode, type PeerOptions } from "../../src/index.js";
import { LINES } from "../../src/log.js";
import { NUMBER_OPTIONS } from "../../src/options.js";
import { resolveOptions } from "../../src/resolve-options.js";
import { variableName } from "../../src/testbed.js";
import { codeIn, numbersIn, rowsOf, textOf } from "../support/documents.js";
import { gossip } from "../support/programs.js";
import { expectDefault } from "../support/timing-table.js";

const document = textOf("node/README.md");

/** The table's rows by the code in their first cell. */
function rowsByName(heading: string): Map<string, string[]> {
  return new Map(rowsOf(document, heading).map(([cell = "", ...others]) => [codeIn(cell).join(), others]));
}

describe("the options", () => {
  const address = "127.0.0.1:7946";
  const rows = rowsByName("option");
  const numbers: readonly string[] = NUMBER_OPTIONS;
  /** A name that is missing here, or is none, does not compile. */
  const others: Record<Exclude<keyof PeerOptions, (typeof NUMBER_OPTIONS)[number]>, true> = {
    address: true,
    bindHost: true,
    bindPort: true,
    cluster: true,
    meta: true,
    preset: true,
    seeds: true,
    server: true,
    tls: true,
    adminAddress: true,
    adminTls: true,
    adminUnprotected: true,
    healthAddress: true,
    logger: true,
  };

  test("are all there are", () => {
    expect([...rows.keys()].sort()).toEqual([...numbers, ...Object.keys(others)].sort());
  });

  test("have the defaults of the code", () => {
    const { timing, limits, ...resolved } = resolveOptions({ address });
    const actual: Readonly<Record<string, unknown>> = { ...resolved, ...limits, ...timing };
    for (const [name, [preset = ""]] of rows) {
      if (numbers.includes(name)) expectDefault(name, preset, Number(actual[name]));
    }
    for (const name of ["cluster", "meta", "seeds"] as const) {
      const [preset = ""] = codeIn(rows.get(name)?.[0] ?? "");
      expect(preset.replace(/^default$/, '"default"')).toBe(JSON.stringify(resolved[name]));
    }
    expect(resolved).toMatchObject({ bindHost: "127.0.0.1", server: undefined, adminAddress: undefined });
  });

  test.each(numbers)("has the bounds of the code for %s", (name) => {
    const [low, high] = numbersIn(rows.get(name)?.[1] ?? "");
    expect([low, high].every(Number.isInteger)).toBe(true);
    const refusal = (value: number): string => {
      try {
        resolveOptions({ address, [name]: value });
      } catch (error) {
        return String(error);
      }
      return "";
    };
    expect(refusal(-1)).toMatch(new RegExp(`\\b${name}\\b.* from ${low} to ${high}\\b`));
  });

  test("name the limits of metadata", () => {
    const { nameBytes, tags, totalBytes } = META_LIMITS;
    expect(numbersIn(rows.get("meta")?.[1] ?? "")).toEqual([nameBytes, tags, totalBytes]);
  });
});

test("the presets are all there are, with what differs from the defaults", () => {
  const rows = rowsByName("preset");
  expect([...rows.keys()].sort()).toEqual(Object.keys(PRESETS).sort());
  for (const [name, [differs = ""]] of rows) {
    const said = [...differs.matchAll(/`(\w+)` ([\d ]*\d)/g)].map(([, option, value = ""]) => [
      option,
      numbersIn(value)[0],
    ]);
    expect([name, Object.fromEntries(said)]).toEqual([name, PRESETS[name as Preset]]);
  }
});

test("the events are all there are", () => {
  expect([...rowsByName("event").keys()]).toEqual([...MEMBER_EVENTS]);
});

test("the lines of the log are all there are, with their levels", () => {
  const rows = [...rowsByName("`event`")].map(([event, [level = ""]]) => [event, codeIn(level).join()]);
  expect(Object.fromEntries(rows)).toEqual(LINES);
});

test("the codes of errors are all there are", () => {
  const codes: Record<GossipErrorCode, true> = {
    "invalid-options": true,
    "invalid-address": true,
    "invalid-meta": true,
    "invalid-certificate": true,
    "no-address": true,
    "bind-failed": true,
    stopped: true,
    unavailable: true,
    "too-many-seeds": true,
    "fell-behind": true,
    refused: true,
  };
  expect([...rowsByName("code").keys()].sort()).toEqual(Object.keys(codes).sort());
  expect(() => resolveOptions({ address: "" })).toThrow(GossipError);
});

describe("the container's variables", () => {
  const rows = rowsByName("variable");
  const ofNumbers = NUMBER_OPTIONS.map(variableName);

  test("are all there are, besides one for each number", () => {
    const texts = VARIABLES.filter((name) => !ofNumbers.includes(name));
    expect([...rows.keys()].sort()).toEqual(texts.sort());
    const examples = [...document.matchAll(/`(GOSSIP_\w+)` sets `(\w+)`/g)];
    expect(examples).toHaveLength(2);
    for (const [, variable, option = ""] of examples) expect(variableName(option)).toBe(variable);
  });

  test("have the defaults of the code", () => {
    const { settings, problems } = readEnvironment({});
    const presetOf = (name: string): string => codeIn(rows.get(name)?.[0] ?? "").join();
    expect(problems).toEqual([]);
    expect(presetOf("GOSSIP_LOG_LEVEL")).toBe(settings.logLevel);
    expect(presetOf("GOSSIP_ADMIN_ADDRESS")).toBe(settings.options.adminAddress);
    expect(presetOf("GOSSIP_HEALTH_ADDRESS")).toBe(settings.options.healthAddress);
    expect(presetOf("GOSSIP_METRICS_ADDRESS")).toBe(settings.metricsAddress);
    const { cluster } = resolveOptions({ ...settings.options, address: "127.0.0.1:7946" });
    expect(presetOf("GOSSIP_CLUSTER")).toBe(cluster);
    expect(settings.options).toMatchObject({ meta: { name: hostname(), tags: {} }, seeds: [], bindHost: "0.0.0.0" });
    const levels = codeIn(rows.get("GOSSIP_LOG_LEVEL")?.[1] ?? "");
    expect(levels.filter((level) => readEnvironment({ GOSSIP_LOG_LEVEL: level }).problems.length > 0)).toEqual([]);
    const { problems: complaint } = readEnvironment({ GOSSIP_LOG_LEVEL: "loud" });
    expect(complaint).toEqual([expect.stringContaining(levels.join(", "))]);
  });
});

describe("the commands of gossip", () => {
  const rows = [...rowsByName("command").keys()];

  test("are all there are", async () => {
    const { out } = await gossip(["--help"]);
    const [, list = ""] = out.split("Commands:\n");
    const names = [...list.matchAll(/^ {2}([\w-]+)/gm)].map(([, name]) => name).filter((name) => name !== "help");
    expect(rows.map((row) => row.split(" ")[1])).toEqual(names);
  });

  test.each(rows)("%s: has the options and the operand of the command", async (row) => {
    const [, name = ""] = row.split(" ");
    const { out } = await gossip([name, "--help"]);
    const options = [...out.matchAll(/^ {2}(--[^ ]+(?: <[^>]+>)?)/gm)].map(([, flags]) => flags);
    const [common = ""] = /^Each takes [^.]*\./m.exec(document) ?? [];
    const said = [...row.matchAll(/\[(--[^\]]+)\]/g)].map(([, flags]) => flags);
    const shared = codeIn(common).filter((code) => code.startsWith("--"));
    expect([...said, ...shared].sort()).toEqual([...options].sort());
    const operand = / (<[^>]+>)/.exec(row.replaceAll(/\[[^\]]*\]/g, ""))?.[1];
    expect(/^Usage: .*?\[options\](?: (<\w+>))?$/m.exec(out)?.[1]).toBe(operand);
  });
});
