import { beforeAll, describe, expect, test } from "@jest/globals";
import { SIMULATE } from "../support/command.js";
import { codeIn, filesWith, sectionOf, tableOf, textOf } from "../support/documents.js";
import { helpOf, type Help, type Option } from "../support/help.js";

const README = "integration/README.md";
const TESTBED = ["integration/dist/program/cli.js"];

/** The options that a table has; "off" and an empty cell are no default. */
function optionsIn(section: string): Option[] {
  return tableOf(sectionOf(README, section), "option").map(([flags = "", , preset = ""]) => ({
    flags: codeIn(flags).join(),
    preset: ["", "off"].includes(preset) ? undefined : preset.replaceAll("`", ""),
  }));
}

/** A default as the program names it, which knows the variable's value and not its name. */
const said = ({ flags, preset }: Option): Option => ({
  flags,
  preset: preset?.replace("$COMPOSE_PROJECT_NAME, else ", ""),
});

const byFlags = (a: Option, b: Option): number => (a.flags < b.flags ? -1 : 1);

describe("the options that a document has are those of the program, with the same defaults:", () => {
  test.each([
    ["A cluster", ["scripts/start.mjs"], []],
    ["The live view", TESTBED, ["live"]],
    ["The observer", ["integration/dist/program/observe.js"], []],
    ["Chaos experiments", ["integration/dist/program/chaos/cli.js"], []],
    ["npm run simulate", [SIMULATE], ["run"]],
    ["npm run soak", [SIMULATE], ["soak"]],
    ["The fuzzer", ["integration/dist/program/fuzz/cli.js"], []],
    ["npm run bench", ["integration/dist/bench/cli.js"], []],
    ["npm run bench:growth", ["integration/dist/bench/growth.js"], []],
    ["node integration/dist/program/simulate/cli.js check", [SIMULATE], ["check"]],
  ])("%s", async (section, program, command) => {
    const { options } = await helpOf(program, ...command);
    expect(optionsIn(section).map(said).sort(byFlags)).toEqual([...options].sort(byFlags));
  });
});

test("the keys of a suite that a document has are those of its schema", () => {
  interface Keys {
    readonly properties: Readonly<Record<string, { readonly items?: Keys }>>;
  }
  const { properties } = JSON.parse(textOf("integration/suites/suite.schema.json")) as Keys;
  const keysIn = (heading: string): string[] =>
    tableOf(sectionOf(README, "Suites"), heading).flatMap(([cell = ""]) => codeIn(cell));
  expect(keysIn("key").sort()).toEqual(Object.keys(properties).sort());
  expect(keysIn("key of a run").sort()).toEqual(Object.keys(properties["runs"]?.items?.properties ?? {}).sort());
});

test("the places that a document has for an experiment are those of the program", async () => {
  const { text } = await helpOf(["integration/dist/program/chaos/cli.js"]);
  const [, choices = ""] = /choices: ([^)]*), default/.exec(text) ?? [];
  const row = tableOf(sectionOf(README, "Chaos experiments"), "option").find(([flags]) => flags?.includes("--on"));
  expect(codeIn(row?.[1] ?? "").sort()).toEqual([...choices.matchAll(/"(\w+)"/g)].map(([, name]) => name).sort());
});

describe("npm run testbed", () => {
  const commands = new Map<string, Help>();
  beforeAll(async () => {
    const { commands: names } = await helpOf(TESTBED);
    const helps = await Promise.all(names.map(async (name) => [name, await helpOf(TESTBED, name)] as const));
    for (const [name, help] of helps) commands.set(name, help);
  });

  const rows = tableOf(sectionOf(README, "The commands"), "command").map(([cell = ""]) => codeIn(cell).join());
  const common = optionsIn("The commands").map(said);
  const namesOf = (text: string): string[] => (text.match(/--[\w-]+/g) ?? []).sort();

  test("has the commands that the document has, and no others", () => {
    expect(rows.map((row) => row.split(" ")[0]).sort()).toEqual([...commands.keys()].sort());
  });

  test.each(rows)("%s: its options and what it acts on", (row) => {
    const [name = ""] = row.split(" ");
    const { operands, options } = commands.get(name) ?? { operands: [], options: [] };
    const changes = ["--project", "--json", ...(name === "status" ? [] : ["--dry-run"])];
    const choosing = /--(peers|side|from)/.test(row) ? ["--seed"] : [];
    const more = name === "live" ? ["--project"] : [...changes, ...choosing];
    expect([...namesOf(row), ...more].sort()).toEqual(namesOf(options.map(({ flags }) => flags).join()));
    expect([...row.matchAll(/ <([^>]+)>/g)].map(([, operand]) => operand)).toEqual(operands);
  });

  test("the options that all commands take are described as each has them", () => {
    for (const [name, { options }] of commands) {
      if (name === "live") continue;
      const known = options.filter(({ flags }) => common.some((each) => each.flags === flags));
      expect(common).toEqual(expect.arrayContaining(known));
    }
    const used = [...commands.values()].flatMap(({ options }) => options.map(({ flags }) => flags));
    expect(used).toEqual(expect.arrayContaining(common.map(({ flags }) => flags)));
  });

  test("a default that a row names is the command's", () => {
    const { options } = commands.get("delay") ?? { options: [] };
    const jitter = options.find(({ flags }) => flags.startsWith("--jitter"))?.preset;
    const row = tableOf(sectionOf(README, "The commands"), "command").find(([cell]) => cell?.includes("`delay "));
    expect(row?.[1]).toContain(`by default \`${jitter ?? ""}\``);
  });

  test("peers are chosen as the document says", () => {
    const [, words = ""] = /which: (.*?) -h/.exec(commands.get("kill")?.text ?? "") ?? [];
    const [sentence = ""] = /Peers are chosen with [^.]*\./.exec(sectionOf(README, "The commands")) ?? [];
    expect(codeIn(sentence).sort()).toEqual(words.split(/, | or /).sort());
  });
});

test("every npm script that a document or a comment speaks of is one", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
  const speakers = [".md", ".ts", ".mjs", ".js", ".yml"].flatMap((ending) => filesWith(ending));
  const spoken = speakers.flatMap((path) =>
    [...textOf(path).matchAll(/`npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name = ""]) => ({ path, name })),
  );
  expect(spoken.length).toBeGreaterThan(10);
  expect(spoken.filter(({ name }) => !(name in scripts))).toEqual([]);
});

test("the ways to break the protocol that the document has are those that `npm run mutate` tries", async () => {
  const { mutants } = (await import(new URL("../../../scripts/mutants.mjs", import.meta.url).href)) as {
    mutants: readonly { name: string }[];
  };
  const rows = tableOf(sectionOf("CONTRIBUTING.md", "What notices a broken protocol"), "what is broken");
  expect(rows.map(([name]) => name)).toEqual(mutants.map(({ name }) => name));
});
