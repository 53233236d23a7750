/** @file Pictures through the networks in T steps, as programs prepared once for each picture size. */
import { firstStageOf } from '../autoencoder/first_stage.js';
import type { NoiseSource } from '../diffusion/picture_noise.js';
import type { StepSampler } from '../diffusion/step_samplers.js';
import type { HostArray } from '../engine/host_array.js';
import type { Engine } from '../engine/types.js';
import type { Picture } from '../images/picture.js';
import { batchSize, draw, toArray, toPictures } from './picture_batch.js';
import { float, latentShape, oncePerSize, sizeName, UNET_GROUP, type RestorationModel } from './restoration_model.js';
import { createWalk, teacherWalk, type WalkPlan } from './walk.js';

/** The way of pictures through the networks. */
export interface Pass {
  /** Evaluations of the U-Net for one batch. */
  readonly evaluations: number;
  /**
   * @param lq Pictures [h, w, 3] of one size; sides must be multiples of `imageMultiple`.
   * @param noise One for each picture; what a picture becomes does not depend on the others but for rounding.
   * @param onEvaluation Awaited after each evaluation of the U-Net.
   * @returns Pictures [h * sf, w * sf, 3], not clamped.
   */
  run(
    lq: readonly Picture[],
    noise: readonly NoiseSource[],
    onEvaluation: () => Promise<void> | void,
  ): Promise<Picture[]>;
}

/** Every timestep of the process, from the last to the first. */
export function multiStepPass(
  engine: Engine,
  model: RestorationModel,
  sampler: StepSampler,
  unetGroup = UNET_GROUP,
): Pass {
  return walkPass(engine, model, teacherWalk(model.process, sampler), unetGroup);
}

/** A walk, and the decoded estimate at its end. @param unetGroup Resident group of the U-Net. */
export function walkPass(engine: Engine, model: RestorationModel, plan: WalkPlan, unetGroup: string): Pass {
  const walk = createWalk(engine, model, plan, unetGroup);
  const prepared = oncePerSize((size) =>
    engine.prepare({
      name: `decode ${sizeName(size)}`,
      inputs: { z: float(latentShape(model, size)) },
      body: ({ z }, state) => ({ image: firstStageOf(model, state).decode(z!) }),
    }),
  );
  return {
    evaluations: walk.evaluations,
    async run(lq, noise, onEvaluation) {
      let estimate: HostArray | undefined;
      for await (const { z0 } of walk.steps(toArray(lq), (purpose, shape, step) => draw(noise, purpose, shape, step))) {
        estimate = z0;
        await onEvaluation();
      }
      const finish = prepared(batchSize(lq));
      return toPictures((await finish.run({ z: estimate! }))['image']!);
    },
  };
}
