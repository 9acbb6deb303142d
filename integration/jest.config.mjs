// How many peers the container suites start with. Starting and ending them takes time in proportion, and so do budgets a little.
const peers = Number(process.env.PEERS || 5);

export default {
  displayName: "integration",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } } }] },
  moduleNameMapper: { "^(\\.{1,2}/.+)\\.js$": ["$1.ts", "$1.js"] },
  // Two clusters at once would starve each other, and the budgets are for a peer that gets its share.
  maxWorkers: 1,
  // Far above the sum of a test's budgets, so that the budget that was missed is what is reported.
  testTimeout: 120_000 + 6_000 * peers,
};
