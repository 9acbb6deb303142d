import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT, textOf } from "./support/documents.js";

/** What npm takes on a machine that is busy with other tests. */
const PACK_MS = 60_000;

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string } | string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
  readonly bin: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(textOf("node/package.json")) as Manifest;

/** What npm installs with the package, for somebody who has none of it yet. */
const installed = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)].filter(
  (name) => manifest.peerDependenciesMeta[name]?.optional !== true,
);

function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
  return stdout;
}

describe("the package, packed and installed somewhere else,", () => {
  let service = "";
  let files: string[] = [];
  beforeAll(() => {
    service = mkdtempSync(join(tmpdir(), "gossip-service-"));
    // Not compiled once more: it was before the tests, and other tests are using it.
    run(process.execPath, ["node/prepack.mjs"], ROOT);
    const packed = run(
      "npm",
      ["pack", "--json", "--ignore-scripts", "--pack-destination", service],
      join(ROOT, "node"),
    );
    const [{ filename, files: packedFiles }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    files = packedFiles.map(({ path }) => path);
    const place = join(service, "node_modules/gossip-peer");
    mkdirSync(place, { recursive: true });
    run("tar", ["-xzf", filename, "--strip-components=1", "-C", place], service);
    // A registry would be asked for these otherwise.
    for (const name of installed) {
      mkdirSync(dirname(join(service, "node_modules", name)), { recursive: true });
      const [own = ""] = ["node/node_modules", "node_modules"].map((at) => join(ROOT, at, name)).filter(existsSync);
      symlinkSync(realpathSync(own), join(service, "node_modules", name));
    }
  }, PACK_MS);
  afterAll(() => {
    rmSync(service, { recursive: true });
  });

  test("has what it exports, its README and its licence, and nothing that only its making needs", () => {
    const entries = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === "string" ? [] : [entry.types, entry.default],
    );
    const named = [...entries, ...Object.values(manifest.bin)].map((path) => path.replace("./", ""));
    const protos = ["gossip", "membership", "admin"].map((name) => `dist/proto/gossip/v1/${name}.proto`);
    expect(files).toEqual(
      expect.arrayContaining([...named, ...protos, "README.md", "SIMULATOR.md", "LICENSE", "package.json"]),
    );
    const isMeant = /^(dist\/.*\.(js|d\.ts)|dist\/proto\/.*|README\.md|SIMULATOR\.md|LICENSE|package\.json)$/;
    expect(files.filter((path) => !isMeant.test(path))).toEqual([]);
    expect(
      files.filter((path) => /^dist\/(cli|cli-output|log-text|main|program|metrics\/server)\./.test(path)),
    ).toEqual([]);
  });

  test("brings gRPC and nothing that only the command or the container needs", () => {
    expect(installed.sort()).toEqual(["@grpc/grpc-js", "@grpc/proto-loader", "fastest-levenshtein"]);
  });

  const paths = ["gossip-peer", "gossip-peer/simulator"];
  test.each([
    ["import", "--input-type=module", "await import"],
    ["require", "--input-type=commonjs", "require"],
  ])("runs a peer for those who %s it", (_how, type, load) => {
    const program = `
      (async () => {
        const [{ spawnPeer }, { Simulation }] = [${paths.map((path) => `${load}("${path}")`).join(", ")}];
        const peer = await spawnPeer({ address: "127.0.0.1:0" });
        console.log(peer.getMembers().size, new Simulation({ seed: 1 }).seed);
        await peer.stop();
      })();`;
    expect(run(process.execPath, [type, "--eval", program], service)).toBe("1 1\n");
  });

  test("gives its schema by name, for clients in other languages", () => {
    const program = `console.log(import.meta.resolve("gossip-peer/proto/gossip/v1/gossip.proto"));`;
    const url = run(process.execPath, ["--input-type=module", "--eval", program], service).trim();
    expect(readFileSync(new URL(url), "utf8")).toBe(textOf("proto/gossip/v1/gossip.proto"));
  });

  test("brings the gossip command", () => {
    const command = join(service, "node_modules/gossip-peer", manifest.bin["gossip"] ?? "");
    expect(run(process.execPath, [command, "--help"], service)).toMatch(/^Usage: gossip /);
  });

  test("has the licence of the project", () => {
    expect(textOf("node/LICENSE")).toBe(textOf("LICENSE"));
  });
});
