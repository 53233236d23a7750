/** @file Evaluation: every model's images through every metric. */
import { decodePhoto } from '../data/decode.js';
import { UserError } from '../errors/user_error.js';
import { fromRgb8, type Pixels } from '../images/pixels.js';
import type { ImageMetric, Measure, SetMetric } from '../metrics/metric.js';
import { imageHeader } from '../restore/decode_image.js';
import { WorkProgress } from '../restore/work_progress.js';
import type { ImageSet } from './image_sets.js';
import { fingerprint, type ScoreStore } from './scores.js';

/** A metric that was chosen, with the files of its weights. */
export interface ChosenMetric<M> {
  readonly name: string;
  readonly metric: M;
  readonly weights?: readonly string[];
}

/** What is measured. */
export interface MeasureTask {
  /** Restored images of each model; all sets have the names of `originals`, if there are any, else of each other. */
  readonly restored: ReadonlyMap<string, ImageSet>;
  readonly originals?: ImageSet;
  readonly metrics: readonly ChosenMetric<ImageMetric>[];
  readonly store: ScoreStore;
  readonly signal: AbortSignal;
  /** Is told after each image. */
  readonly onProgress?: (done: MeasureProgress) => void;
}

export interface MeasureProgress {
  readonly metric: string;
  readonly percent: number;
  readonly secondsLeft: number | undefined;
}

/** Numbers by metric, then model, in the order of the images. */
export type Measured = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

async function read(file: string): Promise<Pixels> {
  try {
    return fromRgb8(await decodePhoto(file));
  } catch (error) {
    throw new UserError('cannot be decoded as an image', { file, found: (error as Error).message }, { cause: error });
  }
}

/** One number that has to be measured. */
interface Job {
  readonly model: string;
  readonly image: string;
  readonly file: string;
  readonly original?: string;
  readonly inputs: string;
}

async function jobsOf(
  { restored, originals }: MeasureTask,
  { metric, weights = [] }: ChosenMetric<ImageMetric>,
): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const [model, set] of restored) {
    for (const [image, file] of set) {
      const original = metric.needsReference ? originals!.get(image)! : undefined;
      jobs.push({
        model,
        image,
        file,
        original,
        inputs: await fingerprint([file, ...(original ? [original] : []), ...weights]),
      });
    }
  }
  return jobs;
}

const pixelsOf = async (file: string): Promise<number> => {
  const { width, height } = await imageHeader(file, { orient: true });
  return width * height;
};

/**
 * Measures what the store does not have yet, one metric after another, so that one network at a time is in memory.
 * @throws UserError if an image cannot be read, or a metric not be loaded or applied; the signal's reason if it aborts.
 */
export async function measureImages(task: MeasureTask): Promise<Measured> {
  const { metrics, store } = task;
  const plans = await Promise.all(metrics.map(async (chosen) => ({ chosen, jobs: await jobsOf(task, chosen) })));
  const open = plans.map(({ chosen, jobs }) =>
    jobs.filter(({ model, image, inputs }) => store.find({ model, image, metric: chosen.name }, inputs) === undefined),
  );
  const progress = new WorkProgress(await Promise.all(open.flat().map(({ file }) => pixelsOf(file))));
  for (const [index, { chosen }] of plans.entries()) {
    if (open[index]!.length > 0) await measureJobs(task, chosen, open[index]!, progress);
  }
  return new Map(plans.map(({ chosen, jobs }) => [chosen.name, collected(chosen.name, jobs, task)]));
}

async function measureJobs(
  { store, signal, onProgress }: MeasureTask,
  { name, metric, weights }: ChosenMetric<ImageMetric>,
  jobs: readonly Job[],
  progress: WorkProgress,
): Promise<void> {
  const measure = await metric.load({ weights });
  try {
    for (const job of jobs) {
      signal.throwIfAborted();
      const { model, image, inputs } = job;
      await store.add({ model, image, metric: name, value: await measureOne(measure, job) }, inputs);
      progress.next('restored');
      onProgress?.({ metric: metric.title, percent: progress.percent, secondsLeft: progress.secondsLeft });
    }
  } finally {
    measure.dispose();
  }
}

async function measureOne(measure: Measure, { file, original }: Job): Promise<number> {
  const images = [await read(file), original ? await read(original) : undefined] as const;
  try {
    return await measure.measure(...images);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(error.message, { file }, { cause: error });
    throw error;
  }
}

function collected(metric: string, jobs: readonly Job[], { restored, store }: MeasureTask): Map<string, number[]> {
  const values = new Map([...restored.keys()].map((model) => [model, [] as number[]]));
  for (const { model, image, inputs } of jobs) values.get(model)!.push(store.find({ model, image, metric }, inputs)!);
  return values;
}

/** One number for each model of metrics that compare whole sets. @throws UserError as {@link measureImages}. */
export async function measureSets(
  { restored, originals, signal, onProgress }: MeasureTask,
  metrics: readonly ChosenMetric<SetMetric>[],
): Promise<Map<string, Map<string, number>>> {
  const results = new Map<string, Map<string, number>>();
  const images = [...restored.values()].reduce((sum, set) => sum + set.size, 0);
  const progress = new WorkProgress(Array.from({ length: images * metrics.length }, () => 1));
  for (const { name, metric, weights } of metrics) {
    const values = new Map<string, number>();
    for (const [model, set] of restored) {
      const measure = await metric.load({ weights });
      try {
        for (const [image, file] of set) {
          signal.throwIfAborted();
          await measure.addRestored(await read(file));
          await measure.addReference(await read(originals!.get(image)!));
          progress.next('restored');
          onProgress?.({ metric: metric.title, percent: progress.percent, secondsLeft: progress.secondsLeft });
        }
        values.set(model, measure.result());
      } finally {
        measure.dispose();
      }
    }
    results.set(name, values);
  }
  return results;
}
