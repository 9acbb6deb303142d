import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
}

const root = new URL("../../", import.meta.url);
const { mutants } = (await import(new URL("scripts/mutants.mjs", root).href)) as { mutants: readonly Mutant[] };

test.each(mutants)("the mutation check still finds what it breaks: $name", ({ file, find }) => {
  const text = readFileSync(new URL(`node/src/core/${file}`, root), "utf8");
  expect(text.split(find)).toHaveLength(2);
});
