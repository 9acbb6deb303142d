import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { imageIn } from "../../scripts/setup/base-image.mjs";
import { start } from "./support/programs.js";

test.each([
  ["NODE_IMAGE=mine:1\n", "mine:1"],
  ["export NODE_IMAGE='mine:1' # why\n", "mine:1"],
  ["NODE_IMAGE=\nOTHER=value\n", undefined],
  ["# NODE_IMAGE=mine:1\nOTHER=value\n", undefined],
  ["", undefined],
])("the base image that %j chooses is %s", (text, image) => {
  expect(imageIn(text)).toBe(image);
});

test("set-up does its work, and complains, also where the checkout is reached by a link", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gossip-link-"));
  cpSync(fileURLToPath(new URL("../../scripts", import.meta.url)), join(folder, "real/scripts"), { recursive: true });
  symlinkSync(join(folder, "real"), join(folder, "link"));
  const { ended, stderr } = start([join(folder, "link/scripts/setup.mjs"), "--nonsense"]);
  expect([await ended, stderr.join("\n")]).toEqual([2, expect.stringContaining("Unknown option '--nonsense'")]);
  rmSync(folder, { recursive: true });
});
