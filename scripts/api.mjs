// Writes node/api: what the package shows to those who import it, as one report for each of its paths, so that a change
// of it is seen where it is made. With --check it compares instead of writing.
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup/paths.mjs";

const folder = join(root, "node");
const manifest = join(folder, "package.json");
const { name, exports } = JSON.parse(readFileSync(manifest, "utf8"));
const isCheck = process.argv.includes("--check");

/** The paths that people import, each with its types. What the testbed takes may change at any time. */
const entries = Object.entries(exports).filter(([path, { types }]) => types !== undefined && path !== "./testbed");

function isAsReported([path, { types }]) {
  const silent = { default: { logLevel: ExtractorLogLevel.None } };
  const reportTempFolder = join(root, ".cache/api");
  mkdirSync(reportTempFolder, { recursive: true });
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: manifest,
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      newlineKind: "lf",
      mainEntryPointFilePath: join(folder, types),
      compiler: { tsconfigFilePath: join(folder, "tsconfig.json") },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: path.replace(/^\.\/?/, `${name}-`).replace(/-$/, ""),
        reportFolder: join(folder, "api"),
        reportTempFolder,
      },
      messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent },
    },
  });
  const { succeeded } = Extractor.invoke(config, { localBuild: !isCheck, messageCallback: beBrief });
  return succeeded;
}

/** The one message that matters is ours to give. */
function beBrief(message) {
  if (message.category === "console" || message.messageId === "console-api-report-not-copied") message.handled = true;
}

const stale = entries.filter((entry) => !isAsReported(entry)).map(([path]) => path);
if (isCheck && stale.length > 0) {
  console.error(`node/api is not what the package exports at ${stale.join(", ")}. Where it is as meant: npm run api`);
  process.exitCode = 1;
}
