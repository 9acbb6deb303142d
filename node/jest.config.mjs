// The TypeScript sources are tested as they are, as ES modules. Run by `npm run test:unit`.
import { fileURLToPath } from "node:url";

export default {
  rootDir: fileURLToPath(new URL(".", import.meta.url)),
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  testEnvironment: "node",
  maxWorkers: 3, // most of the time they wait
  // Tests wait on budgets of their own; this only ends one that hangs.
  testTimeout: 20_000,
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { parser: { syntax: "typescript" }, target: "es2022" } }] },
  // Imports name the file as it is after compilation, "./x.js"; here it is the source, ./x.ts.
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": ["$1.ts", "$1.js"] },
};
