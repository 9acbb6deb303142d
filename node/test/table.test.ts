import { expect, test } from "@jest/globals";
import { printable, table } from "../src/table.js";

test("columns are as wide as their widest cell, with two blanks between them and none at the end", () => {
  expect(
    table(
      ["ADDRESS", "NAME"],
      [
        ["a:1", "long name"],
        ["longer:1", ""],
      ],
    ),
  ).toBe(["ADDRESS   NAME", "a:1       long name", "longer:1"].join("\n"));
});

test("columns are as wide on a terminal: characters of East Asia and emoji take two of its columns", () => {
  expect(
    table(
      ["NAME", "TAGS"],
      [
        ["節点", "a"],
        ["😀 ok", "b"],
        ["Zoë", "c"],
      ],
    ),
  ).toBe(["NAME   TAGS", "節点   a", "😀 ok  b", "Zoë    c"].join("\n"));
});

test("what a terminal would obey is shown instead: escapes, line breaks, turned writing, invisible characters", () => {
  expect(printable("\u001b[31mred\u009b0m\r\n\u202e\u200b\u2028")).toBe(
    "\\u{1b}[31mred\\u{9b}0m\\u{d}\\u{a}\\u{202e}\\u{200b}\\u{2028}",
  );
  expect(table(["NAME"], [["a\nb"]]).split("\n")).toEqual(["NAME", "a\\u{a}b"]);
});

test("ordinary text of any script is left as it is", () => {
  for (const text of ["peer-1", "Zoë", "пир", "節点", "😀 ok"]) expect(printable(text)).toBe(text);
});
