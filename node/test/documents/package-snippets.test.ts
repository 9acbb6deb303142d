import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { blocksOf, ROOT, textOf } from "../support/documents.js";
import { endOf, start } from "../support/programs.js";

/** What the compiler takes on a machine that is busy with other tests. */
const COMPILE_MS = 60_000;

const guide = textOf("node/SIMULATOR.md");
const ofReadme = blocksOf(textOf("node/README.md"), "ts");
const snippets = [...ofReadme, ...blocksOf(guide, "ts")];

/** The snippet with a port that is free, and a name that this machine knows. */
function here(snippet: string): string {
  return snippet
    .replaceAll(":7946", ":0")
    .replaceAll(", 7946)", ", 0)")
    .replaceAll("hostname()", 'hostname() && "localhost"')
    .replaceAll('"peer:0"', '"peer:7946"');
}

describe("a snippet of the package's documents", () => {
  let folder = "";
  /** Within the project, where the package is found by its name. */
  beforeAll(async () => {
    mkdirSync(join(ROOT, ".cache"), { recursive: true });
    folder = mkdtempSync(join(ROOT, ".cache/snippets-"));
    const options = { outDir: "out", rootDir: ".", noEmit: false, composite: false, declaration: false };
    const config = { extends: "../../tsconfig.base.json", compilerOptions: options, include: ["*.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    for (const [at, snippet] of snippets.entries()) writeFileSync(join(folder, `snippet${at}.ts`), here(snippet));
    const compiler = start(["node_modules/typescript/bin/tsc", "--project", folder]);
    expect([await endOf(compiler, COMPILE_MS), compiler.stdout]).toEqual([0, []]);
  }, COMPILE_MS);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test.each(
    snippets.map((snippet, at) => [/^const .* = (?:await )?(?:new )?.*$/m.exec(snippet)?.[0] ?? "", at] as const),
  )("compiles, runs and ends by itself: %s", async (_line, at) => {
    const program = start([relative(ROOT, join(folder, "out", `snippet${at}.js`))]);
    expect([await endOf(program), program.stderr]).toEqual([0, []]);
  });

  test.each(blocksOf(guide, "text").map((output, at) => [output.split("\n")[0], at, output] as const))(
    "of the simulator's guide prints what stands below it: %s",
    async (_line, at, output) => {
      const program = start([relative(ROOT, join(folder, "out", `snippet${ofReadme.length + at}.js`))]);
      expect(await endOf(program)).toBe(0);
      expect(program.stdout).toEqual(output.trimEnd().split("\n"));
    },
  );

  test("is one of several", () => {
    expect(ofReadme.length).toBeGreaterThan(3);
    expect(blocksOf(guide, "text")).toHaveLength(blocksOf(guide, "ts").length);
  });
});
