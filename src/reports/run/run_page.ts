/** @file Reports of runs: the page. */
import { formatDuration } from '../../training/progress.js';
import { html, type Html } from '../pages/html.js';
import { lineChart } from '../pages/line_chart.js';
import { renderPage, type Section } from '../pages/page.js';
import { legend, seriesDot } from '../pages/series.js';
import { table, type Row } from '../pages/table.js';
import { configRows } from './config_table.js';
import { chartGroups, type ChartGroup } from './curves.js';
import type { RunRecord } from './read_run.js';

/** A sample grid that is on the page. */
export interface ShownGrid {
  readonly run: string;
  readonly iteration: number;
  /** Data URI. */
  readonly uri: string;
}

const VALIDATION = 'validation/';

function median(values: readonly number[]): number {
  const ascending = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  return ascending[Math.floor(ascending.length / 2)] ?? NaN;
}

function valuesOf({ stats }: RunRecord, key: string): number[] {
  return stats.flatMap((record) => record[key] ?? []);
}

const shown = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? '–' : String(Number(value.toPrecision(4)));

function summary(runs: readonly RunRecord[]): Html {
  const metrics = [...new Set(runs.flatMap(({ stats }) => stats.flatMap((record) => Object.keys(record))))].filter(
    (key) => key.startsWith(VALIDATION) && key.split('/').length === 2,
  );
  const rows = runs.map((run, index): Row => {
    const { stats, config, name } = run;
    const seconds = valuesOf(run, 'seconds').reduce((sum, value) => sum + value, 0);
    const peak = Math.max(...valuesOf(run, 'memory/peakMb'));
    return {
      cells: [
        { content: html`${seriesDot(index)}${name}` },
        { content: String((config as { method?: unknown }).method) },
        { content: stats.at(-1)!.iteration },
        { content: formatDuration(seconds) },
        { content: shown(median(valuesOf(run, 'imagesPerSecond'))) },
        { content: shown(peak) },
        ...metrics.map((key) => {
          const [last, teacher] = [
            valuesOf(run, key).at(-1),
            valuesOf(run, key.replace(VALIDATION, `${VALIDATION}teacher/`))[0],
          ];
          const beside = teacher !== undefined && html`<span class="range">teacher ${shown(teacher)}</span>`;
          return { content: html`${shown(last)}${beside}` };
        }),
      ],
    };
  });
  const headings = ['run', 'method', 'iterations', 'time', 'images/s, median', 'peak MiB', ...metrics];
  return table(
    headings.map((content) => ({ content: content.replace(VALIDATION, 'last ') })),
    rows,
  );
}

function charts({ charts: all }: ChartGroup): Html {
  return html`<div class="charts">${all.map(({ key, curves }) => lineChart(key, curves))}</div>`;
}

const cell = (value: unknown): string => (value === undefined ? '–' : JSON.stringify(value));

function configTable(runs: readonly RunRecord[]): Html {
  const rows = configRows(runs.map(({ config }) => config)).map(({ key, values }): Row => ({
    cells: [
      { content: html`<code>${key}</code>` },
      ...values.map((value) => ({ content: html`<code>${cell(value)}</code>`, kind: 'text' as const })),
    ],
  }));
  if (rows.length === 0) return html`<p>None.</p>`;
  return table([{ content: 'key' }, ...runs.map(({ name }) => ({ content: name, kind: 'text' as const }))], rows);
}

function gridFigures(grids: readonly ShownGrid[]): Html {
  return html`${grids.map(
    ({ run, iteration, uri }) =>
      html`<h3>${run}, iteration ${iteration}</h3>
        <img class="whole" src="${uri}" alt="sample grid of ${run} after iteration ${iteration}" />`,
  )}`;
}

/** The whole page, self-contained. */
export function runPage(runs: readonly RunRecord[], grids: readonly ShownGrid[], title: string): string {
  const sections: (Section | false)[] = [
    { id: 'summary', heading: 'Summary', body: summary(runs) },
    ...chartGroups(runs).map((group) => ({ id: group.id, heading: group.heading, body: charts(group) })),
    grids.length > 0 && { id: 'grids', heading: 'Samples over time', body: gridFigures(grids) },
    {
      id: 'config',
      heading: runs.length > 1 ? 'Settings that differ' : 'Settings that are not the defaults',
      body: configTable(runs),
    },
  ];
  return renderPage({
    title,
    lead: html`${legend(runs.map(({ name }) => name))}
      <p class="note">
        Where a curve is drawn twice, pale is every iteration and strong the exponential average over about a thirtieth
        of the run. Dashed: the teacher.
      </p>`,
    sections: sections.filter((section) => section !== false),
  });
}
