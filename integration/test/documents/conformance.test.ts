import { basename } from "node:path";
import { expect, test } from "@jest/globals";
import { resolveTiming } from "gossip-peer";
import { NUMBER_OPTIONS, VARIABLES, variableName } from "gossip-peer/testbed";
import { codeIn, filesWith, sectionOf, tableOf, textOf } from "../support/documents.js";

const CONFORMANCE = "integration/CONFORMANCE.md";
const MUST = sectionOf(CONFORMANCE, "What an image must do");

const variables = tableOf(MUST, "variable").flatMap(([cell = ""]) => codeIn(cell));
const timing = codeIn(MUST)
  .filter((code) => code.startsWith("…_"))
  .map((code) => code.replace("…", "GOSSIP"));

test("the variables of the timing are all options of the timing, and the testbed sets them all", () => {
  const names = Object.keys(resolveTiming()).map((name) => `GOSSIP_${name.replaceAll(/[A-Z]/g, "_$&").toUpperCase()}`);
  expect([...timing].sort()).toEqual(names.sort());
});

test("the other variables are those that the testbed sets for its containers", () => {
  const cluster = filesWith(".ts", "integration/src/cluster").filter((path) => !path.includes("/compose/"));
  const set = cluster.flatMap((path) => [...textOf(path).matchAll(/\b(GOSSIP_\w+):/g)].map(([, name]) => name));
  expect([...variables].filter((name) => !timing.includes(name)).sort()).toEqual([...new Set(set)].sort());
});

test("the project's own peer knows every one of them", () => {
  expect(VARIABLES).toEqual(expect.arrayContaining([...variables, ...timing]));
});

test("the Compose file hands every number of the options on to its peers", () => {
  const handedOn = [...textOf("docker-compose.yml").matchAll(/^ +(GOSSIP_\w+): \$\{\1:-\}/gm)].map(([, name]) => name);
  expect(handedOn).toEqual(expect.arrayContaining(NUMBER_OPTIONS.map(variableName)));
});

test("the example in Python has the same defaults", () => {
  const defaults = Object.entries(resolveTiming()).map(([option, value]) => [variableName(option), value] as const);
  const example = [...textOf("integration/foreign/settings.py").matchAll(/number\("(\w+)", ([\d_]+)\)/g)].map(
    ([, name = "", value = ""]) => [`GOSSIP_${name}`, Number(value.replaceAll("_", ""))] as const,
  );
  expect(example.length).toBeGreaterThan(0);
  expect(defaults).toEqual(expect.arrayContaining(example));
});

test("there is a verdict for each scenario, and each verdict says something", () => {
  const rows = tableOf(sectionOf(CONFORMANCE, "What it looks like"), "scenario");
  const files = filesWith(".yaml", "integration/scenarios").filter((path) => !path.includes("/rows/"));
  // The scenario, the simulator's verdict and the containers'; the other columns may wait for a longer run.
  expect(rows.filter(([, ...verdicts]) => verdicts.slice(0, 2).includes(""))).toEqual([]);
  expect(rows.flatMap(([cell = ""]) => codeIn(cell))).toEqual(files.map((path) => basename(path, ".yaml")).sort());
});
