/** @file Images in, images out: one padded picture through the networks, as programs prepared once for each picture size. */
import type { Tensor } from '../engine/tfjs.js';
import type { Engine, Executable, HostArray } from '../engine/types.js';
import { restoreOneStep } from '../student/generate.js';
import type { StepSampler } from '../restore/defaults.js';
import { createWalk, studentWalk, teacherWalk, type WalkPlan } from './walk.js';
import type { NoiseSource } from '../diffusion/picture_noise.js';
import type { Picture } from '../images/picture.js';
import {
  firstStageOf,
  float,
  generatorNoiseShape,
  imageShape,
  latentShape,
  oncePerSize,
  sizeName,
  UNET_GROUP,
  type BatchSize,
  type RestorationModel,
} from './restoration_model.js';

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

function batchSize(lq: readonly Picture[]): BatchSize {
  const { height, width } = lq[0]!;
  return { count: lq.length, height, width };
}

/** Values one after another; a single one is not copied. */
function joined(parts: readonly HostArray['data'][]): Float32Array {
  if (parts.length === 1) return parts[0] as Float32Array;
  const all = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

function toArray(lq: readonly Picture[]): HostArray {
  return { shape: imageShape(batchSize(lq)), data: joined(lq.map(({ data }) => data)) };
}

/** Noise of a batch, every picture's from its own source. */
function draw(
  sources: readonly NoiseSource[],
  purpose: Parameters<NoiseSource>[0],
  shape: readonly number[],
  step?: number,
): HostArray {
  const one = [1, ...shape.slice(1)];
  return { shape, data: joined(sources.map((noise) => noise(purpose, one, step).data)) };
}

function toPictures({ shape, data }: HostArray): Picture[] {
  const [count, height, width] = shape as [number, number, number];
  const length = data.length / count;
  return Array.from({ length: count }, (_, index) => ({
    height,
    width,
    data: (data as Float32Array).subarray(index * length, (index + 1) * length),
  }));
}

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

/** Every timestep of the process, from the last to the first. */
export function multiStepPass(
  engine: Engine,
  model: RestorationModel,
  sampler: StepSampler,
  unetGroup = UNET_GROUP,
): Pass {
  return walkPass(engine, model, teacherWalk(model.process, sampler), unetGroup);
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

function walkPass(engine: Engine, model: RestorationModel, plan: WalkPlan, unetGroup: string): Pass {
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
