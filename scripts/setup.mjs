// `npm run setup`: everything the other commands need, made once; when nothing is missing it takes a second or two.
import { realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { provideBaseImage } from "./setup/base-image.mjs";
import { provideBrowser } from "./setup/browser.mjs";
import { build, installDependencies } from "./setup/dependencies.mjs";
import { provideEngine } from "./setup/engine.mjs";
import { provideKustomize } from "./setup/kustomize.mjs";
import { alone } from "./setup/lock.mjs";
import { providePlugins } from "./setup/plugins.mjs";
import { providePromtool } from "./setup/promtool.mjs";
import { Failure, main, say } from "./setup/run.mjs";
import { provideCertificates } from "./setup/tls.mjs";

/**
 * Installs the dependencies, compiles, with `docker` provides an engine, its plugins and the base image, with `browser` a
 * browser, and with `judges` what judges what is deployed. Returns `{ docker: true }`, or `{ docker: false, why }` (one
 * sentence) where this machine cannot have Docker. In the same way `browserless` and `judgeless` say why there is no
 * such thing, where one was asked for. Throws a Failure when the project itself cannot be installed or compiled. What was
 * done until then stays and is not done again.
 */
export async function setup({ docker = true, browser = false, judges = false } = {}) {
  return alone(async () => {
    await installDependencies();
    await build();
    await provideCertificates();
    const browserless = browser ? await attempt(provideBrowser) : undefined;
    const judgeless = judges ? await attempt(provideJudges) : undefined;
    const why = docker ? await attempt(provideDocker) : "Docker was not asked for.";
    return { docker: why === undefined, why, browserless, judgeless };
  });
}

async function provideJudges() {
  await provideKustomize();
  await providePromtool();
}

async function provideDocker() {
  await provideEngine();
  await providePlugins();
  await provideBaseImage();
}

/** Provides something. Resolves to undefined, or to one sentence that says why it cannot be had here. */
async function attempt(provide) {
  try {
    await provide();
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.details !== "") console.error(error.details);
    return error.sentence;
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

// The path that was typed may lead here over a link.
if (import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) await main(command);
