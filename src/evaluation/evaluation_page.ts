/** @file Evaluation: its page. */
import { html, type Html } from '../reports/pages/html.js';
import { renderPage, type Section } from '../reports/pages/page.js';
import { scatter, type Cloud } from '../reports/pages/scatter.js';
import { legend, seriesDot } from '../reports/pages/series.js';
import { slider, SLIDER_SCRIPT, SLIDER_STYLE, type SliderOptions } from '../reports/pages/slider.js';
import { table, type Cell, type Row } from '../reports/pages/table.js';
import { formatValue } from './format_value.js';
import type { CropRow, Gallery } from './gallery.js';
import type { PublishedTable } from './published.js';
import type { EvaluationReport, ReportMetric } from './report.js';

/** Charts at most; the first metric against each of the others. */
const MOST_CHARTS = 6;
/** Per-image tables longer than this are left to the CSV file. */
const MOST_ROWS = 300;
const SIGNIFICANT = 0.05;
/** With so many images or fewer, the sign-flip test cannot tell much apart, whatever the differences. */
const FEW_IMAGES = 8;

const arrow = ({ direction }: ReportMetric): string => (direction === 'higher' ? '↑' : '↓');
const heading = (metric: ReportMetric): Cell => ({ content: `${metric.title} ${arrow(metric)}` });

/** The best of finite values, by a metric's direction. */
function bestOf({ direction }: ReportMetric, values: readonly number[]): number {
  return direction === 'higher' ? Math.max(...values) : Math.min(...values);
}

function meansTable(report: EvaluationReport, published: PublishedTable | undefined): Html {
  const { models, metrics, means, setMetrics, setScores } = report;
  const columns = [...metrics, ...setMetrics];
  const valueOf = (metric: string, model: string): number => means[metric]?.[model]?.mean ?? setScores[metric]![model]!;
  const rows: Row[] = models.map((model, index) => ({
    cells: [
      { content: html`${seriesDot(index)}${model}` },
      ...columns.map((metric): Cell => {
        const value = valueOf(metric.name, model);
        const estimate = means[metric.name]?.[model];
        const best =
          models.length > 1 &&
          value ===
            bestOf(
              metric,
              models.map((other) => valueOf(metric.name, other)),
            );
        const range =
          estimate && html`<span class="range">${formatValue(estimate.low)} … ${formatValue(estimate.high)}</span>`;
        return { content: html`${formatValue(value)}${range}`, kind: best ? 'best' : undefined };
      }),
    ],
  }));
  const theirs: Row[] = (published?.rows ?? []).map(({ method, values }) => ({
    published: true,
    cells: [
      { content: `${method} (published)` },
      ...columns.map(({ name }) => ({ content: values[name] === undefined ? '–' : formatValue(values[name]) })),
    ],
  }));
  return html`${table([{ content: 'model' }, ...columns.map(heading)], [...rows, ...theirs])}
    <p class="note">
      Mean over ${report.images.length} images; below it the 95 % interval of the bootstrap over images
      (${report.resamples} resamples). Best in bold. ↑ higher is better, ↓ lower is better.
      ${published && `Published numbers: ${published.source}.`}
    </p>`;
}

function differencesTable({ differences, metrics, images }: EvaluationReport): Html {
  const rows = differences.map(({ metric, first, second, difference, p, corrected }): Row => {
    const described = metrics.find(({ name }) => name === metric)!;
    const better = difference.mean > 0 === (described.direction === 'higher') ? first : second;
    return {
      cells: [
        { content: `${first} − ${second}` },
        { content: described.title },
        {
          content: html`${formatValue(difference.mean)}<span class="range"
              >${formatValue(difference.low)} … ${formatValue(difference.high)}</span
            >`,
        },
        { content: p.toPrecision(2) },
        { content: corrected.toPrecision(2) },
        { content: corrected < SIGNIFICANT ? `${better} is better` : 'not told apart', kind: 'text' },
      ],
    };
  });
  const headings = ['models', 'metric', 'difference', 'p', 'p, corrected'].map((content) => ({ content }));
  return html`${table([...headings, { content: 'verdict', kind: 'text' }], rows)}
    <p class="note">
      Differences image by image, with the bootstrap's 95 % interval. p: paired sign-flip test, two-sided; corrected for
      all rows of this table by Holm's method. A verdict is given below ${SIGNIFICANT} after correction. It is about
      images like these and says nothing about the size of a difference.
      ${images.length <= FEW_IMAGES && `With ${images.length} images, p is never below ${(2 / 2 ** images.length).toPrecision(2)}.`}
    </p>`;
}

function charts({ models, metrics, images, scores, means }: EvaluationReport): Html {
  const [first, ...others] = metrics;
  const cloud = (model: string, series: number, other: string): Cloud => ({
    series,
    name: model,
    points: images.map((name, index) => ({
      x: scores[first!.name]![model]![index]!,
      y: scores[other]![model]![index]!,
      name,
    })),
    mean: { x: means[first!.name]![model]!, y: means[other]![model]! },
  });
  const drawn = others.slice(0, MOST_CHARTS).map((other) =>
    scatter(
      { x: `${first!.title} ${arrow(first!)}`, y: `${other.title} ${arrow(other)}` },
      models.map((model, series) => cloud(model, series, other.name)),
    ),
  );
  return html`${legend(models)}
    <div class="charts">${drawn}</div>
    <p class="note">One point an image; the large one is the mean, its cross the 95 % interval.</p>`;
}

function cropRow({ image, left, top, versions }: CropRow): Html {
  const figures = versions.map(
    ({ name, uri }) =>
      html`<figure>
        <img class="pixels" src="${uri}" alt="${name}" />
        <figcaption>${name}</figcaption>
      </figure>`,
  );
  return html`<h3>${image} <span class="soft">at ${left}, ${top}</span></h3>
    <div class="pictures">${figures}</div>`;
}

function imageCards(sliders: readonly SliderOptions[], all: number): Html {
  const cards = sliders.map(
    (options) =>
      html`<div>
        <h3>${options.name}</h3>
        ${slider(options)}
      </div>`,
  );
  return html`<p class="note">
      ${sliders.length} of ${all} images, those on which the models differ most first. Drag the line, or use the arrow
      keys.
    </p>
    <div class="cards">${cards}</div>`;
}

function perImageTable({ models, metrics, images, scores }: EvaluationReport): Html {
  if (images.length * models.length > MOST_ROWS) return html`<p>Too many for this page: see per_image.csv.</p>`;
  const rows = images.flatMap((image, index) =>
    models.map((model, series): Row => {
      const values = metrics.map(({ name }) => ({ content: formatValue(scores[name]![model]![index]!) }));
      return { cells: [{ content: image }, { content: html`${seriesDot(series)}${model}`, kind: 'text' }, ...values] };
    }),
  );
  return html`<details>
    <summary>${images.length} images, ${models.length} models</summary>
    ${table([{ content: 'image' }, { content: 'model', kind: 'text' }, ...metrics.map(heading)], rows)}
  </details>`;
}

/** The whole page, self-contained. */
export function evaluationPage(report: EvaluationReport, gallery: Gallery, published?: PublishedTable): string {
  const { models, metrics, images, notes } = report;
  const sections: (Section | false)[] = [
    { id: 'means', heading: 'Averages', body: meansTable(report, published) },
    models.length > 1 &&
      metrics.length > 0 && { id: 'differences', heading: 'Differences', body: differencesTable(report) },
    metrics.length > 1 && { id: 'scatter', heading: 'Metrics against each other', body: charts(report) },
    gallery.crops.length > 0 && {
      id: 'crops',
      heading: models.length > 1 ? 'Where models differ most' : 'Where the model is farthest from the original',
      body: html`${gallery.crops.map(cropRow)}`,
    },
    gallery.sliders.length > 0 && {
      id: 'images',
      heading: 'Images',
      body: imageCards(gallery.sliders, images.length),
    },
    metrics.length > 0 && { id: 'per-image', heading: 'All images', body: perImageTable(report) },
    {
      id: 'how',
      heading: 'How it was measured',
      body: html`<ul>
        ${notes.map((note) => html`<li>${note}</li>`)}
      </ul>`,
    },
  ];
  return renderPage({
    title: report.title,
    lead: html`<p>${models.length === 1 ? 'One model' : `${models.length} models`} on ${images.length} images.</p>`,
    sections: sections.filter((section) => section !== false),
    styles: [SLIDER_STYLE],
    scripts: [SLIDER_SCRIPT],
  });
}
