/** @file Validation: metrics of what a method restores of held-out pairs. */
import type { HostArray } from '../engine/host_array.js';
import type { Engine, Executable } from '../engine/types.js';
import type { HeldOutImage, Restoration } from '../methods/method.js';
import type { ResidentPerceptual } from '../models/resident_perceptual.js';
import type { ValidationMeasures } from './validation_measures.js';
import { MetricMeans } from './validation_metrics.js';

/** A held-out image that a restoration can be compared with. */
export type ValidationPair = HeldOutImage & { readonly hr: HostArray };

/** Measures restorations: by the validation's metrics, and by the run's own perceptual distance where it has one. */
export class Validation {
  private readonly distances = new Map<string, Executable>();

  constructor(
    private readonly engine: Engine,
    private readonly measures: ValidationMeasures,
    private readonly perceptual?: ResidentPerceptual,
  ) {}

  /** Means over the pairs. */
  async measure({ restore }: Restoration, pairs: readonly ValidationPair[]): Promise<Record<string, number>> {
    const metrics = new MetricMeans();
    for (const pair of pairs) {
      const restored = await restore(pair);
      metrics.add(await this.measures.measure(pair.hr, restored));
      if (this.perceptual) metrics.add({ perceptual: await this.distance(this.perceptual, restored, pair.hr) });
    }
    return metrics.means();
  }

  private async distance(perceptual: ResidentPerceptual, restored: HostArray, hr: HostArray): Promise<number> {
    const size = hr.shape.join('x');
    const program =
      this.distances.get(size) ??
      this.engine.prepare({
        name: `perceptual distance ${size}`,
        inputs: { restored: { shape: hr.shape, dtype: 'float32' }, hr: { shape: hr.shape, dtype: 'float32' } },
        body: (inputs, state) => ({ distance: perceptual.distance(state, inputs['restored']!, inputs['hr']!) }),
      });
    this.distances.set(size, program);
    return (await program.run({ restored, hr }))['distance']!.data[0]!;
  }
}
