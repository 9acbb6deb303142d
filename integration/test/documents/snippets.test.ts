import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ROOT, run, SIMULATE } from "../support/command.js";
import { blocksOf, codeIn, filesWith, sectionOf, textOf } from "../support/documents.js";
import { helpOf } from "../support/help.js";

const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
/** A project that nobody starts: whoever understood the command finds no peers there, and ends with 1 and not with 2. */
const NOBODY = "gossip-documents-nobody";
/** More random plans than this are not run, but only understood. */
const MOST_PLANS = 100;

/** The programs to which npm scripts hand their arguments, by the script. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  testbed: ["integration/dist/program/cli.js"],
  chaos: ["integration/dist/program/chaos/cli.js"],
  simulate: [SIMULATE, "run"],
  soak: [SIMULATE, "soak"],
  fuzz: ["integration/dist/program/fuzz/cli.js"],
  observe: ["integration/dist/program/observe.js"],
  bench: ["integration/dist/bench/cli.js"],
};

/** Something that a document tells its readers to type. */
interface Snippet {
  readonly command: string;
  readonly words: readonly string[];
}

/** A snippet that starts one of the programs, which is named as in PROGRAMS; "check" is the simulator's. */
interface Start extends Snippet {
  readonly name: string;
  readonly program: readonly string[];
  readonly args: readonly string[];
}

function snippetsOf(path: string): string[] {
  const text = textOf(path);
  const typed = blocksOf(text, "sh").flatMap((block) => block.split("\n"));
  const inSentences = codeIn(text.replaceAll(/^ *```.*?^ *```$/gms, "").replaceAll("\n", " "));
  return [...typed, ...inSentences.filter((code) => /^(npm|node) /.test(code))]
    .flatMap((line) => line.replace(/ +#.*$/, "").split(" && "))
    .map((command) => command.trim())
    .filter((command) => command !== "");
}

/** Quotes and variables are all of a shell that a reader is asked to type. A letter that stands for a number becomes one. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)]
    .map(([, quoted, bare = ""]) => quoted ?? bare.replace(/^[A-Z]$/, "3"))
    .filter((word) => !/^[A-Z_]+=/.test(word));
}

/** The script that a command has npm run. */
function scriptOf(words: readonly string[]): string | undefined {
  const [first, ...rest] = words.filter((word) => word !== "run" && word !== "--silent");
  return first === "npm" ? rest[0] : undefined;
}

function startOf(snippet: Snippet): Start[] {
  const { words } = snippet;
  if (words[1] === SIMULATE) return [{ ...snippet, name: "check", program: [SIMULATE], args: words.slice(2) }];
  const name = scriptOf(words) ?? "";
  const program = PROGRAMS[name];
  const at = words.indexOf("--");
  return program === undefined ? [] : [{ ...snippet, name, program, args: at < 0 ? [] : words.slice(at + 1) }];
}

const commands = new Set(filesWith(".md").flatMap(snippetsOf));
const snippets: Snippet[] = [...commands].map((command) => ({ command, words: wordsOf(command) }));
const starts = snippets.flatMap(startOf);

/**
 * Fails where the program does not know an option, or refuses a value; it looks at those of all commands in one go, since
 * each may be given more than once.
 */
async function mustKnow(program: readonly string[], args: readonly string[]): Promise<void> {
  const { options } = await helpOf(program, ...args);
  const known = new Set(options.map(({ flags }) => flags.split(" ")[0]));
  expect(args.filter((word) => word.startsWith("--") && !known.has(word.split("=")[0]))).toEqual([]);
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "documents-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the scripts and files that a command names are there", () => {
  const isThere = (word: string): boolean => existsSync(join(ROOT, word));
  const isFile = (word: string): boolean => /^(deploy|integration|node|proto|scripts)\/[^…]*\.\w+$/.test(word);
  const lost = snippets.filter(({ words }) => {
    const script = scriptOf(words);
    const isKnown = script === undefined || script in scripts || ["ci", "install", "pack"].includes(script);
    return !isKnown || !words.filter(isFile).every(isThere);
  });
  expect(lost.map(({ command }) => command)).toEqual([]);
});

test("a command whose output is for a program has npm say nothing before it", () => {
  const speakers = [".md", ".ts", ".mjs", ".yaml", ".yml"].flatMap((ending) => filesWith(ending));
  const spoken = speakers.flatMap((path) => textOf(path).match(/npm run [^`"\n]*--json/g) ?? []);
  const typed = snippets.filter(({ words }) => words[0] === "npm" && words.includes("--json"));
  const all = [...spoken, ...typed.map(({ command }) => command)];
  expect(all.length).toBeGreaterThan(1);
  expect(all.filter((command) => !command.startsWith("npm run --silent "))).toEqual([]);
});

describe("what a document tells its readers to type is understood:", () => {
  test.each([...Object.keys(PROGRAMS), "check"].filter((name) => name !== "testbed"))("%s", async (name) => {
    const own = starts.filter((start) => start.name === name);
    expect(own.length).toBeGreaterThan(0);
    await mustKnow(
      own[0]?.program ?? [],
      own.flatMap(({ args }) => args),
    );
  });

  test("testbed, up to where it finds no peers", async () => {
    const own = starts.filter(({ name, args }) => name === "testbed" && args.length > 0);
    const outcomes = await Promise.all(
      own.map(async ({ program, args }) => {
        const at = args.indexOf("--project");
        const given = at < 0 ? args : args.toSpliced(at, 2);
        return run(process.execPath, [...program, ...given, "--project", NOBODY]);
      }),
    );
    expect(own.length).toBeGreaterThan(0);
    for (const { code, err } of outcomes)
      expect([code, err]).toEqual([1, expect.stringMatching(/has no peers|no Docker engine/)]);
  });

  test("npm start", async () => {
    const own = snippets.filter(({ command }) => command.startsWith("npm start -- "));
    expect(own.length).toBeGreaterThan(0);
    for (const { words } of own) {
      const { code, err } = await run(process.execPath, ["scripts/start.mjs", ...words.slice(3), "--help"]);
      expect([code, err]).toEqual([0, ""]);
    }
  });

  test("the options by which the rows of PROTOCOL.md were measured", async () => {
    const measured = codeIn(sectionOf("proto/PROTOCOL.md", "Measured")).filter((code) => /^--[a-z-]+ /.test(code));
    expect(measured.length).toBeGreaterThan(0);
    await mustKnow(PROGRAMS["simulate"] ?? [], measured.flatMap(wordsOf));
  });

  test.each(snippets.filter(({ command }) => command.includes("node_modules/.bin/jest")))(
    "$command finds tests",
    async ({ words }) => {
      const { code, out } = await run(process.execPath, [...words.slice(1), "--listTests"]);
      expect([code, out]).toEqual([0, expect.stringContaining(".test.ts")]);
    },
  );
});

describe("what takes a moment only is run, and ends well:", () => {
  const quick = starts.filter(({ name, args }) => {
    if (name === "simulate") return args.includes("--scenario") && !args.join().includes("/rows/");
    if (name === "chaos") return args.includes("--suite") || (args.includes("simulator") && !args.includes("--all"));
    return name === "soak" && args.includes("--count") && Number(args[args.indexOf("--count") + 1]) <= MOST_PLANS;
  });

  test("there is something of each", () => {
    expect([...new Set(quick.map(({ name }) => name))].sort()).toEqual(["chaos", "simulate", "soak"]);
  });

  test.each(quick)("$command", async ({ name, program, args }) => {
    const more = name === "chaos" ? ["--out", mkdtempSync(join(folder, "report-"))] : [];
    const { code, out } = await run(process.execPath, [...program, ...args, ...more]);
    expect(code).toBe(0);
    expect(out).toMatch(/^PASS |^seeds .*\n.*plans held|^TRUE |^\d+ true, 0 false, 0 unknown$|"verdict": "true"/m);
  });

  test("silent, npm leaves the standard output to the JSON", async () => {
    const silent = snippets.find(({ words }) => words.includes("--silent") && words.includes("--json"));
    const { code, out } = await run("npm", [...(silent?.words.slice(1) ?? []), "--out", join(folder, "silent")]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verdict: "true" });
  });
});
