/** @file The metrics of a run's validation: fidelity, and what `train.validationMetrics` names. */
import type { RunConfig } from '../config/schema.js';
import type { HostArray } from '../engine/host_array.js';
import { UserError } from '../errors/user_error.js';
import type { Measure } from '../metrics/metric.js';
import { throughFile } from '../metrics/planes.js';
import { imageMetrics } from '../metrics/registry.js';
import { fidelity, toPixels } from './validation_metrics.js';

type TrainConfig = Pick<RunConfig['train'], 'validationMetrics' | 'metricWeights'>;

/** Loaded metrics; their networks stay resident, in engines of their own. */
export class ValidationMeasures {
  private readonly named = new Map<TrainConfig['validationMetrics'][number], Measure>();

  /** @throws UserError if weights do not fit. */
  static async load({ validationMetrics, metricWeights }: TrainConfig): Promise<ValidationMeasures> {
    const measures = new ValidationMeasures();
    const files: Readonly<Record<string, string | string[] | undefined>> = metricWeights;
    try {
      for (const name of validationMetrics) {
        const weights = files[name];
        measures.named.set(name, await imageMetrics[name].load(weights === undefined ? {} : { weights }));
      }
    } catch (error) {
      measures.dispose();
      throw error;
    }
    return measures;
  }

  /**
   * Measures an image against itself: what a metric cannot measure is known before the training and not after it.
   * @param image [1,H,W,3] in [-1,1].
   * @throws UserError if it is too small or too large for a metric.
   */
  async tryOn(image: HostArray): Promise<void> {
    try {
      await this.measureNamed(image, image);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`the first held-out image cannot be measured: ${error.message}`, {
        key: 'train.validationMetrics',
        remedy: 'Raise data.gtSize or leave the metric out',
      });
    }
  }

  /** Metrics of one restoration, both [1,H,W,3] in [-1,1]; the named ones of the image as an 8-bit file would hold it. */
  async measure(truth: HostArray, restored: HostArray): Promise<Record<string, number>> {
    return { ...fidelity(truth, restored), ...(await this.measureNamed(truth, restored)) };
  }

  dispose(): void {
    for (const measure of this.named.values()) measure.dispose();
    this.named.clear();
  }

  private async measureNamed(truth: HostArray, restored: HostArray): Promise<Record<string, number>> {
    if (this.named.size === 0) return {};
    const [original, image] = [throughFile(toPixels(truth)), throughFile(toPixels(restored))];
    const values: Record<string, number> = {};
    for (const [name, measure] of this.named) {
      values[name] = await measure.measure(image, imageMetrics[name].needsReference ? original : undefined);
    }
    return values;
  }
}
