import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the project, which ends with a slash. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The text of a file, by its path from the project's root. */
export function textOf(path: string): string {
  return readFileSync(ROOT + path, "utf8");
}

/** The fenced blocks of a document in a language, in order. */
export function blocksOf(document: string, language: string): string[] {
  return [...document.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, block = ""]) => block);
}

/**
 * The cells of each row, as they are written, of all tables of a document whose first column has this heading. Throws an
 * Error when there is none.
 */
export function rowsOf(document: string, heading: string): string[][] {
  const tables = document.split(/\n(?!\|)/).map((part) => part.split("\n").map(cellsOf));
  const found = tables.flatMap((lines) => {
    const start = lines.findIndex(([cell]) => cell === heading);
    return start < 0 ? [] : lines.slice(start + 2);
  });
  if (found.length === 0) throw new Error(`there is no table that begins with "${heading}"`);
  return found.filter((cells) => cells.length > 0);
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** The code spans of a text, without their backticks. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

/** The numbers in a text; blanks between thousands are no gap. */
export function numbersIn(text: string): number[] {
  return [...text.matchAll(/\d+(?: \d{3})*/g)].map(([digits]) => Number(digits.replaceAll(" ", "")));
}
