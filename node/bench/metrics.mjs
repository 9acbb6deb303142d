// `npm run bench:metrics`: what it costs a peer at rest that it is watched. Clusters of three peers side by side, two of each
// kind: the ones tell no metrics, the others are never asked, or every 15 s, or every second. Linux alone says it as it does.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { clearInterval, setInterval } from "node:timers";
import { setTimeout as pass } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
/** As the container runs a peer. */
const FLAGS = ["--single-threaded", "--max-semi-space-size=1", "--no-sparkplug"];
const SETTLES_MS = 30_000;
const WATCHED_MS = 120_000;
const ANSWERED_WITHIN_MS = 5000;
const TICKS_PER_SECOND = 100;
const KINDS = [
  { name: "no metrics", off: true },
  { name: "never asked" },
  { name: "asked every 15 s", everyMs: 15_000 },
  { name: "asked every second", everyMs: 1000 },
];

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function startCluster({ name, off, everyMs }) {
  const addresses = [];
  for (let peer = 0; peer < 3; peer++) addresses.push(`127.0.0.1:${await freePort()}`);
  const peers = [];
  for (const address of addresses) {
    const metrics = off ? "off" : `127.0.0.1:${await freePort()}`;
    const env = {
      GOSSIP_ADDRESS: address,
      GOSSIP_SEEDS: addresses.join(),
      GOSSIP_ADMIN_ADDRESS: "127.0.0.1:0",
      GOSSIP_HEALTH_ADDRESS: "127.0.0.1:0",
      GOSSIP_METRICS_ADDRESS: metrics,
      GOSSIP_LOG_LEVEL: "warn",
    };
    peers.push({ metrics, child: spawn(process.execPath, [...FLAGS, MAIN], { env, stdio: ["ignore", "ignore", 2] }) });
  }
  return { name, everyMs, peers };
}

/** The processor time of a process so far, in ms. */
function processorMs({ child }) {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** What a process holds in memory and shares with nobody, in MB. */
function ownMegabytes({ child }) {
  const text = readFileSync(`/proc/${child.pid}/smaps_rollup`, "utf8");
  return [...text.matchAll(/^Private_\w+: +(\d+) kB/gm)].reduce((sum, [, size]) => sum + Number(size), 0) / 1000;
}

async function ask({ metrics }) {
  const response = await fetch(`http://${metrics}/metrics`, { signal: AbortSignal.timeout(ANSWERED_WITHIN_MS) });
  await response.text();
}

const clusters = [];
// However this program ends, its peers end with it.
process.on("exit", () => {
  for (const { child } of clusters.flatMap(({ peers }) => peers)) child.kill("SIGTERM");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
for (const kind of [...KINDS, ...KINDS]) clusters.push(await startCluster(kind));
await pass(SETTLES_MS);
const before = new Map(clusters.flatMap(({ peers }) => peers).map((peer) => [peer, processorMs(peer)]));
const asking = clusters
  .filter(({ everyMs }) => everyMs !== undefined)
  .map(({ peers, everyMs }) => setInterval(() => void Promise.all(peers.map(ask)), everyMs));
await pass(WATCHED_MS);
for (const timer of asking) clearInterval(timer);
for (const { name } of KINDS) {
  const peers = clusters.filter((cluster) => cluster.name === name).flatMap((cluster) => cluster.peers);
  const mean = (valueOf) => peers.map(valueOf).reduce((sum, value) => sum + value, 0) / peers.length;
  const perSecond = (peer) => ((processorMs(peer) - before.get(peer)) * 1000) / WATCHED_MS;
  console.log(
    `${name}: ${mean(perSecond).toFixed(1)} ms of processor time each second, ${mean(ownMegabytes).toFixed(1)} MB`,
  );
}
process.exit();
