/** @file Evaluation: restored images to numbers, tables and a page in one folder. */
import path from 'node:path';
import { writeFileDurably } from '../files/durable_file.js';
import type { MetricDescription } from '../metrics/metric.js';
import type { MetricChoice } from './chosen_metrics.js';
import { evaluationPage } from './evaluation_page.js';
import { createGallery, type GalleryFiles, type GalleryLimits } from './gallery.js';
import { measureImages, measureSets, type ChosenMetric, type MeasureProgress } from './measure.js';
import type { PublishedTable } from './published.js';
import { createReport, type EvaluationReport, type ReportMetric } from './report.js';
import { perImageCsv, perImageJson, reportJson } from './report_files.js';
import { ScoreStore } from './scores.js';

/** What is evaluated. */
export interface EvaluationTask {
  readonly title: string;
  /** Folder for everything; numbers that it has already are not measured again. */
  readonly output: string;
  readonly files: GalleryFiles;
  readonly metrics: MetricChoice;
  /** How it was done, for the page. */
  readonly notes: readonly string[];
  readonly limits: GalleryLimits;
  /** Of the bootstrap and the permutation test. */
  readonly seed: number;
  readonly published?: PublishedTable;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: MeasureProgress) => void;
}

/** Names of the files that {@link evaluate} writes. */
export const REPORT_FILES = { page: 'index.html', report: 'report.json', csv: 'per_image.csv', json: 'per_image.json' };

function column({ name, metric }: ChosenMetric<MetricDescription>): ReportMetric {
  return { name, title: metric.title, direction: metric.direction };
}

/**
 * Measures, summarises and writes {@link REPORT_FILES}.
 * @throws UserError if an image cannot be read or a metric not be applied.
 */
export async function evaluate(task: EvaluationTask): Promise<EvaluationReport> {
  const { title, output, files, metrics, notes, limits, seed, signal, onProgress } = task;
  const { restored, originals } = files;
  const store = await ScoreStore.open(path.join(output, 'scores.jsonl'));
  const measuring = { restored, originals, metrics: metrics.images, store, signal, onProgress };
  const report = createReport({
    title,
    models: [...restored.keys()],
    images: [...[...restored.values()][0]!.keys()],
    metrics: metrics.images.map(column),
    measured: await measureImages(measuring),
    setMetrics: metrics.sets.map(column),
    setMeasured: await measureSets(measuring, metrics.sets),
    notes: [...notes, ...metrics.notes],
    seed,
  });
  const gallery = await createGallery(report, files, limits);
  const contents = {
    [REPORT_FILES.csv]: perImageCsv(report),
    [REPORT_FILES.json]: perImageJson(report),
    [REPORT_FILES.report]: reportJson(report),
    [REPORT_FILES.page]: evaluationPage(report, gallery, task.published),
  };
  for (const [name, content] of Object.entries(contents)) await writeFileDurably(path.join(output, name), content);
  return report;
}
