/** A value that was measured with so many peers. */
export interface Point {
  readonly peers: number;
  readonly value: number;
}

/** How a value grows with the number of peers. */
export interface Fit {
  readonly growth: "none" | "logarithm" | "line";
  /** The value is `base`, and as much as `slope` for each peer, or each time that their number doubles, besides. */
  readonly base: number;
  readonly slope: number;
  /** The value among so many. */
  at(peers: number): number;
}

/** A value that changes by less than this share of itself over all sizes does not grow. */
const NO_GROWTH = 0.1;

const FORMS = { logarithm: Math.log2, line: (peers: number): number => peers };

/**
 * The line or the logarithm that runs closest to the points, by least squares of relative distances, so that a value of
 * few peers counts as much as one of many. There must be points of two sizes at least.
 */
export function fitOf(points: readonly Point[]): Fit {
  const values = points.map(({ value }) => value);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (Math.max(...values) - Math.min(...values) < NO_GROWTH * mean)
    return { growth: "none", base: mean, slope: 0, at: () => mean };
  const [logarithm, line] = [closest("logarithm", points), closest("line", points)];
  return distance(logarithm, points) < distance(line, points) ? logarithm : line;
}

/** The closest fit of a form: the normal equations of two unknowns, each point weighed by 1/value². */
function closest(growth: keyof typeof FORMS, points: readonly Point[]): Fit {
  const form = FORMS[growth];
  let [w, wx, wxx, wy, wxy] = [0, 0, 0, 0, 0];
  for (const { peers, value } of points) {
    const [x, weight] = [form(peers), value ** -2];
    w += weight;
    wx += weight * x;
    wxx += weight * x * x;
    wy += weight * value;
    wxy += weight * x * value;
  }
  const slope = (w * wxy - wx * wy) / (w * wxx - wx * wx);
  const base = (wy - slope * wx) / w;
  return { growth, base, slope, at: (peers) => base + slope * form(peers) };
}

function distance(fit: Fit, points: readonly Point[]): number {
  return points.reduce((sum, { peers, value }) => sum + (fit.at(peers) / value - 1) ** 2, 0);
}
