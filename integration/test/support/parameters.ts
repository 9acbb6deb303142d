/** How many peers the container suites start with: `PEERS=20 npm test`. */
export const PEERS = Number(process.env["PEERS"] || 5);

/** Short, so that budgets are short; long enough for two cores to keep up with twenty peers. */
export const PING_PERIOD_MS = 500;

if (!Number.isInteger(PEERS) || PEERS < 5 || PEERS > 100) throw new Error("PEERS must be a whole number from 5 to 100");
