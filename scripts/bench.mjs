// `npm run bench`: sets up what containers need, fetches the rivals that are asked for, then measures. Everything about
// the options is in integration/src/bench/cli.ts.
import { join } from "node:path";
import { setup } from "./setup.mjs";
import { buildImages } from "./setup/compose.mjs";
import { root } from "./setup/paths.mjs";
import { provideRivals } from "./setup/rivals.mjs";
import { Failure, handOver, main } from "./setup/run.mjs";

const given = process.argv.slice(2);
const cli = (...args) => handOver(process.execPath, [join(root, "integration/dist/bench/cli.js"), ...args]);

await main(async () => {
  await setup({ docker: false });
  const { rivalsIn } = await import("../integration/dist/bench/options.js");
  const rivals = rivalsIn(given);
  if (rivals === undefined) return cli(...given); // it says what is wrong with the options, or --help
  const { docker, why } = await setup();
  if (!docker) throw new Failure(why);
  await buildImages("peer");
  await provideRivals(rivals);
  return cli(...given);
});
