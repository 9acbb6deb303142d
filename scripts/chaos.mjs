// `npm run chaos`: sets up what an experiment needs where it is to run, then runs it. Everything about the options is
// in integration/src/program/chaos/cli.ts.
import { join } from "node:path";
import { setup } from "./setup.mjs";
import { buildImages, peerImage } from "./setup/compose.mjs";
import { root } from "./setup/paths.mjs";
import { handOver, main, note } from "./setup/run.mjs";

const given = process.argv.slice(2);
const cli = (...args) => handOver(process.execPath, [join(root, "integration/dist/program/chaos/cli.js"), ...args]);

await main(async () => {
  const at = given.findIndex((argument) => argument === "--on" || argument.startsWith("--on="));
  const named = at < 0 ? undefined : (given[at].split("=")[1] ?? given[at + 1]);
  const asksOnly = given.length === 0 || given.includes("--help");
  const needsDocker = !asksOnly && ["docker", "compose"].includes(named ?? "docker");
  const { docker, why } = await setup({ docker: needsDocker });
  const place = given.findIndex((argument) => argument === "--image" || argument.startsWith("--image="));
  const images = place < 0 ? peerImage : (given[place].split("=")[1] ?? given[place + 1] ?? "");
  // Of the source as it is, also where it is one of several.
  if (docker && named !== "compose" && images.split(",").includes(peerImage)) await buildImages("peer");
  if (docker || !needsDocker || named !== undefined) return cli(...given);
  note(`${why} The peers run as local processes instead.`);
  return cli(...given, "--on", "processes");
});
