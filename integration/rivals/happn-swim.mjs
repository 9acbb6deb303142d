// A member of a cluster of happn-swim, for `npm run bench`: OWN and SEED are IPs. It prints a line for each change of its
// list.
import { createRequire } from "node:module";

const Swim = createRequire("/rival/")("happn-swim");
const PORT = 7946;
const FAULTY = 2;
const { OWN, SEED = "" } = process.env;

const swim = new Swim({ local: { host: `${OWN}:${PORT}` } });
swim.on(Swim.EventType.Change, ({ host, state }) => {
  const event = state === FAULTY ? "gone" : "listed";
  console.log(JSON.stringify({ event, member: host.split(":")[0] }));
});
/** Joins, and tries again while the seed has not answered: it may be starting still. */
const join = () => swim.join(SEED === "" ? [] : [`${SEED}:${PORT}`], (error) => error && join());
swim.bootstrap([], join);
process.once("SIGTERM", () => {
  swim.leave();
  process.exit();
});
