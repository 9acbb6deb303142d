import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT, textOf } from "./support/documents.js";

/** What npm takes on a machine that is busy with other tests. */
const PACK_MS = 60_000;

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(textOf("node/package.json")) as Manifest;

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
    for (const name of Object.keys(manifest.dependencies)) {
      mkdirSync(dirname(join(service, "node_modules", name)), { recursive: true });
      const [own = ""] = ["node/node_modules", "node_modules"].map((at) => join(ROOT, at, name)).filter(existsSync);
      symlinkSync(realpathSync(own), join(service, "node_modules", name));
    }
  }, PACK_MS);
  afterAll(() => {
    rmSync(service, { recursive: true });
  });

  test("has what it exports, its README and its licence, and nothing that only its making needs", () => {
    const entries = Object.values(manifest.exports).flatMap((entry) => [entry.types, entry.default]);
    const named = [...entries, ...Object.values(manifest.bin)].map((path) => path.replace("./", ""));
    expect(files).toEqual(expect.arrayContaining([...named, "README.md", "LICENSE", "package.json"]));
    expect(files.filter((path) => !/^(dist\/.*\.(js|d\.ts)|README\.md|LICENSE|package\.json)$/.test(path))).toEqual([]);
  });

  test("runs a peer, and can be imported by each of its paths", () => {
    const paths = Object.keys(manifest.exports).map((path) => path.replace(".", "gossip-peer"));
    const program = `
      for (const path of ${JSON.stringify(paths)}) await import(path);
      const { spawnPeer } = await import("gossip-peer");
      const peer = await spawnPeer({ address: "127.0.0.1:0" });
      console.log(peer.getMembers().size);
      await peer.stop();`;
    expect(run(process.execPath, ["--input-type=module", "--eval", program], service)).toBe("1\n");
  });

  test("brings the gossip command", () => {
    const command = join(service, "node_modules/gossip-peer", manifest.bin["gossip"] ?? "");
    expect(run(process.execPath, [command, "--help"], service)).toMatch(/^Usage: gossip /);
  });

  test("has the licence of the project", () => {
    expect(textOf("node/LICENSE")).toBe(textOf("LICENSE"));
  });
});
