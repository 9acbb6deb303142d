#!/usr/bin/env node
// What of a peer grows with their number, in the simulator: `npm run bench:growth -- --peers 100,1000 --svg growth.svg`.
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { measure } from "../cluster/simulated/measure.js";
import { whole } from "../lib/number-option.js";
import { aligned } from "../lib/text.js";
import { fitText, grown, GROWTH_FIGURES, GROWTH_NAMES, growthOf, type Grown } from "./growth-figures.js";
import { DRAWN, growthPicture } from "./growth-picture.js";
import { say } from "./output.js";
import { valueText } from "./summary.js";

const DEFAULT_SIZES = [100, 300, 1000];
/** So many start and rest first, unmeasured, so that the first size does not count what the code itself takes. */
const WARM_UP = 20;

const program = new Command("bench:growth")
  .description("what a peer holds, sends and receives, by how many there are, and what follows for 100 000")
  .option("--peers <list>", "how many, 100 to 20000; several with commas", sizes, DEFAULT_SIZES)
  .option("--seconds <n>", "of virtual time, of which what all listing all leaves is rest", whole(10, 1000), 20)
  .option("--seed <n>", "what all chance is drawn from", whole(0, 2 ** 31), 1)
  .option("--json <file>", "write the figures as JSON")
  .option("--svg <file>", "write them and their fits as a picture")
  .showHelpAfterError("(--help shows what there is)");
const options = program.parse().opts<{
  peers: readonly number[];
  seconds: number;
  seed: number;
  json?: string;
  svg?: string;
}>();
if (new Set(options.peers).size < 2) program.error("--peers must name two sizes at least: a fit needs them");

grownOf(WARM_UP);
const measured = options.peers.map((peers) => {
  say(`measuring ${peers} peers`);
  return grownOf(peers);
});
process.stdout.write(`${table(measured)}\n`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(measured, undefined, 2)}\n`);
if (options.svg !== undefined) writeFileSync(options.svg, growthPicture(measured));

function sizes(text: string): number[] {
  return text.split(",").map(whole(DRAWN.fewest, 20_000));
}

/** Has so many peers start and rest. The heap is what the last period leaves of it, the simulator's own part included. */
function grownOf(peers: number): Grown {
  const durationMs = options.seconds * 1000;
  const before = heapBytes();
  let heap = 0;
  const measurement = measure({
    peers,
    durationMs,
    seed: options.seed,
    changes: [],
    each: 1,
    starved: 0,
    progress: (nowMs) => {
      if (nowMs >= durationMs) heap = heapBytes() - before;
    },
  });
  if (measurement.agreedMs === undefined)
    program.error(`not all of ${peers} listed all in time: --seconds must be more`);
  return grown(measurement, heap);
}

/** The heap in use once what nobody needs is collected. */
function heapBytes(): number {
  if (globalThis.gc === undefined) program.error("node needs --expose-gc, as `npm run bench:growth` gives it");
  else globalThis.gc();
  return process.memoryUsage().heapUsed;
}

function table(all: readonly Grown[]): string {
  const head = ["of a peer", ...all.map(({ peers }) => `N = ${peers}`), "fit", `N = ${DRAWN.most}`];
  const rows = GROWTH_NAMES.map((figure) => {
    const { what, unit } = GROWTH_FIGURES[figure];
    const fit = growthOf(figure, all);
    const values = [...all.map((size) => size[figure]), fit.at(DRAWN.most)].map((value) => valueText(value, unit));
    return [what, ...values.slice(0, -1), fitText(fit, unit), values.at(-1) ?? ""];
  });
  return aligned([head, ...rows], (column) => column === 0).join("\n");
}
