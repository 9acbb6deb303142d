// Bundles the container's two programs into the folder given as argument: main.js (the peer) and gossip (the command).
// One file each starts quicker than hundreds, and the image needs no node_modules.
import { chmodSync, renameSync } from "node:fs";
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
  // Names stay, since errors show them.
  minifySyntax: true,
  minifyWhitespace: true,
  platform: "node",
  target: "node24",
  // An ES module that imports one of Node's modules gets all that this has, also what Node loads when it is first asked for:
  // of "node:http" a WebSocket, and with it a client that nobody uses.
  format: "cjs",
  tsconfigRaw: {}, // the compiler's options say nothing about bundling
}).catch(() => process.exit(1)); // esbuild has said why
renameSync(join(folder, "gossip.js"), join(folder, "gossip"));
chmodSync(join(folder, "gossip"), 0o755);
