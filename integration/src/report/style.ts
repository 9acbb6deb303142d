import type { BandColour } from "../fault/kind.js";
import { KINDS, rowOf } from "../fault/kinds.js";

/** The colours of the bands of faults, for light and for dark mode. */
const BAND_COLOURS: Readonly<Record<BandColour, readonly [light: string, dark: string]>> = {
  red: ["#d2483f", "#e5685f"],
  violet: ["#8a63c7", "#a98be0"],
  orange: ["#e08a1e", "#e6a14c"],
  blue: ["#2f8fb3", "#57a9c8"],
  brown: ["#8b6f3d", "#b3965f"],
  grey: ["#6b7280", "#8a929e"],
  teal: ["#1f8a7d", "#4db8aa"],
  rose: ["#c2417c", "#e27fae"],
};

/** The rules for the bands of faults, in the lanes and in the legend. */
const BANDS = KINDS.flatMap((kind) => {
  const { band } = rowOf(kind);
  if (band === undefined) return [];
  const colour = `var(--band-${band.colour})`;
  const faint = `color-mix(in srgb, ${colour} 40%, transparent)`;
  return `.band.${kind} { fill: ${colour}; } .swatch.${kind} { background: ${faint}; }`;
}).join("\n");

/**
 * The style sheet of the page, for light and dark mode. A colour is never the only sign: symbols, labels or tables
 * always say the same.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --ink: #1c1f24; --soft: #5c6470; --grid: #e3e6ea; --edge: #d3d8de;
  --listed: #8fb4dc; --views: #b7a6d9; --cursor: #1c1f24;
  --true: #1a7f4b; --false: #c0322b; --unknown: #8a6100;
  --alive: #1f7d4f; --suspect: #d99a00; --failed: #c93136; --left: #23708e; --none: #e6e8eb;
  --cell-ink: #ffffff; --suspect-ink: #2b1e00; --none-ink: #6b7280;
  --c1: #2563b8; --c2: #c2571a; --c3: #2a8a5c; --c4: #a2408f; --c5: #7a6a12; --c6: #5a5fd0;
  ${bandColours(0)}
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --card: #1d2024; --ink: #e7e9ec; --soft: #a0a8b3; --grid: #2c3138; --edge: #3a4049;
    --listed: #3f658f; --views: #6d5c96; --cursor: #ffffff;
    --true: #4cc38a; --false: #ff7b72; --unknown: #e3b341;
    --alive: #27774f; --suspect: #d99a00; --failed: #c4463e; --left: #26708c; --none: #2c3138;
    --none-ink: #a0a8b3;
    --c1: #6aa5f0; --c2: #ef935a; --c3: #57c793; --c4: #d985c7; --c5: #cbb954; --c6: #a3a7ff;
    ${bandColours(1)}
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 24px 20px 64px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 26px; line-height: 1.25; margin: 4px 0; }
h2 { font-size: 18px; margin: 36px 0 10px; }
p { margin: 6px 0; max-width: 75ch; }
.soft, figcaption + *, .facts dt { color: var(--soft); }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--card); border: 1px solid var(--edge); border-radius: 6px; padding: 12px 14px; overflow-x: auto; }
.card { background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 12px; overflow-x: auto; }
.verdict { display: inline-block; font-weight: 700; padding: 2px 12px; border-radius: 999px; border: 2px solid; }
.verdict.true { color: var(--true); } .verdict.false { color: var(--false); } .verdict.unknown { color: var(--unknown); }
.reason { white-space: pre-wrap; overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 28px; margin: 16px 0; }
.facts div { min-width: 90px; } .facts dt { font-size: 13px; } .facts dd { margin: 0; font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 11px system-ui, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); }
svg.timeline { min-width: 760px; cursor: crosshair; }
svg text.name { text-anchor: end; fill: var(--soft); }
svg text.tick { text-anchor: middle; fill: var(--soft); }
.grid { stroke: var(--grid); } .base { stroke: var(--edge); }
.step rect { fill: var(--none); } .step.expect rect { fill: var(--listed); opacity: .55; } .step.unmet rect { fill: var(--false); opacity: .8; }
.mark line { stroke: var(--soft); stroke-dasharray: 2 3; } .mark text { fill: var(--ink); font-weight: 600; }
.listed { fill: var(--listed); pointer-events: none; } .views { fill: var(--views); }
.band { opacity: .38; }
${BANDS}
.moment { fill: var(--ink); }
.cursor { stroke: none; } .cursor.on { stroke: var(--cursor); stroke-width: 1.5; }
.matrix .cell text { text-anchor: middle; font-size: 13px; fill: var(--cell-ink); }
.cell.a rect, .swatch.a { fill: var(--alive); background: var(--alive); }
.cell.s rect, .swatch.s { fill: var(--suspect); background: var(--suspect); }
.cell.f rect, .swatch.f { fill: var(--failed); background: var(--failed); }
.cell.l rect, .swatch.l { fill: var(--left); background: var(--left); }
.cell.u rect, .swatch.u { fill: var(--none); background: var(--none); }
.cell.s text { fill: var(--suspect-ink) !important; } .swatch.s { color: var(--suspect-ink); }
.cell.u text { fill: var(--none-ink) !important; } .swatch.u { color: var(--none-ink); }
.row.p, .row.d { opacity: .28; }
.controls { display: flex; gap: 10px; align-items: center; } .controls input { flex: 1; accent-color: var(--c1); min-height: 28px; }
button { font: inherit; font-size: 13px; color: inherit; background: var(--card); border: 1px solid var(--edge); border-radius: 6px; padding: 3px 10px; cursor: pointer; }
:focus-visible { outline: 3px solid var(--c1); outline-offset: 2px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 8px 0 0; font-size: 13px; color: var(--soft); }
.legend b { color: var(--ink); font-weight: 600; }
.swatch { display: inline-block; width: 18px; height: 18px; border-radius: 3px; margin-right: 6px; text-align: center; line-height: 18px; color: var(--cell-ink); font-size: 12px; vertical-align: -3px; }
.swatch.band { opacity: 1; } .swatch.faded { border: 1px dashed var(--edge); }
.swatch.listed { background: var(--listed); } .swatch.views { background: var(--views); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 14px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 12px; }
figcaption { font-weight: 600; margin-bottom: 6px; }
figure .legend { flex-direction: column; }
.curve { fill: none; stroke-width: 2.2; } .curve.many { stroke: var(--c1); opacity: .45; stroke-width: 1.5; }
line.budget { stroke: var(--false); stroke-dasharray: 5 4; } text.budget { fill: var(--false); }
.key { display: inline-block; width: 18px; height: 3px; margin-right: 8px; vertical-align: middle; }
.c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); } .c6 { stroke: var(--c6); }
.key.c1 { background: var(--c1); } .key.c2 { background: var(--c2); } .key.c3 { background: var(--c3); } .key.c4 { background: var(--c4); } .key.c5 { background: var(--c5); } .key.c6 { background: var(--c6); }
.dot { fill: var(--c1); opacity: .45; } .median { stroke: var(--ink); stroke-width: 2.5; }
.bar { stroke: none; } .bar.c1 { fill: var(--c1); } .bar.c2 { fill: var(--c2); } svg.bars { width: 160px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 5px 10px; border-bottom: 1px solid var(--grid); vertical-align: top; }
th { color: var(--soft); font-weight: 600; font-size: 13px; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td code { display: inline-block; min-width: 16ch; } td.bad { color: var(--false); font-weight: 600; }
a { color: var(--c1); }
@media print { .controls { display: none; } body { max-width: none; } }
`;

function bandColours(at: 0 | 1): string {
  return Object.entries(BAND_COLOURS)
    .map(([name, shades]) => `--band-${name}: ${shades[at]};`)
    .join(" ");
}
