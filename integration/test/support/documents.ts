import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./command.js";

const LEFT_OUT = ["node_modules", "dist", "dist-test", "reports", ".git", ".cache"];

/** The project's own files with such an ending, as paths from its root. */
export function filesWith(ending: string, folder = ""): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !LEFT_OUT.includes(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesWith(ending, path);
      return path.endsWith(ending) ? [path] : [];
    });
}

/** The text of a file, by its path from the project's root. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** A heading of a document and what follows it, up to the next heading of whatever depth. */
export interface Section {
  readonly title: string;
  readonly text: string;
}

/** The sections of a Markdown document, in order; the text before the first heading has the title "". */
export function sectionsOf(document: string): Section[] {
  const sections: Section[] = [];
  let isCode = false;
  let [title, text] = ["", ""];
  for (const line of document.split("\n")) {
    if (/^ *```/.test(line)) isCode = !isCode;
    const heading = isCode ? undefined : /^#+ (.*)$/.exec(line)?.[1];
    if (heading === undefined) text += `${line}\n`;
    else {
      sections.push({ title, text });
      [title, text] = [heading, ""];
    }
  }
  return [...sections, { title, text }];
}

/** The text below a heading, up to the next one. Throws an Error when the document has no such heading. */
export function sectionOf(path: string, title: string): string {
  const section = sectionsOf(textOf(path)).find((each) => each.title === title);
  if (section === undefined) throw new Error(`${path} has no section "${title}"`);
  return section.text;
}

/**
 * The cells of each row, as they are written, of the first table whose first column has this heading. Throws an Error when
 * there is none.
 */
export function tableOf(text: string, heading: string): string[][] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => cellsOf(line)[0] === heading);
  if (start < 0) throw new Error(`there is no table that begins with "${heading}"`);
  const body = lines.slice(start + 2);
  const end = body.findIndex((line) => !line.trimStart().startsWith("|"));
  return body.slice(0, end < 0 ? undefined : end).map(cellsOf);
}

function cellsOf(line: string): string[] {
  // Within a cell a bar has a backslash before it.
  return line
    .trim()
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** The code spans of a text, without their backticks. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

/** The fenced blocks of a document in this language, without their indentation; "" for those that name no language. */
export function blocksOf(document: string, language: string): string[] {
  const fences = document.matchAll(new RegExp(`^( *)\`\`\`${language}\n(.*?)^ *\`\`\`$`, "gms"));
  return [...fences].map(([, indent = "", block = ""]) => block.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
}
