/** @file Report pages: images as points over two metrics, with the mean of each model and its interval. */
import { axes, chart, frameAxes } from './axis.js';
import { html, type Html } from './html.js';
import { seriesColor } from './series.js';

/** A value with the ends of its confidence interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The points of one model. */
export interface Cloud {
  readonly series: number;
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly name: string }[];
  readonly mean: { readonly x: Interval; readonly y: Interval };
}

/** Clouds over one pair of axes; a cross shows a mean with its intervals. */
export function scatter(titles: { readonly x: string; readonly y: string }, clouds: readonly Cloud[]): Html {
  const all = clouds.flatMap(({ points, mean }) => [
    ...points,
    { x: mean.x.low, y: mean.y.low },
    { x: mean.x.high, y: mean.y.high },
  ]);
  const { x, y } = frameAxes(
    all.map((point) => point.x),
    all.map((point) => point.y),
  );
  const at = (value: number): string => value.toFixed(1);
  const drawn = clouds.map(({ series, name, points, mean }) => {
    const color = seriesColor(series);
    const dots = points
      .filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y))
      .map(
        (point) =>
          html`<circle
            cx="${at(x.place(point.x))}"
            cy="${at(y.place(point.y))}"
            r="2.6"
            fill="${color}"
            fill-opacity=".45"
          >
            <title>${name}, ${point.name}: ${point.x.toPrecision(4)}, ${point.y.toPrecision(4)}</title>
          </circle>`,
      );
    const [cx, cy] = [at(x.place(mean.x.mean)), at(y.place(mean.y.mean))];
    return html`${dots}
      <g stroke="${color}" stroke-width="2.2">
        <line x1="${at(x.place(mean.x.low))}" x2="${at(x.place(mean.x.high))}" y1="${cy}" y2="${cy}" />
        <line x1="${cx}" x2="${cx}" y1="${at(y.place(mean.y.low))}" y2="${at(y.place(mean.y.high))}" />
        <circle cx="${cx}" cy="${cy}" r="5" fill="${color}">
          <title>${name}, mean: ${mean.x.mean.toPrecision(4)}, ${mean.y.mean.toPrecision(4)}</title>
        </circle>
      </g>`;
  });
  const caption = `${titles.x} against ${titles.y}`;
  return html`<figure>
    ${chart(caption, html`${axes(x, y, titles)}${drawn}`)}
    <figcaption>${caption}</figcaption>
  </figure>`;
}
