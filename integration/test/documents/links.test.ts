import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { ROOT } from "../support/command.js";
import { filesWith, sectionsOf, textOf } from "../support/documents.js";

const DOCUMENTS = filesWith(".md");
/** A reader finds his way through a page or two, and then goes where the details are. */
const README_LINES = 150;

/** As the places where documents are read make a heading into an anchor. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .trim()
    .replaceAll(/\s/g, "-");
}

function withoutCode(text: string): string {
  return text.replaceAll(/^ *```.*?^ *```$/gms, "").replaceAll(/`[^`\n]*`/g, "");
}

test.each(DOCUMENTS)("each link and picture in %s leads to a file and a heading that are there", (path) => {
  const targets = [...withoutCode(textOf(path)).matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);
  const broken = targets.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [file = "", anchor] = target.split("#");
    const place = file === "" ? path : join(dirname(path), file);
    if (!existsSync(join(ROOT, place))) return true;
    if (anchor === undefined) return false;
    return !sectionsOf(textOf(place)).some(({ title }) => anchorOf(title) === anchor);
  });
  expect(broken).toEqual([]);
});

test("each document of the project is reached by links from README.md", () => {
  const reached = new Set(["README.md"]);
  for (const path of reached) {
    for (const [, target = ""] of textOf(path).matchAll(/\]\(([^)#]+\.md)[^)]*\)/g))
      if (existsSync(join(ROOT, dirname(path), target))) reached.add(join(dirname(path), target));
  }
  expect(DOCUMENTS.filter((path) => !reached.has(path))).toEqual([]);
});

test("a document that the code names is one, and so is the section", () => {
  const sources = [".ts", ".mjs", ".js", ".py", ".proto"].flatMap((ending) => filesWith(ending));
  const named = sources.flatMap((path) =>
    [...textOf(path).matchAll(/\b([A-Z]{4,}\.md)(?:, "([\w ,]+)")?/g)].map(([, name = "", title]) => ({
      path,
      name,
      title,
    })),
  );
  const isThere = ({ name, title }: { name: string; title: string | undefined }): boolean =>
    DOCUMENTS.filter((document) => document.endsWith(name)).some(
      (document) => title === undefined || sectionsOf(textOf(document)).some((section) => section.title === title),
    );
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((each) => !isThere(each))).toEqual([]);
});

test("README.md is short, says what is guaranteed before any options, and has a picture near its top", () => {
  const readme = textOf("README.md");
  expect(readme.split("\n").length).toBeLessThanOrEqual(README_LINES);
  expect(readme.indexOf("](integration/screenshots/")).toBeLessThan(readme.indexOf("## "));
  expect(readme).toContain("## What is guaranteed, and what is not");
  expect(readme).not.toContain("| option");
});
