// Packs the peer as it is compiled, and has its exports and types judged as those who install it find them.
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup/paths.mjs";
import { main, run } from "./setup/run.mjs";

const folder = join(root, ".cache/package");
const bounds = { cwd: join(root, "node"), timeoutMs: 60_000, detailLines: Infinity };
const tool = (name, ...args) => run(join(root, "node_modules/.bin", name), args, bounds);

await main(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(process.execPath, ["prepack.mjs"], bounds);
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], bounds);
  const [tarball] = readdirSync(folder).map((name) => join(folder, name));
  await tool("publint", "--strict", tarball);
  // One ES module serves `import` and `require`, as every supported Node does; resolution of before that is not asked for.
  await tool("attw", "--profile", "esm-only", tarball);
});
