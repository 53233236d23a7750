/** @file What the study measures: restorations of held-out photos, and by which metrics. */
import type { DataConfig } from '../../src/config/schema.js';
import { hasOriginal, loadValidationSet, type ValidationPair } from '../../src/data/validation_set.js';
import { UserError } from '../../src/errors/user_error.js';
import type { Picture } from '../../src/images/picture.js';
import type { Pixels } from '../../src/images/pixels.js';
import type { Measure } from '../../src/metrics/metric.js';
import { throughFile } from '../../src/metrics/planes.js';
import { imageMetrics } from '../../src/metrics/registry.js';
import type { Contender } from '../quickstart/contenders.js';

/** Metrics of the study, as the registry names them. */
export const STUDY_METRICS = ['psnr', 'ssim', 'st-lpips-alex', 'niqe'] as const;
export type StudyMetric = (typeof STUDY_METRICS)[number];

/** A value for each photo. */
export type PhotoScores = Readonly<Record<StudyMetric, readonly number[]>>;

const toUnit = ({ height, width, data }: Picture): Pixels => ({ height, width, data: data.map((v) => v * 0.5 + 0.5) });

/** Held-out photos with their metrics loaded. */
export class StudyPhotos {
  private constructor(
    private readonly pairs: readonly ValidationPair[],
    private readonly measures: Readonly<Record<StudyMetric, Measure>>,
  ) {}

  /** @param side Of the centre crops, pixels. @throws UserError if there are no photos. */
  static async open(data: DataConfig, side: number): Promise<StudyPhotos> {
    const pairs = (await loadValidationSet({ ...data, gtSize: side })).filter(hasOriginal);
    if (pairs.length === 0) throw new UserError('the study needs held-out photos', { key: 'data.validation.hr' });
    const loaded = STUDY_METRICS.map(async (name) => [name, await imageMetrics[name].load()] as const);
    return new StudyPhotos(pairs, Object.fromEntries(await Promise.all(loaded)) as Record<StudyMetric, Measure>);
  }

  get names(): string[] {
    return this.pairs.map(({ name }) => name);
  }

  /** Scores of 8-bit restorations. */
  async scores(contender: Contender): Promise<PhotoScores> {
    const restorer = await contender.open();
    const values = Object.fromEntries(STUDY_METRICS.map((name) => [name, [] as number[]]));
    try {
      for (const { lq, hr } of this.pairs) {
        const restored = throughFile(toUnit(await restorer.restore(lq)));
        const original = throughFile(toUnit(hr));
        for (const name of STUDY_METRICS) {
          const reference = imageMetrics[name].needsReference ? original : undefined;
          values[name]!.push(await this.measures[name].measure(restored, reference));
        }
      }
    } finally {
      restorer.dispose();
    }
    return values as Record<StudyMetric, number[]>;
  }

  dispose(): void {
    for (const measure of Object.values(this.measures)) measure.dispose();
  }
}
