// What the package has beside its compiled modules: the .proto files, and the gossip command as one file that holds what
// only the command needs, so that nobody who embeds a peer installs that. Run by `npm pack`, after the compiler.
import { build } from "esbuild";
import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const root = join(folder, "..");
const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const dist = join(folder, "dist");
const command = join(folder, bin.gossip);

/** The command's own modules; the package's others stay files of their own, as those who embed a peer have them. */
const own = ["./cli-output.js", "./table.js"];
const othersStay = {
  name: "others-stay",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\./ }, ({ path, importer }) =>
      dirname(importer) === dist && !own.includes(path) ? { path, external: true } : undefined,
    );
  },
};

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [join(dist, "cli.js")],
  outfile: command,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  metafile: true,
  plugins: [othersStay],
  // CommonJS dependencies call require, which an ES module does not have.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
}).catch(() => process.exit(1)); // esbuild has said why

/** The licences of what went into the command, which ask to be passed on with it. */
const packages = Object.keys(metafile.inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
const licences = [...new Set(packages)].map((path) => {
  const { name, version } = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
  const text = ["LICENSE", "license"].flatMap((file) => textAt(join(root, path, file)))[0];
  if (text === undefined) throw new Error(`${name} has no licence that could be passed on`);
  return `${name} ${version}\n\n${text.trim()}`;
});
writeFileSync(command, `${readFileSync(command, "utf8")}/*\n${licences.join("\n\n")}\n*/\n`);
chmodSync(command, 0o755);

cpSync(join(root, "proto"), join(dist, "proto"), { recursive: true });

function textAt(path) {
  try {
    return [readFileSync(path, "utf8")];
  } catch {
    return [];
  }
}
