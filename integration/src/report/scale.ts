/** Maps a range of values to a range of places. */
export interface Scale {
  (value: number): number;
  /** Round values to write at the axis. */
  readonly ticks: readonly number[];
}

/** From 1, 2 and 5 with zeros, so that there are about `count` of them. */
export function scale(from: number, to: number, begin: number, end: number, count = 8): Scale {
  const span = to > from ? to - from : 1;
  const at = (value: number): number => round(begin + ((value - from) / span) * (end - begin));
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? 10 * power;
  const first = Math.ceil(from / step);
  const ticks = Array.from({ length: Math.floor((from + span) / step) - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
  return Object.assign(at, { ticks });
}

/** Tenths of a pixel are enough, and keep a page small. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** For an axis: as short as its steps allow. */
export function tick(ms: number): string {
  return ms !== 0 && Math.abs(ms) < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(2))} s`;
}
