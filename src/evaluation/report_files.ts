/** @file Evaluation: its numbers as CSV and JSON files. */
import type { EvaluationReport } from './report.js';

/** JSON knows no infinity and no NaN: they become the texts "Infinity", "-Infinity" and "NaN". */
function jsonNumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** The whole report. */
export function reportJson(report: EvaluationReport): string {
  return `${JSON.stringify(report, jsonNumber, 1)}\n`;
}

const field = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** One line an image and model (RFC 4180), numbers to the last bit; the first lines, `avg`, have each model's means. */
export function perImageCsv({ models, images, metrics, scores, means }: EvaluationReport): string {
  const line = (image: string, model: string, value: (metric: string) => number): string =>
    [field(image), field(model), ...metrics.map(({ name }) => String(value(name)))].join(',');
  const lines = [
    ['image', 'model', ...metrics.map(({ name }) => name)].join(','),
    ...models.map((model) => line('avg', model, (metric) => means[metric]![model]!.mean)),
    ...images.flatMap((image, index) =>
      models.map((model) => line(image, model, (metric) => scores[metric]![model]![index]!)),
    ),
  ];
  return lines.map((text) => `${text}\r\n`).join('');
}

/** One object an image: its name, and its numbers by model and metric. */
export function perImageJson({ models, images, metrics, scores }: EvaluationReport): string {
  const entries = images.map((image, index) => {
    const numbers = (model: string): [string, number][] =>
      metrics.map(({ name }) => [name, scores[name]![model]![index]!]);
    return { image, scores: Object.fromEntries(models.map((model) => [model, Object.fromEntries(numbers(model))])) };
  });
  return `${JSON.stringify(entries, jsonNumber, 1)}\n`;
}
