// A Docker engine that answers: the one there is, else Debian's own, started by hand where no init system runs.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { hasApt, install, isRoot } from "./debian.mjs";
import { cached } from "./paths.mjs";
import { answer, Failure, note, run, succeeds } from "./run.mjs";

const readyMs = 60_000; // a daemon with many old containers to tidy needs its time
const pidFiles = { "/var/run/docker.pid": "dockerd", "/var/run/docker/containerd/containerd.pid": "containerd" };

/** Returns once an engine answers. Throws a Failure whose sentence says what to install where none can be had. */
export async function provideEngine() {
  if (await answers()) return;
  const runs = livingDaemon() !== undefined;
  const missing = [];
  for (const command of runs ? ["docker"] : ["docker", "dockerd", "iptables"])
    if (!(await isInstalled(command))) missing.push(command);
  await refuseWhatIsNotOurs(missing);
  if (missing.length > 0) await install(...missing);
  if (runs) return untilItAnswers();
  if (await answers()) return; // the packages start it where an init system runs
  note("Starting the Docker engine …");
  if (existsSync("/run/systemd/system")) await startWith("systemctl", ["start", "docker"]);
  else if (commandOf(1) === "init") await startWith("service", ["docker", "start"]);
  else await startByHand();
}

const answers = () => succeeds("docker", ["version", "--format", "{{.Server.Version}}"], { timeoutMs: 10_000 });
// The folders of root's commands are in nobody else's PATH.
const isInstalled = (command) =>
  succeeds("sh", ["-c", `PATH="$PATH:/usr/sbin:/sbin"; command -v ${command}`], { timeoutMs: 5_000 });

async function refuseWhatIsNotOurs(missing) {
  const endpoint = process.env.DOCKER_HOST ?? (await contextEndpoint());
  if (endpoint !== undefined && !/^unix:\/\/(\/var)?\/run\/docker\.sock$/.test(endpoint))
    throw new Failure(
      `The Docker engine at ${endpoint} does not answer: start it, or unset DOCKER_HOST and the Docker context.`,
    );
  if (missing.length === 0 && livingDaemon() !== undefined && !isRoot())
    throw new Failure("The Docker engine runs but does not answer this user: add yourself to the group docker.");
  if (!hasApt())
    throw new Failure("No Docker engine answers: install and start Docker (https://docs.docker.com/get-docker/).");
  if (missing.length === 0 && !isRoot()) throw new Failure("No Docker engine answers: start it, as root.");
}

const contextEndpoint = () =>
  answer("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], { timeoutMs: 5_000 });

async function startWith(command, args) {
  await run(command, args, { timeoutMs: readyMs });
  await untilItAnswers();
}

async function startByHand() {
  removeStalePidFiles();
  const log = cached("dockerd.log");
  const output = openSync(log, "w");
  // The daemon gets a session of its own, so that it outlives this script and never sees the terminal's Ctrl-C. With
  // that parent of control groups each container has the weight of one process for the scheduler; else all containers
  // together have it.
  const daemon = spawn("dockerd", ["--cgroup-parent", "/"], {
    cwd: "/",
    stdio: ["ignore", output, output],
    detached: true,
  });
  let ended;
  daemon.once("error", (error) => (ended = error.message));
  daemon.once("exit", (code, signal) => (ended = `it ended with ${signal ?? `exit code ${code}`}`));
  daemon.unref();
  weighAsOneContainer(daemon.pid);
  await untilItAnswers(() => ended && new Failure(`The Docker engine did not start: ${reasonIn(log) ?? ended}.`));
}

// Moves the engine into a control group of its own, with the weight of one container. Otherwise each thread of the
// engine would have the weight of all containers together, and starve them whenever the engine works: fifty peers
// learnt of a `docker kill` in 1.9 s instead of 0.7 s.
function weighAsOneContainer(pid) {
  const isUnified = existsSync("/sys/fs/cgroup/cgroup.controllers");
  const group = join("/sys/fs/cgroup", isUnified ? "" : "cpu", "engine");
  try {
    mkdirSync(group, { recursive: true });
    writeFileSync(join(group, "cgroup.procs"), `${pid}`, { flag: "r+" });
  } catch {
    // This process may not make control groups; the engine works without.
  }
}

const reasonIn = (log) => /^failed to start daemon: (.*)/m.exec(contents(log))?.[1];

async function untilItAnswers(failure = () => undefined) {
  const deadline = Date.now() + readyMs;
  while (!(await answers())) {
    const problem = failure();
    if (problem) throw problem;
    if (Date.now() > deadline)
      throw new Failure(`The Docker engine runs but did not answer within ${readyMs / 1000} s.`);
    await pause(200);
  }
}

// Removes the pid files of engines that have ended. After an unclean end the daemon refuses to start as long as any
// process at all has the number in its pid file.
function removeStalePidFiles() {
  for (const [file, command] of Object.entries(pidFiles)) {
    if (existsSync(file) && commandOf(pidIn(file)) !== command) rmSync(file, { force: true });
  }
}

function livingDaemon() {
  const [file, command] = Object.entries(pidFiles)[0];
  const pid = pidIn(file);
  return commandOf(pid) === command ? pid : undefined;
}

const pidIn = (file) => Number(contents(file));

// The name of a living process; undefined for a process that has ended and waits to be collected.
function commandOf(pid) {
  const [, command, state] = /^\d+ \((.*)\) (\w)/.exec(contents(`/proc/${pid}/stat`)) ?? [];
  return state === "Z" ? undefined : command;
}

function contents(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // Files of this kind come and go with their processes.
  }
}
