import { LEGEND, matrix, paint } from "../view/matrix.js";
import { clip } from "../lib/text.js";
import { distinctViews, type PeerState, type Views } from "../view/views.js";

/** What the screen shows, and how large it is. */
export interface Scene {
  readonly title: string;
  readonly views: Views;
  /** Whether there is one view. */
  readonly agreed: boolean;
  /** For how many seconds the present agreement, or the lack of it, has lasted. */
  readonly lastsS: number;
  /** The latest last. */
  readonly events: readonly string[];
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

/** Below this number of rows for events, the blank lines are given up. */
const ROOMY_EVENTS = 4;

/** The lines of one picture: never more than there are rows, never wider than there are columns. */
export function frame(scene: Scene): string[] {
  const { title, views, events, columns, rows, colour } = scene;
  const head = paint(clip(` ${title} · ${headline(scene)}`, columns), "bold", colour);
  const legend = paint(clip(` ${LEGEND}    q ends`, columns), "gray", colour);
  // Of all the lines, these must be there: the headline, the legend and one event.
  const table = matrix(views, { width: columns, height: rows - 3, colour });
  const gap = rows - 2 - table.length - 3 >= ROOMY_EVENTS ? [""] : [];
  const room = rows - 2 - table.length - 3 * gap.length;
  const latest = room > 0 ? events.slice(-room).map((event) => clip(` ${event}`, columns)) : [];
  return [head, ...gap, ...table, ...gap, legend, ...gap, ...latest];
}

function headline({ views, agreed, lastsS }: Scene): string {
  if (views.length === 0) return "no peers";
  const distinct = distinctViews(views).length;
  const doubt = distinct < 2 ? "not all answer" : `${distinct} different views`;
  return `${count(views)} · ${agreed ? "one view" : doubt} for ${lastsS} s`;
}

function count(views: Views): string {
  const states: readonly PeerState[] = ["running", "paused", "down"];
  const counts = states.map((state) => [views.filter((view) => view.state === state).length, state] as const);
  const shown = counts.filter(([number, state]) => number > 0 || state === "running");
  return `${views.length} peers: ${shown.map(([number, state]) => `${number} ${state}`).join(", ")}`;
}
