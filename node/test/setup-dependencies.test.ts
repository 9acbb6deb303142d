import { expect, test } from "@jest/globals";
import { areInstalled, type LockedPackage } from "../../scripts/setup/dependencies.mjs";

type Packages = Readonly<Record<string, LockedPackage>>;

const one = { version: "1.0.0", integrity: "sha512-a" };
const own = { resolved: "node", link: true };
const required: Packages = { "node_modules/one": { ...one, libc: ["glibc"] }, "node_modules/own": own };
const two = { version: "2.0.0", integrity: "sha512-b", optional: true };
const wanted: Packages = { "": { version: "0.1.0" }, ...required, "node_modules/two": two };

test.each<[string, boolean, Packages]>([
  ["as they are wanted", true, wanted],
  ["without those for other machines", true, required],
  // As npm 10.8, 10.9 and 11.3 write it.
  ["by an npm that does not note the libc", true, { ...required, "node_modules/one": one }],
  ["in another version", false, { ...wanted, "node_modules/one": { ...one, version: "1.0.1" } }],
  ["with other content", false, { ...wanted, "node_modules/one": { ...one, integrity: "sha512-c" } }],
  ["but for one", false, { "node_modules/own": own }],
])("packages that were installed %s count as installed: %s", (_, expected, installed) => {
  expect(areInstalled(wanted, installed)).toBe(expected);
});
