#!/usr/bin/env node
// The same work on our peers and on others, by turns: `npm run bench -- --peers 10,50 --against serf-0.10`.
import { writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { neighboursProblem } from "../cluster/docker/neighbours.js";
import { onInterruption } from "../lib/interruption.js";
import { benchPage } from "./bench-page.js";
import { benchText } from "./bench-text.js";
import { ContenderCluster } from "./contender-cluster.js";
import type { Contender } from "./contender.js";
import { Ours } from "./contenders/ours.js";
import { RIVALS } from "./contenders.js";
import type { Notebook } from "./notebook.js";
import { optionsOf } from "./options.js";
import { FIGURES, type FigureName } from "./figures.js";
import { say } from "./output.js";
import { benchPicture } from "./plots.js";
import { valuesOf, type BenchResult, type Measured, type Size } from "./result.js";
import { valueText } from "./summary.js";
import { Turn } from "./turn.js";

const EXIT_FAILED = 1;

const options = optionsOf(process.argv.slice(2));

const interrupted = new AbortController();
onInterruption((signal) => {
  say("interrupted: removing the containers …");
  interrupted.abort(new Error(`interrupted by ${signal}`));
});

try {
  const problem = neighboursProblem(Math.max(...options.peers));
  if (problem !== undefined) throw new Error(problem);
  const result = await measure();
  process.stdout.write(`${benchText(result)}\n`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, undefined, 1)}\n`);
  if (options.html !== undefined) writeFileSync(options.html, benchPage(result));
  if (options.svg !== undefined) writeFileSync(options.svg, benchPicture(result));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = EXIT_FAILED;
}

async function measure(): Promise<BenchResult> {
  const begun = { at: new Date().toISOString(), machine: machine() };
  const { rounds, seconds, rows: measured, tls = false } = options;
  const contenders: Contender[] = [];
  try {
    for (const withTls of tls ? [false, true] : [false])
      for (const preset of options.preset) contenders.push(await Ours.create({ preset, tls: withTls }));
    contenders.push(...options.against.map(rivalOf));
    const all: Size[] = [];
    for (const peers of options.peers) all.push(await sizeOf(peers, contenders));
    const command = `npm run bench -- ${process.argv.slice(2).join(" ")}`.trim();
    return { command, ...begun, rounds, seconds, rows: measured, sizes: all };
  } finally {
    for (const contender of contenders) contender.close?.();
  }
}

/** Has each contender take its turns, one after the other, so that what the machine does meanwhile meets all of them. */
async function sizeOf(peers: number, contenders: readonly Contender[]): Promise<Size> {
  const loads: number[] = [];
  const measured: Measured[] = contenders.map(({ title, withoutTls }) => {
    return { title, figures: {}, ...(options.tls === true && withoutTls !== undefined ? { withoutTls } : {}) };
  });
  for (let round = 1; round <= options.rounds; round++)
    for (const [at, contender] of contenders.entries()) {
      const prefix = `${peers} peers, round ${round} of ${options.rounds}, ${contender.title}`;
      loads.push(Number((loadavg()[0] ?? 0).toFixed(2)));
      say(`${prefix}: making the containers …`);
      await using cluster = await ContenderCluster.create(contender, peers, interrupted.signal);
      const into = measured[at];
      if (into === undefined) continue;
      await new Turn(cluster, options.seconds, notebook(into, prefix), interrupted.signal).take(options.rows);
    }
  return { peers, loads, contenders: measured };
}

/** Notes what is measured, and says it. */
function notebook(into: Measured, prefix: string): Notebook {
  const spoken = (figure: FigureName, text: string): void => {
    say(`${prefix}: ${FIGURES[figure].what}: ${text}`);
  };
  return {
    value(figure, value) {
      valuesOf(into, figure).values.push(value);
      spoken(figure, valueText(value, FIGURES[figure].unit));
    },
    lack(figure, reason) {
      const { lacks } = valuesOf(into, figure);
      if (!lacks.includes(reason)) lacks.push(reason);
      spoken(figure, `— ${reason}`);
    },
  };
}

function machine(): BenchResult["machine"] {
  const [{ model } = { model: "unknown" }] = cpus();
  const memoryGiB = Number((totalmem() / 1024 ** 3).toFixed(1));
  return { cpus: `${cpus().length} × ${model}`, memoryGiB, system: `Linux ${release()}` };
}

function rivalOf(name: string): Contender {
  const make = RIVALS[name];
  if (make === undefined) throw new Error(`there is no rival ${name}`);
  return make();
}
