// The marks on the timeline: shapes as well as colours, so that neither has to be told by its colour alone.

/** @import { ChangeKind } from "./types.js" */

/** The path of each kind's mark, in a box of 10 round the middle. @type {Record<ChangeKind, string>} */
export const SHAPES = {
  joined: "M0-5L5 4H-5Z",
  updated: "M0-5L5 0L0 5L-5 0Z",
  suspected: "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0-4.5 0Z",
  recovered: "M-4.5-1.5H-1.5V-4.5H1.5V-1.5H4.5V1.5H1.5V4.5H-1.5V1.5H-4.5Z",
  failed: "M-5-3L-3-5L0-2L3-5L5-3L2 0L5 3L3 5L0 2L-3 5L-5 3L-2 0Z",
  left: "M-5 0L3-5V5Z",
};

/** The head of the line across all lanes that stands for a command. */
export const COMMAND = "M0 4L-4-3H4Z";
