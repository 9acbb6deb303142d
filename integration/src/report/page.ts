import type { Distribution } from "../experiment/distributions.js";
import type { Outcome } from "../experiment/experiment.js";
import { judge } from "../experiment/judge.js";
import type { RunRecord } from "../experiment/run-record.js";
import { tally, tallyText, type Tally } from "../experiment/sometimes.js";
import { curves } from "./curves.js";
import { KINDS, rowOf } from "../fault/kinds.js";
import { duration, utc } from "../lib/text.js";
import { card, htmlOf, section } from "./html.js";
import { el, Markup, type Content } from "./markup.js";
import { SCRIPT } from "./script.js";
import { sight } from "./sight.js";
import { amissTable, distributionTable, faultsTable, knowledgeTable, loadTable, stepsTable } from "./tables.js";
import { lanesLeftOut, timeline } from "./timeline.js";

/** What a page shows besides the outcome of the run. */
export interface PageOptions {
  /** The text of the scenario file. */
  readonly text: string;
  /** The command line that repeats the run. */
  readonly command: string;
  /** When the run ended. */
  readonly at: Date;
  /** All runs together, where the scenario was repeated; undefined for a single run. */
  readonly repeated?: Repeated | undefined;
}

/** Several runs of one scenario: their distributions, and a link to the page of each run. */
export interface Repeated {
  readonly distributions: readonly Distribution[];
  readonly sometimes: readonly Tally[];
  readonly runs: readonly { readonly outcome: Outcome; readonly href: string }[];
}

/** The report of a run as one HTML page, which needs no network and no other file. */
export function page(outcome: Outcome, options: PageOptions): string {
  const { scenario, verdict, record } = outcome;
  return htmlOf(
    `${verdict}: ${scenario.title}`,
    header(outcome, options),
    options.repeated === undefined ? undefined : repeatedPart(options.repeated),
    record === undefined ? undefined : recordedPart(record, scenario),
    outcome.beside === undefined ? undefined : besidePart(outcome.beside),
    section("Scenario", el("p", {}, el("code", {}, scenario.file)), el("pre", { tabindex: 0 }, options.text)),
    section("Run it again", el("pre", { tabindex: 0 }, options.command)),
    el("script", {}, new Markup(SCRIPT)),
  );
}

function header({ scenario, verdict, reason, seed, on, record, wallMs }: Outcome, { at }: PageOptions): Markup {
  const facts: [string, string][] = [
    ["peers", String(record?.peers.length ?? scenario.peers)],
    ["on", on],
    ["seed", String(seed)],
    ["took", record === undefined ? duration(wallMs) : duration(record.toMs - record.fromMs)],
    ["real time", duration(wallMs)],
    ["ping period", record === undefined ? "–" : duration(record.timing.pingPeriodMs)],
    ["ended", utc(at)],
  ];
  return el(
    "header",
    {},
    el("span", { class: `verdict ${verdict}` }, verdict),
    el("h1", {}, scenario.title),
    el("p", { class: "soft" }, scenario.why),
    verdict === "true" ? undefined : el("p", { class: "reason" }, reason),
    el(
      "dl",
      { class: "facts" },
      facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
    ),
  );
}

function recordedPart(record: RunRecord, scenario: Outcome["scenario"]): Content {
  const judgement = judge(record);
  const { knowledge, disagreedMs, loads } = judgement;
  const silent = record.peers.length - loads.length;
  const left = lanesLeftOut(record);
  return [
    section(
      "Timeline",
      card("Timeline", timeline(record, judgement)),
      bandLegend(record),
      left === 0 ? undefined : el("p", { class: "soft" }, `${left} more peers have no lane.`),
    ),
    section("Who saw whom", card("Who saw whom", sight(record))),
    section("How fast word spread", el("div", { class: "figures" }, curves(knowledge))),
    section("Numbers", knowledgeTable(knowledge)),
    section(
      "What should not have happened",
      amissTable(judgement),
      el(
        "p",
        {},
        `For ${duration(disagreedMs)} of ${duration(record.toMs - record.fromMs)} there was more than one view.`,
      ),
    ),
    scenario.sometimes === undefined
      ? undefined
      : section("What should happen sometimes", sometimesList(tally(scenario, [judgement]))),
    section(
      "What each peer sent",
      loads.length === 0 ? undefined : loadTable(loads),
      silent === 0
        ? undefined
        : el("p", {}, `${silent} of ${record.peers.length} peers do not publish what their talk costs.`),
    ),
    section("Faults", record.faults.length === 0 ? el("p", {}, "None.") : faultsTable(record)),
    section("Steps", stepsTable(record)),
  ];
}

function bandLegend({ faults }: RunRecord): Markup {
  const there = new Set(faults.map(({ kind }) => kind));
  const bands = KINDS.filter((kind) => there.has(kind)).flatMap((kind) => {
    const { band } = rowOf(kind);
    return band === undefined ? [] : [{ kind, text: band.text }];
  });
  return el(
    "ul",
    { class: "legend" },
    el("li", {}, el("span", { class: "swatch listed" }), "a lane is full when all others that run list the peer"),
    bands.map(({ kind, text }) => el("li", {}, el("span", { class: `swatch ${kind}` }), text)),
    el("li", {}, el("span", { class: "swatch views" }), "how many different views there were"),
  );
}

function besidePart({ command, how, output }: NonNullable<Outcome["beside"]>): Markup {
  return section(
    "Beside the experiment",
    el("p", {}, el("code", {}, command), `: ${how}`),
    output === "" ? undefined : el("pre", { tabindex: 0 }, output),
  );
}

function sometimesList(tallies: readonly Tally[]): Markup {
  return el(
    "ul",
    {},
    tallies.map((each) => el("li", {}, tallyText(each))),
  );
}

function repeatedPart({ distributions, sometimes, runs }: Repeated): Markup {
  const held = runs.filter(({ outcome }) => outcome.verdict === "true").length;
  return section(
    "All runs",
    el("p", {}, `${held} of ${runs.length} held. Below is one of them.`),
    distributionTable(distributions),
    sometimes.length === 0 ? undefined : sometimesList(sometimes),
    el(
      "ul",
      { class: "legend" },
      runs.map(({ outcome, href }) => el("li", {}, el("a", { href }, `seed ${outcome.seed}`), `: ${outcome.verdict}`)),
    ),
  );
}
