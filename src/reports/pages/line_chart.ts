/** @file Report pages: curves over iterations, raw and smoothed. */
import { axes, chart, frameAxes } from './axis.js';
import { html, type Html } from './html.js';
import { seriesColor } from './series.js';

/** Points of a curve, x ascending. */
export interface Curve {
  /** Number of its series, for the colour. */
  readonly series: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Whether it is noise around a course, which is then drawn strong and the curve itself pale. */
  readonly noisy?: boolean;
  /** Drawn dashed, such as a line of something that does not change. */
  readonly dashed?: boolean;
}

/** Most points of a drawn curve; more of them cannot be seen and make the page large. */
const MAX_POINTS = 400;

/**
 * Exponential moving average, without the pull to the start: each value is the weighted mean of those so far, weights
 * falling by `rate` a step. Values that are not finite are passed over.
 * @param rate In [0, 1).
 */
export function smoothed(values: readonly number[], rate: number): number[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (Number.isFinite(value)) {
      sum = rate * sum + (1 - rate) * value;
      weight = rate * weight + (1 - rate);
    }
    return weight > 0 ? sum / weight : NaN;
  });
}

/** Rate by which a curve of `count` points is smoothed: over about a thirtieth of it, not at all if it is short. */
export function smoothingRate(count: number): number {
  return count < 60 ? 0 : 1 - 30 / count;
}

/** Every n-th point and the last, so that at most {@link MAX_POINTS} are left. */
function thinned({ x, y }: Curve): [number, number][] {
  const every = Math.ceil(x.length / MAX_POINTS);
  return x.flatMap((value, i): [number, number][] =>
    (i % every === 0 || i === x.length - 1) && Number.isFinite(y[i]) ? [[value, y[i]!]] : [],
  );
}

/** Curves over one pair of axes. Where smoothing changes a curve, the raw one is drawn pale behind it. */
export function lineChart(title: string, curves: readonly Curve[]): Html {
  const { x, y } = frameAxes(
    curves.flatMap((curve) => curve.x),
    curves.flatMap((curve) => curve.y),
  );
  const line = (curve: Curve, kind: 'raw' | 'smooth'): Html => {
    const points = thinned(curve).map(([a, b]) => `${x.place(a).toFixed(1)},${y.place(b).toFixed(1)}`);
    const color = seriesColor(curve.series);
    if (points.length === 1) {
      const [cx, cy] = points[0]!.split(',');
      return html`<circle cx="${cx}" cy="${cy}" r="3" fill="${color}" />`;
    }
    return html`<polyline
      class="${kind}"
      stroke="${color}"
      stroke-dasharray="${curve.dashed ? '5 4' : 'none'}"
      points="${points.join(' ')}"
    />`;
  };
  const lines = curves.map((curve) => {
    const rate = curve.noisy ? smoothingRate(curve.y.length) : 0;
    const smooth = line({ ...curve, y: smoothed(curve.y, rate) }, 'smooth');
    return rate > 0 ? html`${line(curve, 'raw')}${smooth}` : smooth;
  });
  const content = html`${axes(x, y, { x: 'iteration', y: '' })}${lines}`;
  return html`<figure>
    ${chart(`${title} over iterations`, content)}
    <figcaption>${title}</figcaption>
  </figure>`;
}
