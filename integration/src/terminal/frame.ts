import { LEGEND, matrix, paint } from "../view/matrix.js";
import { clip } from "../lib/text.js";
import { distinctViews, type PeerState, type Views } from "../view/views.js";

/** What the live view shows, and how large the screen is. */
export interface LiveContent {
  readonly title: string;
  readonly views: Views;
  /** Whether all peers agree, as `Changes.agreed` says. */
  readonly agreed: boolean;
  /** For how many whole seconds the peers have agreed, or have not. */
  readonly lastsS: number;
  /** Lines about what happened, the latest last. */
  readonly events: readonly string[];
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

/** Blank lines are left out where they would leave fewer rows than this for events. */
const ROOMY_EVENTS = 4;

/** The lines of one picture of the live view: never more than there are rows, never wider than there are columns. */
export function frame(content: LiveContent): string[] {
  const { title, views, events, columns, rows, colour } = content;
  const head = paint(clip(` ${title} · ${headline(content)}`, columns), "bold", { colour });
  const legend = paint(clip(` ${LEGEND}    q ends`, columns), "gray", { colour });
  // Three lines are shown in any case: the headline, the legend and one event.
  const table = matrix(views, { width: columns, height: rows - 3, colour });
  const gap = rows - 2 - table.length - 3 >= ROOMY_EVENTS ? [""] : [];
  const room = rows - 2 - table.length - 3 * gap.length;
  const latest = room > 0 ? events.slice(-room).map((event) => clip(` ${event}`, columns)) : [];
  return [head, ...gap, ...table, ...gap, legend, ...gap, ...latest];
}

function headline({ views, agreed, lastsS }: LiveContent): string {
  if (views.length === 0) return "no peers";
  const distinct = distinctViews(views).length;
  const disagreement = distinct < 2 ? "not all answer" : `${distinct} different views`;
  return `${stateCounts(views)} · ${agreed ? "one view" : disagreement} for ${lastsS} s`;
}

function stateCounts(views: Views): string {
  const states: readonly PeerState[] = ["running", "paused", "down"];
  const counts = states.map((state) => [views.filter((view) => view.state === state).length, state] as const);
  const shown = counts.filter(([number, state]) => number > 0 || state === "running");
  return `${views.length} peers: ${shown.map(([number, state]) => `${number} ${state}`).join(", ")}`;
}
