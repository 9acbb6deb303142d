import stringWidth from "string-width";

/**
 * Lays rows out in columns as wide as their widest cell. What a terminal would obey is shown as text, as by
 * `printable`.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map(printable));
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => columnsOf(cells[column] ?? ""))));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => padEnd(cell, widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** How many columns of a terminal the text takes: most characters of East Asia and emoji take two. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** The text with blanks behind it, so that it takes this many columns of a terminal; a wider one as it is. */
export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}

/**
 * A value as JSON that steers no terminal: JSON has an escape for such characters and leaves some of them as they are.
 */
export function printableJson(value: unknown, indent?: number): string {
  const escaped = (char: string): string =>
    [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
  return JSON.stringify(value, null, indent).replace(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped);
}

/** Escapes control characters: a peer may call itself anything, and its name must not steer the reader's terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
