// Docker Compose as the scripts use it: always this project's file, always bounded in time.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { makeRoomForNeighbours } from "./neighbours.mjs";
import { root } from "./paths.mjs";
import { answer, Failure, note, run, say, succeeds } from "./run.mjs";

/** Always this file, whatever COMPOSE_FILE says: that may be of another project that somebody works on. */
const file = ["--project-directory", root, "--file", join(root, "docker-compose.yml")];
const command = (args) => ["compose", ...file, "--progress", "plain", ...args];
const compose = (args, options) => run("docker", command(args), options);

/** The tag of the peer's image, as docker-compose.yml gives it. */
export const peerImage = "gossip-peer:local";

/** Whether Compose is there and reaches an engine. */
export const isUsable = () => succeeds("docker", ["compose", "ls", "--quiet"], { timeoutMs: 30_000 });

/** Brings the images of these services, or of all, up to date with the source; a second or two when nothing changed. */
export async function buildImages(...services) {
  if (!(await succeeds("docker", ["image", "inspect", peerImage], { timeoutMs: 30_000 })))
    note("Building the peer's image …");
  await compose(["build", ...services], { timeoutMs: 10 * 60_000 });
}

/** The name under which Compose runs this project. */
export async function projectName() {
  return (await configuration()).name;
}

const configuration = async () =>
  JSON.parse(await compose(["config", "--format", "json"], { timeoutMs: 30_000, shielded: true }));

/** The address of the observer's page, once the cluster is up; undefined when the observer does not run. */
export async function pageAddress() {
  const published = await answer("docker", command(["port", "observer", "8080"]), { timeoutMs: 30_000 });
  return published ? `http://${published}` : undefined;
}

/** The port on which the page is to be served. */
export const pagePort = async () => (await configuration()).services.observer.ports[0].published;

/**
 * Starts these services, or all, or changes the number of the peers. Returns when all containers run, not when the
 * peers know each other.
 */
export async function up(peers, ...services) {
  await expectOwn();
  makeRoomForNeighbours(peers);
  say(`Starting ${peers} peer${peers === 1 ? "" : "s"} …`);
  const env = { GOSSIP_OBSERVER_PORT: await observerPort() };
  await compose(["up", "--detach", "--scale", `peer=${peers}`, ...services], {
    timeoutMs: 60_000 + peers * 5_000,
    env,
  });
}

/**
 * The port that the page has already, else the one that is asked for, or any free port where another program has that
 * one.
 */
async function observerPort() {
  const present = (await pageAddress())?.split(":").at(-1);
  if (present !== undefined) return present;
  const wanted = await pagePort();
  if (await isFree(Number(wanted))) return wanted;
  say(`Port ${wanted} is taken, so the page gets another.`);
  return "0";
}

async function isFree(port) {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/**
 * Throws a Failure when the Compose project that is meant has containers that were started from another folder: the name
 * may come from COMPOSE_PROJECT_NAME, which somebody set for a project of another kind.
 */
async function expectOwn() {
  const name = await projectName();
  const label = (key) => `{{.Label "com.docker.compose.project.${key}"}}`;
  // Containers of an image that Compose has built inherit the project's label from it; only Compose's own have a hash.
  const labels = [`com.docker.compose.project=${name}`, "com.docker.compose.config-hash"];
  const list = ["ps", "--all", ...labels.flatMap((each) => ["--filter", `label=${each}`])];
  const lines = await run("docker", [...list, "--format", `${label("working_dir")}\t{{.Names}}`], {
    timeoutMs: 30_000,
    shielded: true,
  });
  const others = lines.split("\n").filter((line) => line !== "" && !line.startsWith(`${root}\t`));
  if (others.length === 0) return;
  const [folder, container] = others[0].split("\t");
  throw new Failure(
    `The Compose project "${name}" was started from ${folder || "another folder"} (${container}), and is left alone. ` +
      "COMPOSE_PROJECT_NAME names it; unset it, or choose another name.",
  );
}

/**
 * Takes the cluster down, also after an interrupt. Returns whether there was one. Throws a Failure, with the cluster left
 * as it is, while an experiment is at work on it, which would take its peers for dead; not with `isForced`.
 */
export async function down({ isForced = false } = {}) {
  await expectOwn();
  if (!isForced) await expectIdle();
  const containers = await compose(["ps", "--all", "--quiet"], { timeoutMs: 30_000, shielded: true });
  // Compose is asked even when no container is left: a network may be.
  await compose(["down", "--remove-orphans", "--timeout", "5"], { timeoutMs: 5 * 60_000, shielded: true });
  return containers !== "";
}

/** Throws a Failure when a run that lives holds the lock of the project. */
async function expectIdle() {
  const lock = `gossip-testbed-lock-${await projectName()}`; // as the testbed names it
  const label = (key) => `{{index .Config.Labels "org.gossip-testbed.${key}"}}`;
  const format = `${label("run")}\t${label("work")}`;
  const held = await answer("docker", ["container", "inspect", "--format", format, lock], {
    timeoutMs: 30_000,
    shielded: true,
  });
  if (held === undefined) return;
  const [holder, work] = held.trim().split("\t");
  const owner = join(root, "integration/dist/cluster/docker/owner.js");
  if (existsSync(owner) && (await import(owner)).isDead(holder)) return;
  throw new Failure(
    `The cluster is left running: process ${holder.split("/")[1]} is at work on it (${work}). Wait, or end that first; ` +
      "`npm stop -- --force` takes the cluster down all the same.",
  );
}
