import type { RowName } from "./contender.js";

export type Unit = "ms" | "bytes" | "number";

interface FigureOf {
  readonly row: RowName;
  /** What is measured, for a table. */
  readonly what: string;
  readonly unit: Unit;
}

/** All that is measured. Of each the less the better. */
export const FIGURES = {
  started: { row: "start", what: "start: all list all, from the first command", unit: "ms" },
  joined: { row: "start", what: "start: … from when the last container ran", unit: "ms" },
  cpu: { row: "rest", what: "at rest: processor time, each second", unit: "ms" },
  sentBytes: { row: "rest", what: "at rest: sent, each second", unit: "bytes" },
  receivedBytes: { row: "rest", what: "at rest: received, each second", unit: "bytes" },
  sentPackets: { row: "rest", what: "at rest: packets sent, each second", unit: "number" },
  receivedPackets: { row: "rest", what: "at rest: packets received, each second", unit: "number" },
  resident: { row: "rest", what: "at rest: memory, resident", unit: "bytes" },
  own: { row: "rest", what: "at rest: memory, of its own", unit: "bytes" },
  connections: { row: "rest", what: "at rest: open TCP connections", unit: "number" },
  metadata: { row: "metadata", what: "new metadata known by all", unit: "ms" },
  left: { row: "leave", what: "docker stop known by all", unit: "ms" },
  killed: { row: "kill", what: "docker kill known by all", unit: "ms" },
  paused: { row: "pause", what: "docker pause known by all", unit: "ms" },
  resumed: { row: "pause", what: "docker unpause: all list all again", unit: "ms" },
  parted: { row: "partition", what: "partition: each half lists itself", unit: "ms" },
  healed: { row: "partition", what: "heal: all list all again", unit: "ms" },
  healthyRemoved: { row: "throttled", what: "a fifth at 3 % CPU: removals of others", unit: "number" },
  slowRemoved: { row: "throttled", what: "a fifth at 3 % CPU: removals of these", unit: "number" },
  lossyRemoved: { row: "loss", what: "20 % loss: removals", unit: "number" },
} as const satisfies Record<string, FigureOf>;

export type FigureName = keyof typeof FIGURES;
export const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[];

/** The figures that a row measures. */
export function figuresOf(row: RowName): FigureName[] {
  return FIGURE_NAMES.filter((name) => FIGURES[name].row === row);
}
