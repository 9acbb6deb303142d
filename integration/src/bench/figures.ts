import type { RowName } from "./contender.js";

/** How many of the peers are starved at a time, as in Lifeguard's experiments. */
export const STARVED = [1, 4, 16] as const;
/** The rows in which peers are starved. */
export type StarvingRow = Extract<RowName, "throttled" | "frozen">;
/** What is measured while so many peers are starved. */
export type StarvedFigure = `${StarvingRow}${(typeof STARVED)[number]}${"Wrong" | "ByHealthy" | "Starved" | "Killed"}`;

export type Unit = "ms" | "bytes" | "number";

interface FigureOf {
  readonly row: RowName;
  /** What is measured, for a table. */
  readonly what: string;
  readonly unit: Unit;
  /** How many peers are starved meanwhile, if any. */
  readonly starved?: number;
}

/** All that is measured. Of each the less the better. */
export const FIGURES = {
  started: { row: "start", what: "start: all list all, from the first command", unit: "ms" },
  joined: { row: "start", what: "start: … from when the last container ran", unit: "ms" },
  startRemoved: { row: "start", what: "start: wrong removals", unit: "number" },
  cpu: { row: "rest", what: "at rest: processor time, each second", unit: "ms" },
  sentBytes: { row: "rest", what: "at rest: sent, each second", unit: "bytes" },
  receivedBytes: { row: "rest", what: "at rest: received, each second", unit: "bytes" },
  sentPackets: { row: "rest", what: "at rest: packets sent, each second", unit: "number" },
  receivedPackets: { row: "rest", what: "at rest: packets received, each second", unit: "number" },
  resident: { row: "rest", what: "at rest: memory, resident", unit: "bytes" },
  own: { row: "rest", what: "at rest: memory, of its own", unit: "bytes" },
  connections: { row: "rest", what: "at rest: open TCP connections", unit: "number" },
  restChanges: { row: "rest", what: "at rest: changes of a list", unit: "number" },
  metadata: { row: "metadata", what: "new metadata known by all", unit: "ms" },
  copies: { row: "metadata", what: "new metadata: copies received by each peer", unit: "number" },
  duplicates: { row: "metadata", what: "new metadata: … that told nothing new", unit: "number" },
  left: { row: "leave", what: "docker stop known by all", unit: "ms" },
  killed: { row: "kill", what: "docker kill known by all", unit: "ms" },
  back: { row: "join", what: "docker start: all list all", unit: "ms" },
  paused: { row: "pause", what: "docker pause known by all", unit: "ms" },
  resumed: { row: "pause", what: "docker unpause: all list all again", unit: "ms" },
  parted: { row: "partition", what: "partition: each half lists itself", unit: "ms" },
  healed: { row: "partition", what: "heal: all list all again", unit: "ms" },
  ...starvedFigures("throttled", "at 3 % CPU"),
  ...starvedFigures("frozen", "frozen by turns"),
  lossyRemoved: { row: "loss", what: "20 % loss: wrong removals", unit: "number" },
  lossyKilled: { row: "loss", what: "20 % loss: docker kill known by all", unit: "ms" },
  churnRemoved: { row: "churn", what: "churn: removals of those that stay", unit: "number" },
  churnMemory: { row: "churn", what: "churn: growth of their memory of its own", unit: "bytes" },
  churnFiles: { row: "churn", what: "churn: more open files of theirs", unit: "number" },
} satisfies Record<string, FigureOf>;

export type FigureName = keyof typeof FIGURES;
export const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[];

/** The figures that a row measures in a cluster of so many. */
export function figuresOf(row: RowName, peers: number): FigureName[] {
  return FIGURE_NAMES.filter((name) => {
    const { starved = 0, ...figure }: FigureOf = FIGURES[name];
    return figure.row === row && starved <= mostStarved(peers);
  });
}

/** How many of so many peers can be starved: half of them, so that the healthy are no minority. */
export function mostStarved(peers: number): number {
  return Math.floor(peers / 2);
}

function starvedFigures(row: StarvingRow, how: string): Record<StarvedFigure, FigureOf> {
  const figures = STARVED.flatMap((starved): [string, FigureOf][] => [
    [`${row}${starved}Wrong`, { row, starved, what: `${starved} ${how}: removals of the others`, unit: "number" }],
    [`${row}${starved}ByHealthy`, { row, starved, what: `${starved} ${how}: … by each other`, unit: "number" }],
    [`${row}${starved}Starved`, { row, starved, what: `${starved} ${how}: removals of these`, unit: "number" }],
    [
      `${row}${starved}Killed`,
      { row, starved, what: `${starved} ${how}: docker kill known by the others`, unit: "ms" },
    ],
  ]);
  return Object.fromEntries(figures) as Record<StarvedFigure, FigureOf>;
}
