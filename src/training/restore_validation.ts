/** @file Validation of networks that restore images: held-out pairs through a pass, metrics of the results. */
import type { Engine, Executable, HostArray } from '../engine/types.js';
import { contentHash, pictureNoise } from '../diffusion/picture_noise.js';
import type { Pass } from '../teacher/pass.js';
import type { Picture } from '../images/picture.js';
import type { HeldOutImage, ValidationPair, ValidationResult } from '../methods/method.js';
import type { ResidentPerceptual } from '../models/resident_perceptual.js';
import type { ValidationMeasures } from './validation_measures.js';
import { MetricMeans } from './validation_metrics.js';

/** Restorations of different iterations and runs get the same noise. */
const VALIDATION_SEED = 0;

const toPicture = ({ shape, data }: HostArray): Picture => ({
  height: shape[1]!,
  width: shape[2]!,
  data: data as Float32Array,
});

/** Restores one held-out image, [1,H,W,3] in [-1,1] (clamped). */
export async function restorePair(pass: Pass, { lq }: HeldOutImage): Promise<HostArray> {
  const picture = toPicture(lq);
  const noise = pictureNoise(VALIDATION_SEED, contentHash(picture));
  const [restored] = await pass.run([picture], [noise], () => undefined);
  const { height, width, data } = restored!;
  return { shape: [1, height, width, 3], data: data.map((value) => Math.min(1, Math.max(-1, value))) };
}

/** Metrics of restorations: the validation's, and the run's own perceptual distance where it has one. */
export class RestoreValidation {
  private readonly distances = new Map<string, Executable>();

  constructor(
    private readonly engine: Engine,
    private readonly measures: ValidationMeasures,
    private readonly perceptual?: ResidentPerceptual,
  ) {}

  async validate(pass: Pass, pairs: readonly ValidationPair[]): Promise<ValidationResult> {
    const metrics = new MetricMeans();
    for (const pair of pairs) {
      const restored = await restorePair(pass, pair);
      metrics.add(await this.measures.measure(pair.hr, restored));
      if (this.perceptual) metrics.add({ perceptual: await this.distance(restored, pair.hr) });
    }
    return { metrics: metrics.means() };
  }

  private async distance(restored: HostArray, hr: HostArray): Promise<number> {
    const size = hr.shape.join('x');
    const program =
      this.distances.get(size) ??
      this.engine.prepare({
        name: `perceptual distance ${size}`,
        inputs: { restored: { shape: hr.shape, dtype: 'float32' }, hr: { shape: hr.shape, dtype: 'float32' } },
        body: (inputs, state) => ({
          distance: this.perceptual!.distance(state, inputs['restored']!, inputs['hr']!),
        }),
      });
    this.distances.set(size, program);
    return (await program.run({ restored, hr }))['distance']!.data[0]!;
  }
}
