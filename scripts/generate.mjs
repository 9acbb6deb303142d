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
const protos = [
  "gossip/v1/gossip.proto",
  "gossip/v1/membership.proto",
  "gossip/v1/admin.proto",
  "grpc/health/v1/health.proto",
  "grpc/reflection/v1/reflection.proto",
];
const require = createRequire(import.meta.url);

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
  writeFileSync(join(outDir, "proto-files.ts"), protoFiles());
}

/** A generated file as a module. The comment that names its origin is made the same for every checkout. */
function asModule(text) {
  if (text.startsWith("// Original file")) return text.replaceAll(`${protoDir}/`, "proto/");
  return `// Generated from the .proto files by \`npm run generate\`.\n${text}`;
}

function descriptor() {
  const protobuf = require("protobufjs");
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

/** All .proto files as buf compiles them: those that protobufjs makes itself have map fields that C++ and Go refuse. */
function protoFiles() {
  const { FileDescriptorProto } = require("protobufjs/ext/descriptor");
  const set = execFileSync(
    join(root, "node_modules/.bin/buf"),
    ["build", protoDir, "--as-file-descriptor-set", "--exclude-source-info", "--output", "-"],
    { timeout: 60_000 },
  );
  const reader = require("protobufjs").Reader.create(set);
  const files = [];
  while (reader.pos < reader.len) {
    reader.uint32(); // the tag of the set's only field
    const bytes = Buffer.from(reader.bytes());
    const file = FileDescriptorProto.decode(bytes);
    files.push({
      name: file.name,
      imports: file.dependency,
      symbols: symbolsOf(file),
      base64: bytes.toString("base64"),
    });
  }
  return [
    "// Generated from the .proto files by `npm run generate`: their descriptors, for reflection.",
    "interface ProtoFile {\n readonly name: string;\n readonly imports: readonly string[];\n readonly symbols: readonly string[];\n readonly base64: string;\n}",
    `export const protoFiles: readonly ProtoFile[] = ${JSON.stringify(files, null, 1)};`,
    "",
  ].join("\n");
}

/** The full names of all that a file declares. */
function symbolsOf({ package: scope, service, messageType, enumType }) {
  const ofEnum = ({ name, value }) => [name, ...value.map((each) => each.name)]; // the values are beside their enum
  const ofMessage = ({ name, field, oneofDecl, nestedType, enumType }) => {
    const within = [
      ...[...field, ...oneofDecl].map((each) => each.name),
      ...nestedType.flatMap(ofMessage),
      ...enumType.flatMap(ofEnum),
    ];
    return [name, ...within.map((each) => `${name}.${each}`)];
  };
  const ofService = ({ name, method }) => [name, ...method.map((each) => `${name}.${each.name}`)];
  const all = [...service.flatMap(ofService), ...messageType.flatMap(ofMessage), ...enumType.flatMap(ofEnum)];
  return all.map((name) => `${scope}.${name}`);
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
