// `npm run setup`: everything the other commands need, made once; when nothing is missing it takes a second or two.
import { pathToFileURL } from "node:url";
import { provideBaseImage } from "./setup/base-image.mjs";
import { build, installDependencies } from "./setup/dependencies.mjs";
import { provideEngine } from "./setup/engine.mjs";
import { alone } from "./setup/lock.mjs";
import { providePlugins } from "./setup/plugins.mjs";
import { Failure, main, say } from "./setup/run.mjs";

/**
 * Installs the dependencies, compiles, and with `docker` provides an engine, its plugins and the base image.
 * Returns `{ docker: true }`, or `{ docker: false, why }` (one sentence) where this machine cannot have Docker.
 * Throws a Failure when the project itself cannot be installed or compiled. Whatever it did stays and is not done again.
 */
export async function setup({ docker = true } = {}) {
  return alone(async () => {
    await installDependencies();
    await build();
    if (!docker) return { docker: false, why: "Docker was not asked for." };
    return provideDocker();
  });
}

async function provideDocker() {
  try {
    await provideEngine();
    await providePlugins();
    await provideBaseImage();
    return { docker: true };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.details !== "") console.error(error.details);
    return { docker: false, why: error.sentence };
  }
}

async function command() {
  const unknown = process.argv.slice(2).find((argument) => argument !== "--without-docker");
  if (unknown !== undefined) {
    console.error(`Unknown option '${unknown}'\n\nUsage: npm run setup [-- --without-docker]`);
    return 2;
  }
  const wanted = !process.argv.includes("--without-docker");
  const { docker, why } = await setup({ docker: wanted });
  if (wanted && !docker) throw new Failure(why);
  if (wanted) say("Everything is set up.");
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(command);
