import type { FigureName } from "./figures.js";

/** Where what was measured goes: a value, or why there is none. */
export interface Notebook {
  value(figure: FigureName, value: number): void;
  lack(figure: FigureName, reason: string): void;
}
