import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { ROOT } from "../support/command.js";
import { blocksOf, filesWith, sectionOf, tableOf, textOf } from "../support/documents.js";

/** Words that were given up for those of the field, or for one that says the same; none may come back. */
const GIVEN_UP = ["errand", "inquiry", "inquiries", "patient", "patients", "deed", "deeds", "coverage"];

/** Files that have such a word since saved recordings have it: what was written cannot be renamed. */
const OLD_RECORDINGS = ["integration/src/observer/page/read-recording.js", "integration/test/observer/model.test.ts"];

/** The names of all files, wherever they are. */
const FILES = new Set(filesWith("").map((path) => basename(path)));
const SOURCES = [".ts", ".mjs", ".js", ".py", ".proto"].flatMap((ending) => filesWith(ending));
const [tree = ""] = blocksOf(sectionOf("ARCHITECTURE.md", "Folders"), "");

/** The lines of the tree below a top-level folder, that folder's own line the first. */
const parts = tree.split(/\n(?=\S)/);

describe("the folders that ARCHITECTURE.md shows", () => {
  test.each(parts.map((part) => [part.split(/\s/)[0] ?? "", part]))(
    "%s: what is named in it is there",
    (folder, part) => {
      const named = part.match(/[\w.-]+\.(?:ts|js|mjs|json|proto|md)\b/g) ?? [];
      expect(named.filter((name) => !FILES.has(name))).toEqual([]);
      const folders = [...part.matchAll(/^ {2}(\S+)\/(?= |$)/gm)].map(([, path = ""]) => path);
      expect(folders.filter((path) => !existsSync(join(ROOT, folder, path)))).toEqual([]);
    },
  );

  test("all files of the core and all rooms of the testbed are among them", () => {
    const core = readdirSync(join(ROOT, "node/src/core")).filter((name) => !tree.includes(name));
    const rooms = readdirSync(join(ROOT, "integration/src")).filter((name) => !tree.includes(`src/${name}/`));
    expect([core, rooms]).toEqual([[], []]);
  });
});

describe("the words that ARCHITECTURE.md has", () => {
  const words = tableOf(sectionOf("ARCHITECTURE.md", "Words"), "word").map(([word = ""]) => word);
  /** In small letters, with a blank between any two words, as at the ends. */
  const plain = (text: string): string =>
    ` ${text
      .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
      .toLowerCase()
      .replaceAll(/[^a-z]+/g, " ")} `;
  const code = plain(
    SOURCES.filter((path) => !path.includes("/test/"))
      .map(textOf)
      .join("\n"),
  );

  test.each(words)("%s is a word of the code", (word) => {
    expect(code).toContain(plain(word));
  });

  test.each(GIVEN_UP)("%s is none any more", (word) => {
    const excepted = ["integration/test/documents/architecture.test.ts", ...OLD_RECORDINGS];
    const all = [...SOURCES, ...filesWith(".md")].filter((path) => !excepted.includes(path));
    expect(all.filter((path) => plain(textOf(path)).includes(plain(word)))).toEqual([]);
  });
});
