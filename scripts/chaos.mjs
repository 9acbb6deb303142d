// `npm run chaos`: sets up what an experiment needs where it is to run, then runs it. Everything about the options is
// in integration/src/program/chaos/cli.ts.
import { join } from "node:path";
import { setup } from "./setup.mjs";
import { buildImages, peerImage } from "./setup/compose.mjs";
import { root } from "./setup/paths.mjs";
import { handOver, main, note } from "./setup/run.mjs";

const given = process.argv.slice(2);
/** The value of an option that is given as "--name value" or "--name=value"; undefined where it is not given. */
const valueOf = (name) => {
  const at = given.findIndex((argument) => argument === name || argument.startsWith(`${name}=`));
  return at < 0 ? undefined : (given[at].split("=")[1] ?? given[at + 1]);
};
const cli = (...args) => handOver(process.execPath, [join(root, "integration/dist/program/chaos/cli.js"), ...args]);

await main(async () => {
  const [named, suite] = [valueOf("--on"), valueOf("--suite")];
  const runsNothing = given.length === 0 || given.includes("--help") || given.includes("--compare");
  const platforms = runsNothing ? [] : suite === undefined ? [named ?? "docker"] : await platformsOf(suite);
  const isDry = given.includes("--dry-run");
  // On paper only a project's size is asked for, and what the kernel lacks that a plan is drawn for.
  const asked = isDry && !given.includes("--random") ? ["compose"] : ["docker", "compose"];
  const needsDocker = platforms.some((platform) => asked.includes(platform));
  const { docker, why } = await setup({ docker: needsDocker });
  const images = valueOf("--image") ?? peerImage;
  // Of the source as it is, also where it is one of several.
  if (docker && !isDry && platforms.includes("docker") && images.split(",").includes(peerImage))
    await buildImages("peer");
  if (docker || !needsDocker || named !== undefined || suite !== undefined) return cli(...given);
  note(`${why} The peers run as local processes instead.`);
  return cli(...given, "--on", "processes");
});

/** The platforms that a suite needs; none where its file is wrong, as the program then says itself. */
async function platformsOf(suite) {
  await setup({ docker: false }); // what reads the file has to be there
  const { platformsOf: read } = await import("../integration/dist/program/chaos/suite.js");
  try {
    return read(suite);
  } catch {
    return [];
  }
}
