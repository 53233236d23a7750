/** @file `rsd-eval`: carries a plan out. It imports TensorFlow, so that the device must have been selected before. */
import path from 'node:path';
import { chooseMetrics } from '../evaluation/chosen_metrics.js';
import { evaluate, REPORT_FILES } from '../evaluation/evaluate.js';
import { imageSet, requirePartners, requireSizes, type ImageSet } from '../evaluation/image_sets.js';
import type { MeasureProgress } from '../evaluation/measure.js';
import { reducedPairs } from '../evaluation/reduced_pairs.js';
import type { EvaluationReport } from '../evaluation/report.js';
import { formatDuration } from '../training/progress.js';
import type { EvalOptions } from './eval_arguments.js';
import { notesOf, type EvalPlan } from './eval_plan.js';
import { restoreModels } from './eval_restore.js';
import type { Logger } from './log.js';

/** Of the models here and of the published ones. */
const SCALE = 4;
const EXIT_SOME_FAILED = 1;
/** Seconds between two lines of progress. */
const REPORT_EVERY = 10;
const MEGABYTE = 2 ** 20;

/**
 * Restores, measures and writes the report.
 * @returns The program's exit code.
 * @throws UserError about what is wrong with images, models or metrics; the signal's reason if it aborts.
 */
export async function runEvaluation(plan: EvalPlan, log: Logger, signal: AbortSignal): Promise<number> {
  const { args, folders, models, dataset, settings } = plan;
  const metrics = chooseMetrics({
    named: args.metrics?.split(',').map((name) => name.trim()),
    protocol: dataset?.metrics,
    weights: plan.metricWeights,
    hasOriginals: args.hr !== undefined,
  });
  for (const note of metrics.notes) log.warn(note);
  const { originals, inputs } = await readSets(args);
  const restored = new Map<string, ImageSet>();
  for (const [name, folder] of folders) restored.set(name, await imageSet(folder, '--restored'));
  if (models.size > 0) {
    const folder = path.join(args.output, 'restored');
    const { sets, failed } = await restoreModels({ models, inputs: inputs!, folder, settings, log, signal });
    if (failed > 0) {
      log.error(`${failed} images could not be restored: models are compared when they have all of them`);
      return EXIT_SOME_FAILED;
    }
    for (const [name, set] of sets) restored.set(name, set);
  }
  await checkRestored(restored, originals ?? [...restored.values()][0]!, args.hr ?? 'the first folder');
  const report = await evaluate({
    title: plan.title,
    output: args.output,
    files: { restored, originals, inputs, scale: SCALE },
    metrics,
    notes: notesOf(plan),
    limits: { images: args.gallery, bytes: args['page-mb'] * MEGABYTE },
    seed: args['stats-seed'],
    published: dataset?.published,
    signal,
    onProgress: progressLines(log),
  });
  logMeans(report, log);
  log.info(`wrote ${path.join(args.output, REPORT_FILES.page)}`);
  return 0;
}

/** Originals and inputs, those that there are; their names and sizes fit. */
async function readSets({ hr, lr, crop, output, 'make-lr': makeLr }: EvalOptions) {
  const originals = hr === undefined ? undefined : await imageSet(hr, '--hr');
  if (makeLr) return reducedPairs(originals!, { scale: SCALE, side: crop, folder: output });
  const inputs = lr === undefined ? undefined : await imageSet(lr, '--lr');
  if (originals && inputs) {
    requirePartners(inputs, originals, { folder: lr!, other: hr! });
    await requireSizes(inputs, originals, SCALE);
  }
  return { originals, inputs };
}

async function checkRestored(restored: ReadonlyMap<string, ImageSet>, others: ImageSet, named: string): Promise<void> {
  for (const [name, set] of restored) {
    requirePartners(set, others, { folder: name, other: named });
    await requireSizes(set, others, 1);
  }
}

function progressLines(log: Logger): (progress: MeasureProgress) => void {
  let reported = performance.now();
  return ({ metric, percent, secondsLeft }) => {
    if (performance.now() - reported < REPORT_EVERY * 1000) return;
    reported = performance.now();
    log.info(`${metric}: ${Math.floor(percent)} % of all, ETA ${formatDuration(secondsLeft ?? 0)}`);
  };
}

function logMeans({ models, metrics, means, setMetrics, setScores }: EvaluationReport, log: Logger): void {
  for (const model of models) {
    const numbers = [
      ...metrics.map(({ name, title }) => [title, means[name]![model]!.mean] as const),
      ...setMetrics.map(({ name, title }) => [title, setScores[name]![model]!] as const),
    ];
    log.info(`${model}: ${numbers.map(([title, value]) => `${title} ${value.toPrecision(5)}`).join(', ')}`);
  }
}
