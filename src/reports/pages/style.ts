/** @file Report pages: their looks, on phones, on large screens and on paper, light and dark. */

/** Colours of the series that a page tells apart; further ones begin anew. */
export const SERIES_COLORS = 8;

/** The style sheet of every report page. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1c2126; --soft: #5d6771; --line: #d9dee3; --panel: #f5f7f9; --accent: #0b62c4;
  --s0: #0b62c4; --s1: #d1481f; --s2: #15803d; --s3: #8b3fc7; --s4: #a86a00; --s5: #c0267e; --s6: #0e7490; --s7: #59636e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e6e9ec; --soft: #9aa5b0; --line: #333a41; --panel: #1d2226; --accent: #6cb0ff;
    --s0: #6cb0ff; --s1: #ff8f66; --s2: #57c785; --s3: #c792ff; --s4: #e5b04b; --s5: #ff7dbe; --s6: #4cc3dc; --s7: #a7b1bb;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 1.2rem clamp(.8rem, 3vw, 2.4rem) 4rem; max-width: 78rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: clamp(1.4rem, 4.5vw, 2.1rem); line-height: 1.2; margin: .3em 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.2em 0 .5em; padding-top: .4em; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.4em 0 .4em; overflow-wrap: anywhere; }
p, li { max-width: 46rem; }
a { color: var(--accent); }
.soft, figcaption, .note { color: var(--soft); }
.note { font-size: .88rem; }
code { font: .88em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .8rem 0; }
.wide { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .32rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--paper); }
td.text, th.text { text-align: left; white-space: normal; min-width: 8rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); gap: 0 1.6rem; }
thead th { color: var(--soft); font-weight: 600; }
.best { font-weight: 700; }
.range { display: block; color: var(--soft); font-size: .8em; font-weight: 400; }
tr.published td { color: var(--soft); font-style: italic; }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .45em; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1.2rem; }
.charts figure, .pictures figure { margin: 0; min-width: 0; }
figcaption { font-size: .85rem; }
svg.chart { display: block; width: 100%; height: auto; background: var(--panel); border-radius: 6px; }
svg.chart text { fill: var(--soft); font: 11px system-ui, "DejaVu Sans", sans-serif; }
svg.chart .grid { stroke: var(--line); stroke-width: 1; }
svg.chart .raw { opacity: .3; }
svg.chart polyline { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .4rem 0 .8rem; padding: 0; list-style: none; font-size: .9rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(44%, 9rem), 1fr)); gap: .7rem; margin: .5rem 0; }
.pictures img { width: 100%; height: auto; display: block; border-radius: 3px; }
img.pixels { image-rendering: pixelated; }
img.whole { max-width: 100%; height: auto; border-radius: 4px; }
details { margin: 1rem 0; }
summary { cursor: pointer; }
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --panel: #fff; --accent: #000; }
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  h2, h3 { break-after: avoid; }
  figure, tr, svg { break-inside: avoid; }
  .wide { overflow: visible; }
  table { font-size: 8pt; }
  th, td { padding: .15rem .35rem; }
  .charts { grid-template-columns: 1fr 1fr; }
  .cards { display: block; }
}
`;
