import { aligned } from "../lib/text.js";
import { FIGURES } from "./figures.js";
import type { BenchResult, Size } from "./result.js";
import { lacksOf, linesOf, loadText, ratioText, summaryText } from "./summary.js";

/** The result as text for a terminal: a table for each number of peers, then why some cells are empty. */
export function benchText(result: BenchResult): string {
  return result.sizes.flatMap((size) => [...sizeLines(size), ""]).join("\n");
}

function sizeLines(size: Size): string[] {
  const [first, ...others] = size.contenders;
  const head = [`${size.peers} peers`, first?.title ?? "", ...others.flatMap(({ title }) => [title, ""])];
  const rows = linesOf(size).map(({ figure, cells }) => {
    const { what, unit } = FIGURES[figure];
    const [first, ...others] = cells;
    const compared = others.flatMap(({ summary, ratio }) => [summaryText(summary, unit), ratioText(ratio)]);
    return [what, summaryText(first?.summary, unit), ...compared];
  });
  const load = `load of the machine before each turn: ${loadText([size])}`;
  return [...aligned([head, ...rows], (column) => column === 0), ...lacksOf(size), load];
}
