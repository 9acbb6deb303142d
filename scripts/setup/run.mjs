// Runs commands. Each is bounded in time, is ended when this process is interrupted, and fails with one readable
// message.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { root } from "./paths.mjs";

const graceMs = 2_000; // between asking a process group to end and ending it
const outputLimit = 1_000_000; // characters kept of one command's output
const tailLines = 15;

/** A failure: one sentence, and below it the last lines of the command that failed, if there was one. */
export class Failure extends Error {
  constructor(sentence, details = "") {
    super(details === "" ? sentence : `${sentence}\n${details.replace(/^/gm, "    ")}`);
    this.sentence = sentence;
    this.details = details;
  }
}

/** The user wants to stop. Whatever was running throws this, so that every `finally` on the way out tidies up. */
export class Interrupted extends Error {
  constructor(signal) {
    super(`stopped by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

export const say = (line) => console.log(line);

/** Says what is under way, on standard error: standard output is for what the command was asked for, as JSON maybe. */
export const note = (line) => console.error(line);

const lastLines = (text, count) => text.trimEnd().split("\n").slice(-count).join("\n");

/**
 * Runs a command to its end and returns what it wrote to standard output, trimmed. Throws a Failure when it cannot
 * start, exits with another code than 0 or takes longer than `timeoutMs`, and Interrupted after a signal to us; the
 * command and all its children have ended by then.
 *
 * `shielded` commands are left to finish on an interrupt: half an installed package is worse than a short wait.
 * `detailLines` is how many of its last lines a Failure shows. With `log` (a file) shielded commands even survive the
 * sudden death of this process, because nobody has to read their output.
 */
export async function run(
  command,
  args,
  { timeoutMs, cwd = root, env = {}, shielded = false, log, detailLines = tailLines } = {},
) {
  if (interruption && !shielded) throw interruption;
  const release = watchSignals();
  const file = log === undefined ? undefined : openSync(log, "w");
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", file ?? "pipe", file ?? "pipe"],
    detached: true, // a group of its own, so that it can be ended together with its children
  });
  child.shielded = shielded;
  children.add(child);
  try {
    const { code, problem, stdout, output } = await outcome(child, timeoutMs);
    if (interruption && !shielded) throw interruption;
    if (code === 0) return stdout.trim();
    const text = log === undefined ? output : readFileSync(log, "utf8");
    throw new Failure(
      `\`${[command, ...args].join(" ")}\` ${problem ?? `failed with exit code ${code}`}.`,
      lastLines(text, detailLines),
    );
  } finally {
    children.delete(child);
    if (file !== undefined) closeSync(file);
    release();
  }
}

function outcome(child, timeoutMs) {
  return new Promise((resolve) => {
    let [stdout, output, problem] = ["", "", undefined];
    const keep = (text, more) => (text + more).slice(-outputLimit);
    child.stdout
      ?.setEncoding("utf8")
      .on("data", (data) => ([stdout, output] = [keep(stdout, data), keep(output, data)]));
    child.stderr?.setEncoding("utf8").on("data", (data) => (output = keep(output, data)));
    const alarm = setTimeout(() => {
      problem = `took longer than ${timeoutMs / 1000} s and was ended`;
      endGroup(child);
    }, timeoutMs);
    const settle = (code) => {
      clearTimeout(alarm);
      resolve({ code: problem === undefined ? code : undefined, problem, stdout, output });
    };
    child.on("error", (error) => {
      problem = error.code === "ENOENT" ? "is not installed" : `could not start (${error.message})`;
      settle(undefined);
    });
    child.on("close", (code, signal) => {
      if (signal !== null) problem ??= `was ended by ${signal}`;
      settle(code);
    });
  });
}

/** Whether a command succeeds, for finding out what a machine has. Throws only Interrupted. */
export async function succeeds(command, args, options) {
  return (await answer(command, args, options)) !== undefined;
}

/** What a command writes to standard output; undefined when it fails. Throws only Interrupted. */
export async function answer(command, args, options) {
  try {
    return await run(command, args, options);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/**
 * Hands the terminal to a command until it ends by itself and returns its exit code; Ctrl-C is the command's to handle.
 */
export async function handOver(command, args, { env = {} } = {}) {
  if (interruption) throw interruption;
  const release = watchSignals();
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: "inherit" });
  child.foreground = true;
  children.add(child);
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", (error) => reject(new Failure(`\`${command}\` could not start (${error.message}).`)));
      child.on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    children.delete(child);
    release();
  }
}

// This process handles signals while a command runs, because commands in groups of their own do not see the terminal's
// Ctrl-C.
const children = new Set();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
let interruption;
let watchers = 0;

function watchSignals() {
  if (watchers++ === 0) for (const signal of signals) process.on(signal, interrupt);
  return () => {
    if (--watchers === 0) for (const signal of signals) process.off(signal, interrupt);
  };
}

function interrupt(signal) {
  interruption ??= new Interrupted(signal);
  if ([...children].some((child) => child.shielded)) note("Finishing what must not be cut short …");
  for (const child of children) {
    if (child.foreground) setTimeout(() => child.kill("SIGTERM"), graceMs).unref();
    else if (!child.shielded) endGroup(child);
  }
}

function endGroup(child) {
  const signalGroup = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The group has ended already.
    }
  };
  signalGroup("SIGTERM");
  const alarm = setTimeout(() => signalGroup("SIGKILL"), graceMs);
  child.once("close", () => clearTimeout(alarm));
}

/** Throws Interrupted after a signal, for loops that wait for something else than a command. */
export function throwIfInterrupted() {
  if (interruption) throw interruption;
}

/**
 * Runs a script: a signal unwinds it, a failure is printed as one message, and the exit code tells which of the two it
 * was.
 */
export async function main(body) {
  watchSignals();
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    if (error instanceof Interrupted) process.exitCode = error.exitCode;
    else {
      console.error(error instanceof Failure ? error.message : error);
      process.exitCode = 1;
    }
  }
}
