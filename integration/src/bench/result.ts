import type { RowName } from "./contender.js";
import type { FigureName } from "./figures.js";

/** What was measured of one figure. */
export interface Values {
  readonly values: number[];
  /** Why there are not more, each reason once. */
  readonly lacks: string[];
}

/** All that was measured of one contender at one number of peers. */
export interface Measured {
  readonly title: string;
  /** Why it was measured in plain text although ours was measured over TLS, too. */
  readonly withoutTls?: string;
  readonly figures: Partial<Record<FigureName, Values>>;
}

/** All contenders at one number of peers, those of ours first. */
export interface Size {
  readonly peers: number;
  /** The load average of the machine before each turn, over a minute. */
  readonly loads: readonly number[];
  readonly contenders: readonly Measured[];
}

/** What `npm run bench` found, as `--json` writes it. */
export interface BenchResult {
  /** The command line that repeats it. */
  readonly command: string;
  /** When it began, as ISO 8601. */
  readonly at: string;
  readonly machine: {
    readonly cpus: string;
    readonly memoryGiB: number;
    readonly system: string;
  };
  readonly rounds: number;
  readonly seconds: number;
  readonly rows: readonly RowName[];
  readonly sizes: readonly Size[];
}

/** The values of a figure, to which more can be added. */
export function valuesOf(measured: Measured, figure: FigureName): Values {
  return (measured.figures[figure] ??= { values: [], lacks: [] });
}
