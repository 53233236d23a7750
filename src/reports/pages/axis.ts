/** @file Report pages: axes of charts, from values to places, with round numbers beside them. */
import { html, type Html } from './html.js';

/** An axis from values to places of the drawing. */
export interface Axis {
  /** Round values in ascending order, inside the axis. */
  readonly ticks: readonly number[];
  readonly place: (value: number) => number;
  readonly format: (value: number) => string;
}

/** Most steps between the ticks of a chart's axis. */
const MOST_STEPS = 5;
/** Steps between ticks, times a power of ten. */
const ROUND = [1, 2, 2.5, 5, 10];

/** The smallest round step that makes at most `count` of `span`. */
function roundStep(span: number, count: number): number {
  const power = 10 ** Math.floor(Math.log10(span / count));
  return ROUND.map((factor) => factor * power).find((step) => span / step <= count + 1e-9)!;
}

/** Number as short as tells ticks of this step apart. */
function formatter(step: number): (value: number) => string {
  if (step >= 1e5 || step < 1e-4) return (value) => (value === 0 ? '0' : value.toExponential(1).replace('+', ''));
  const decimals = step.toFixed(6).replace(/0+$/, '').split('.')[1]!.length;
  return (value) => value.toFixed(decimals);
}

/**
 * An axis that shows all values.
 * @param values At least one; those that are not finite do not count.
 * @param from,to Places of its ends.
 * @param count Most steps between ticks.
 */
export function linearAxis(values: Iterable<number>, from: number, to: number, count: number): Axis {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [0, 1];
  if (low === high)
    [low, high] = [low - Math.max(Math.abs(low) / 100, 1e-6), high + Math.max(Math.abs(high) / 100, 1e-6)];
  const margin = (high - low) * 0.04;
  [low, high] = [low - margin, high + margin];
  const step = roundStep(high - low, count);
  const ticks: number[] = [];
  for (let index = Math.ceil(low / step); index * step <= high; index++) ticks.push(index * step);
  return { ticks, format: formatter(step), place: (value) => from + ((value - low) / (high - low)) * (to - from) };
}

/** Where a chart's drawing lies in its picture, in units of the picture. */
export const FRAME = { width: 440, height: 280, left: 58, right: 428, top: 12, bottom: 238 } as const;

/** Axes of a whole chart that shows all these values. */
export function frameAxes(x: Iterable<number>, y: Iterable<number>): { readonly x: Axis; readonly y: Axis } {
  const { left, right, top, bottom } = FRAME;
  return { x: linearAxis(x, left, right, MOST_STEPS), y: linearAxis(y, bottom, top, MOST_STEPS) };
}

/** Grid, numbers and titles of both axes. */
export function axes(x: Axis, y: Axis, titles: { readonly x: string; readonly y: string }): Html {
  const { left, right, top, bottom, height } = FRAME;
  const vertical = x.ticks.map((tick) => {
    const place = x.place(tick).toFixed(1);
    return html`<line class="grid" x1="${place}" x2="${place}" y1="${top}" y2="${bottom}" /><text
        x="${place}"
        y="${bottom + 15}"
        text-anchor="middle"
        >${x.format(tick)}</text
      >`;
  });
  const horizontal = y.ticks.map((tick) => {
    const place = y.place(tick);
    return html`<line class="grid" x1="${left}" x2="${right}" y1="${place.toFixed(1)}" y2="${place.toFixed(1)}" /><text
        x="${left - 6}"
        y="${(place + 4).toFixed(1)}"
        text-anchor="end"
        >${y.format(tick)}</text
      >`;
  });
  const middle = (top + bottom) / 2;
  return html`${vertical}${horizontal}<text x="${(left + right) / 2}" y="${height - 8}" text-anchor="middle"
      >${titles.x}</text
    >
    <text x="12" y="${middle}" text-anchor="middle" transform="rotate(-90 12 ${middle})">${titles.y}</text>`;
}

/** A chart's picture. @param label What it shows, for those who do not see it. */
export function chart(label: string, content: Html): Html {
  return html`<svg class="chart" viewBox="0 0 ${FRAME.width} ${FRAME.height}" role="img" aria-label="${label}">
    ${content}
  </svg>`;
}
