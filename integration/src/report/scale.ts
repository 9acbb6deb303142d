/** Maps a range of values to a range of coordinates. */
export interface Scale {
  (value: number): number;
  /** Round values within the range, for the labels of the axis. */
  readonly ticks: readonly number[];
}

/** A linear scale. The ticks are multiples of 1, 2 or 5 times a power of ten, and about `count` in number. */
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

/** Rounds a coordinate to tenths of a pixel, which are fine enough and keep the page small. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A time as the label of a tick: in ms below one second, else in s with at most two decimals. */
export function tick(ms: number): string {
  return ms !== 0 && Math.abs(ms) < 1000 ? `${ms} ms` : `${Number((ms / 1000).toFixed(2))} s`;
}
