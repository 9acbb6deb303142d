import type { Outcome } from "../experiment/experiment.js";
import { duration, utc } from "../lib/text.js";
import { htmlOf } from "./html.js";
import { el, type Content } from "./markup.js";
import type { Row } from "./summary.js";
import { table } from "./tables.js";

/** A scenario on a platform, for the page of several. */
export interface IndexRow extends Row {
  readonly title: string;
  readonly on: Outcome["on"];
  readonly peers: number;
  /** How many runs there were, of how many that were to be. */
  readonly runs: string;
  /** Where its report is, as seen from the page; undefined where it was not run. */
  readonly href: string | undefined;
}

export interface IndexOptions {
  readonly title: string;
  /** The worst of all. */
  readonly verdict: Outcome["verdict"];
  readonly rows: readonly IndexRow[];
  /** When the last run ended. */
  readonly at: Date;
}

/** One page for several scenarios: the verdict of each, with a link to its report. */
export function indexPage({ title, verdict, rows, at }: IndexOptions): string {
  const tookMs = rows.reduce((sum, { wallMs }) => sum + wallMs, 0);
  return htmlOf(
    `${verdict}: ${title}`,
    el("span", { class: `verdict ${verdict}` }, verdict),
    el("h1", {}, title),
    el("p", { class: "soft" }, `${duration(tookMs)} in all, ended ${utc(at)}`),
    table<IndexRow>(
      title,
      [
        { head: "scenario", cell: linked },
        { head: "on", cell: ({ on }) => on },
        { head: "peers", number: true, cell: ({ peers }) => peers },
        { head: "runs", number: true, cell: ({ runs }) => runs },
        { head: "verdict", cell: (row) => row.verdict, bad: (row) => row.verdict !== "true" },
        { head: "real time", number: true, cell: (row) => (row.href === undefined ? "–" : duration(row.wallMs)) },
        { head: "why", cell: (row) => (row.verdict === "true" ? "" : row.reason) },
      ],
      rows,
    ),
  );
}

function linked({ title, href }: IndexRow): Content {
  return href === undefined ? title : el("a", { href }, title);
}
