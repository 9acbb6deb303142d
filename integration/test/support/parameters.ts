/** How many peers the container suites start with: `PEERS=20 npm test`. */
export const PEERS = Number(process.env["PEERS"] || 5);

/** How many engines the stack runs on: `ENGINES=2` starts a second one, which takes root. */
export const ENGINES = Number(process.env["ENGINES"] || 1);

/** Short, so that budgets are short; long enough for two cores to keep up with twenty peers. */
export const PING_PERIOD_MS = 500;

if (!Number.isInteger(PEERS) || PEERS < 5 || PEERS > 100) throw new Error("PEERS must be a whole number from 5 to 100");
if (![1, 2].includes(ENGINES)) throw new Error("ENGINES must be 1 or 2");
