// Bundles the observer and lays its page beside it, into the folder given as argument; for the container, as
// node/bundle.mjs.
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: node bundle.mjs FOLDER");
const here = fileURLToPath(new URL(".", import.meta.url));
const peerSource = (name) => fileURLToPath(new URL(`../../../node/src/${name}.ts`, import.meta.url));

rmSync(folder, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: { observe: "../program/observe.ts" },
  outdir: folder,
  bundle: true,
  minify: true,
  keepNames: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // From its sources, since nothing is compiled where the image is built.
  alias: { "gossip-peer": peerSource("index"), "gossip-peer/testbed": peerSource("testbed") },
  tsconfigRaw: {},
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
}).catch(() => process.exit(1));
const isServed = (path) => !/\.(ts|json)$/.test(path);
cpSync(join(here, "page"), join(folder, "page"), { recursive: true, filter: isServed });
writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
