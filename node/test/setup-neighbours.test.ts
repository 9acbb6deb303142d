import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeRoomForNeighbours } from "../../scripts/setup/neighbours.mjs";

let folder: string;
let file: string;
const said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neighbours-"));
  file = join(folder, "gc_thresh3");
  writeFileSync(file, "1024\n");
  said.length = 0;
  jest.spyOn(console, "log").mockImplementation((line) => void said.push(String(line)));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test("a table with room for all is left as it is, without a word", () => {
  makeRoomForNeighbours(32, file);
  expect([said, readFileSync(file, "utf8")]).toEqual([[], "1024\n"]);
});

test("a table that is too small is raised, and what was done is said", () => {
  makeRoomForNeighbours(100, file);
  expect(readFileSync(file, "utf8")).toBe("19800");
  expect(said).toEqual([expect.stringContaining("net.ipv4.neigh.default.gc_thresh3 is 19800 now")]);
});

test("where it may not be raised, the command that does so is said", () => {
  makeRoomForNeighbours(100, "/proc/version"); // which nobody can write
  expect(said).toEqual([expect.stringContaining("`sysctl -w net.ipv4.neigh.default.gc_thresh3=19800`")]);
});
