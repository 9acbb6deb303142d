import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { run, SIMULATE, type Ended } from "../support/command.js";
import { blocksOf, codeIn, filesWith, sectionOf, tableOf, textOf } from "../support/documents.js";

const GUIDE = "integration/scenarios/README.md";

/** As much of a JSON schema as is looked at here. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const schema = JSON.parse(textOf("integration/scenarios/scenario.schema.json")) as Schema;
const tableIn = (section: string, heading: string): string[][] => tableOf(sectionOf(GUIDE, section), heading);
const firstCodes = (rows: readonly string[][]): string[] => rows.flatMap(([cell = ""]) => codeIn(cell));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "documents-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function simulate(text: string): Promise<Ended> {
  const file = join(folder, "snippet.yaml");
  writeFileSync(file, text);
  return run(process.execPath, [SIMULATE, "--scenario", file]);
}

describe("the tables of the guide are those of the schema:", () => {
  test("the keys of a file, and which of them must be there", () => {
    const keys = firstCodes(tableIn("The file", "key"));
    expect([...keys].sort()).toEqual(Object.keys(schema.properties ?? {}).sort());
    expect(keys.slice(0, schema.required?.length).sort()).toEqual([...(schema.required ?? [])].sort());
  });

  test.each(["timing", "network", "on"])("what stands within %s", (key) => {
    const said = codeIn(tableIn("The file", "key").find(([cell]) => cell === `\`${key}\``)?.[1] ?? "");
    expect([...said].sort()).toEqual(Object.keys(schema.properties?.[key]?.properties ?? {}).sort());
  });

  test("budgets", () => {
    const [, budgets = ""] = /^\^\(([a-z|]+)\)\$/.exec(schema.definitions?.["Within"]?.pattern ?? "") ?? [];
    expect(firstCodes(tableIn("Times", "budget"))).toEqual(budgets.split("|"));
  });

  test("steps, with all further keys", () => {
    const inGuide = tableIn("Steps", "step").map(([step = "", further = ""]) => [
      codeIn(step).join(),
      codeIn(further).sort(),
    ]);
    const inSchema = (schema.definitions?.["Step"]?.anyOf ?? []).map(({ properties = {} }) => {
      // The word that a step is known by comes first.
      const [step, ...further] = Object.keys(properties);
      return [step, further.sort()];
    });
    expect(inGuide.sort()).toEqual(inSchema.sort());
  });

  test("expectations", () => {
    const expectations = schema.definitions?.["Step"]?.anyOf?.find(({ properties = {} }) => "expect" in properties);
    const kinds = expectations?.properties?.["expect"]?.anyOf ?? [];
    const known = kinds.flatMap(({ enum: words, properties = {} }) => words ?? [Object.keys(properties).join()]);
    const said = firstCodes(tableIn("Expectations", "expectation")).map((code) =>
      code.startsWith("{") ? [...[...code.matchAll(/(\w+):/g)].map(([, key]) => key), "at"].join() : code,
    );
    expect(said.sort()).toEqual(known.sort());
  });
});

describe("a selector of the guide", () => {
  const selectors = firstCodes(tableIn("Peers", "selector"));

  test.each(selectors)("%s stands for peers", async (selector) => {
    const steps = `  - { pick: 2, as: victim }\n  - { pick: [1, ${JSON.stringify(selector)}], as: chosen }\n`;
    const number = steps.replace('"3"', "3");
    const { code, out, err } = await simulate(`title: t\nwhy: w\npeers: 5\nsteps:\n${number}`);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^PASS /);
  });

  test("is missing for none of those that the program names when it does not understand one", async () => {
    const { code, err } = await simulate("title: t\nwhy: w\npeers: 5\nsteps:\n  - pick: {}\n    as: chosen\n");
    expect(code).toBe(2);
    const named = [...err.matchAll(/"([^"]+)"/g)].map(([, word = ""]) => word.replace(/^\d+ of$/, "2 of"));
    const words = named.filter((word) => !["pick", "as"].includes(word));
    expect(words.length).toBeGreaterThan(3);
    expect(selectors).toEqual(expect.arrayContaining(words));
  });
});

describe("what the documents show as a scenario holds:", () => {
  const scenarios = filesWith(".md").flatMap((path) =>
    blocksOf(textOf(path), "yaml")
      .filter((block) => /^steps:/m.test(block))
      .map((block, at) => [`${path}, ${at + 1}`, block] as const),
  );

  test.each(scenarios)("%s", async (_place, block) => {
    const { code, out, err } = await simulate(block);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^PASS /);
  });

  test("there are some", () => {
    expect(scenarios.length).toBeGreaterThan(0);
  });
});
