// `npm run chaos`: sets up what an experiment needs where it is to run, then runs it. Everything about the options is
// in integration/src/program/chaos/cli.ts.
import { join } from "node:path";
import { setup } from "./setup.mjs";
import { buildImages } from "./setup/compose.mjs";
import { root } from "./setup/paths.mjs";
import { handOver, main, say } from "./setup/run.mjs";

const given = process.argv.slice(2);
const cli = (...args) => handOver(process.execPath, [join(root, "integration/dist/program/chaos/cli.js"), ...args]);

await main(async () => {
  const at = given.findIndex((argument) => argument === "--on" || argument.startsWith("--on="));
  const named = at < 0 ? undefined : (given[at].split("=")[1] ?? given[at + 1]);
  const asksOnly = given.length === 0 || given.includes("--help");
  const needsDocker = !asksOnly && ["docker", "compose"].includes(named ?? "docker");
  const { docker, why } = await setup({ docker: needsDocker });
  const makesItsOwn = named !== "compose" && !given.some((argument) => argument.startsWith("--image"));
  if (docker && makesItsOwn) await buildImages("peer");
  if (docker || !needsDocker || named !== undefined) return cli(...given);
  say(`${why} The peers run as local processes instead.`);
  return cli(...given, "--on", "processes");
});
