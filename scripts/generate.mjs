// Writes node/src/grpc/generated from the .proto files. With --check it compares instead of writing.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const protoDir = join(root, "proto");
const target = join(root, "node/src/grpc/generated");
const protos = ["gossip/v1/gossip.proto", "gossip/v1/membership.proto", "gossip/v1/admin.proto"];

// The generated types and the loader at run time must agree, and nothing else checks that, so both take these options.
const loaderOptions = { longs: "Number", enums: "String", defaults: true, arrays: true, oneofs: true };

function generate(outDir) {
  const flags = Object.entries(loaderOptions).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, value],
  );
  execFileSync(
    join(root, "node_modules/.bin/proto-loader-gen-types"),
    [
      ...flags,
      "--grpcLib=@grpc/grpc-js",
      "--importFileExtension=.js",
      `--includeDirs=${protoDir}`,
      `--outDir=${outDir}`,
      ...protos,
    ],
    { stdio: ["ignore", "ignore", "inherit"], timeout: 60_000 },
  );
  for (const file of filesUnder(outDir))
    writeFileSync(join(outDir, file), asModule(readFileSync(join(outDir, file), "utf8")));
  writeFileSync(join(outDir, "descriptor.ts"), descriptor());
}

/** A generated file as a module. The comment that names its origin is made the same for every checkout. */
function asModule(text) {
  if (text.startsWith("// Original file")) return text.replaceAll(`${protoDir}/`, "proto/");
  return `// Generated from the .proto files by \`npm run generate\`.\n${text}`;
}

function descriptor() {
  const protobuf = createRequire(import.meta.url)("protobufjs");
  const schema = new protobuf.Root();
  schema.resolvePath = (_origin, path) => (path.startsWith("/") ? path : join(protoDir, path));
  schema.loadSync(protos, { keepCase: false });
  return [
    "// Generated from the .proto files by `npm run generate`: the schema as data, so that no file is read at run time.",
    `export const loaderOptions = ${JSON.stringify(loaderOptions).replace('"Number"', "Number").replace('"String"', "String")};`,
    `export const descriptor = ${JSON.stringify(schema.toJSON(), null, 1)};`,
    "",
  ].join("\n");
}

function filesUnder(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();
}

function differences(fresh) {
  const read = (dir, file) => readFileSync(join(dir, file), "utf8");
  const [ours, theirs] = [filesUnder(target), filesUnder(fresh)];
  const all = [...new Set([...ours, ...theirs])];
  return all.filter((f) => !ours.includes(f) || !theirs.includes(f) || read(target, f) !== read(fresh, f));
}

const fresh = mkdtempSync(join(tmpdir(), "gossip-generated-"));
try {
  generate(fresh);
  if (process.argv.includes("--check")) {
    const stale = differences(fresh);
    if (stale.length > 0) {
      console.error(
        `node/src/grpc/generated is not what the .proto files say: ${stale.join(", ")}. Run: npm run generate`,
      );
      process.exitCode = 1;
    }
  } else {
    rmSync(target, { recursive: true, force: true });
    execFileSync("cp", ["-r", fresh, target]);
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
