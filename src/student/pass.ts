/** @file Pictures through a student, in one step or at each timestep that it was trained at. */
import { firstStageOf } from '../autoencoder/first_stage.js';
import type { StepSampler } from '../diffusion/step_samplers.js';
import type { HostArray } from '../engine/host_array.js';
import type { Tensor } from '../engine/tfjs.js';
import type { Engine, Executable } from '../engine/types.js';
import { walkPass, type Pass } from '../teacher/pass.js';
import { batchSize, draw, toArray, toPictures } from '../teacher/picture_batch.js';
import {
  float,
  generatorNoiseShape,
  imageShape,
  latentShape,
  oncePerSize,
  sizeName,
  UNET_GROUP,
  type BatchSize,
  type RestorationModel,
} from '../teacher/restoration_model.js';
import { restoreOneStep } from './generate.js';
import { studentWalk } from './walk.js';

interface OneStepInputs {
  readonly lq: Tensor;
  readonly noise: Tensor;
  readonly eps?: Tensor;
}

/**
 * One evaluation at the last timestep (student, or a teacher's first estimate): a single program.
 * @param unetGroup Resident group of the U-Net; a training has several.
 */
export function oneStepPass(engine: Engine, model: RestorationModel, unetGroup = UNET_GROUP): Pass {
  const { noiseChannels } = model.unet;
  const prepare = (size: BatchSize): Executable => {
    const latent = latentShape(model, size);
    const eps = float(generatorNoiseShape(model, latent));
    return engine.prepare({
      name: `restore ${sizeName(size)} in one step`,
      inputs: { lq: float(imageShape(size)), noise: float(latent), ...(noiseChannels > 0 ? { eps } : {}) },
      body: (inputs, state) => {
        const firstStage = firstStageOf(model, state);
        return { image: restoreOneStep(model, state.read(unetGroup), firstStage, inputs as unknown as OneStepInputs) };
      },
    });
  };
  const prepared = oncePerSize(prepare);
  return {
    evaluations: 1,
    async run(lq, noise, onEvaluation) {
      const size = batchSize(lq);
      const latent = latentShape(model, size);
      const feeds: Record<string, HostArray> = { lq: toArray(lq), noise: draw(noise, 'prior', latent) };
      if (noiseChannels > 0) feeds['eps'] = draw(noise, 'generator', generatorNoiseShape(model, latent));
      const { image } = await prepared(size).run(feeds);
      await onEvaluation();
      return toPictures(image!);
    },
  };
}

/**
 * A student at each of the timesteps it was trained at.
 * @param timesteps Highest first.
 */
export function studentPass(
  engine: Engine,
  model: RestorationModel,
  timesteps: readonly number[],
  sampler: StepSampler,
  unetGroup = UNET_GROUP,
): Pass {
  return walkPass(engine, model, studentWalk(model.process, timesteps, sampler), unetGroup);
}
