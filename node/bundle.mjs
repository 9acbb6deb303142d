// Bundles the container's two programs into the folder given as argument: main.js (the peer) and gossip (the command).
// One file each starts quicker than hundreds, and the image needs no node_modules.
import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: node bundle.mjs FOLDER");

await build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: { main: "src/main.ts", gossip: "src/cli.ts" },
  outdir: folder,
  bundle: true,
  minify: true,
  keepNames: true, // errors and logs show class names
  platform: "node",
  target: "node24",
  format: "esm",
  tsconfigRaw: {}, // the compiler's options say nothing about bundling
  // CommonJS dependencies call require, which an ES module does not have.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
}).catch(() => process.exit(1)); // esbuild has said why
renameSync(join(folder, "gossip.js"), join(folder, "gossip"));
chmodSync(join(folder, "gossip"), 0o755);
writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
