import { expect, test } from "@jest/globals";
import { logText } from "../src/log-text.js";

const line = (fields: object): string =>
  JSON.stringify({
    level: "info",
    time: "2026-01-02T03:04:05.678Z",
    peer: "a:1",
    event: "joined",
    msg: "joined b:1",
    ...fields,
  });

test("a line of the log is read as time, level and text", () => {
  expect(logText(line({}))).toBe("03:04:05.678 info  joined b:1\n");
  expect(logText(line({ level: "debug" }))).toMatch(/ debug joined/);
});

test("its level has a colour where the terminal has colours", () => {
  expect(logText(line({ level: "warn" }), { inColour: true })).toBe(
    "03:04:05.678 \u001b[33mwarn \u001b[39m joined b:1\n",
  );
});

test("an error is followed by where it was thrown", () => {
  const text = logText(line({ level: "error", msg: "cannot answer", err: { stack: "Error: broken\n    at answer" } }));
  expect(text.split("\n")).toEqual(["03:04:05.678 error cannot answer", "    Error: broken", "        at answer", ""]);
});

test("what a peer calls itself does not steer the terminal", () => {
  expect(logText(line({ msg: "refused \u001b[2J" }))).toBe("03:04:05.678 info  refused \\u{1b}[2J\n");
});
