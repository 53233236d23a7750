/** @file Images in, images out: one padded picture through the networks, as programs prepared once for each picture size. */
import { createFirstStage, type FirstStage } from '../diffusion/first_stage.js';
import { priorSample } from '../diffusion/forward_process.js';
import { deterministicStep, stochasticStep } from '../diffusion/samplers.js';
import type { Tensor } from '../engine/tfjs.js';
import type { Engine, Executable, HostArray, StateAccess, TensorSpec } from '../engine/types.js';
import { decode, encode } from '../nn/autoencoder.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { restoreOneStep } from '../student/generate.js';
import { resshift, type ResShiftModel } from '../teacher/resshift.js';
import type { StepSampler } from './defaults.js';
import type { NoiseSource } from './noise.js';
import { latentFactor } from './padding.js';
import { CHANNELS, type Picture } from './picture.js';

/** Names of the engine's resident groups: weights in memory layout. */
export const UNET_GROUP = 'unet';
export const AUTOENCODER_GROUP = 'autoencoder';

/** The networks' structure; their weights are resident in the engine. */
export interface RestorationModel extends ResShiftModel {
  /** `null` for diffusion on pixels. */
  readonly autoencoder: AutoencoderConfig | null;
}

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

/** Size of a batch of pictures. */
interface BatchSize {
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

function batchSize(lq: readonly Picture[]): BatchSize {
  const { height, width } = lq[0]!;
  return { count: lq.length, height, width };
}

/** Number of the latents, their sides and channels. */
function latentShape({ unet, process, autoencoder }: RestorationModel, { count, height, width }: BatchSize): number[] {
  const factor = latentFactor(autoencoder);
  const side = (length: number): number => (length * process.config.sf) / factor;
  return [count, side(height), side(width), unet.outChannels];
}

/** Images to latents and back with the resident autoencoder. */
export function firstStageOf({ autoencoder, process }: RestorationModel, state: StateAccess): FirstStage {
  if (!autoencoder) return createFirstStage(null, process.config);
  const params = state.read(AUTOENCODER_GROUP);
  const bound = {
    encode: (image: Tensor) => encode(params, autoencoder, image),
    decode: (z: Tensor) => decode(params, autoencoder, z),
  };
  return createFirstStage(bound, process.config);
}

const float = (shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });
const imageShape = ({ count, height, width }: BatchSize): number[] => [count, height, width, CHANNELS];

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
    const eps = float([...latent.slice(0, 3), noiseChannels]);
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
      if (noiseChannels > 0) feeds['eps'] = draw(noise, 'generator', [...latent.slice(0, 3), noiseChannels]);
      const { image } = await prepared(size).run(feeds);
      await onEvaluation();
      return toPictures(image!);
    },
  };
}

/** Every timestep of the process, from the last to the first: three programs, so that the graph holds one U-Net and not T. */
export function multiStepPass(
  engine: Engine,
  model: RestorationModel,
  sampler: StepSampler,
  unetGroup = UNET_GROUP,
): Pass {
  const { schedule } = model.process;
  const prepare = (batch: BatchSize) => {
    const size = sizeName(batch);
    const image = float(imageShape(batch));
    const latent = float(latentShape(model, batch));
    const start = engine.prepare({
      name: `encode ${size}`,
      inputs: { lq: image, noise: latent },
      body: ({ lq: input, noise }, state) => {
        const zy = firstStageOf(model, state).encodeLq(input!);
        return { zy, z: priorSample(schedule, zy, noise!) };
      },
    });
    const step = engine.prepare({
      name: `${sampler} step ${size}`,
      inputs: { lq: image, zy: latent, z: latent, noise: latent, t: { shape: [batch.count], dtype: 'int32' } },
      body: ({ lq: input, zy, z, noise, t }, state) => {
        const z0 = resshift(model, state.read(unetGroup), { lq: input!, zy: zy! })(z!, t!);
        const next =
          sampler === 'deterministic'
            ? deterministicStep(schedule, z!, z0, zy!, t!)
            : stochasticStep(schedule, z!, z0, t!, noise!);
        return { z: next };
      },
    });
    const finish = engine.prepare({
      name: `decode ${size}`,
      inputs: { z: latent },
      body: ({ z }, state) => ({ image: firstStageOf(model, state).decode(z!) }),
    });
    return { start, step, finish };
  };
  const prepared = oncePerSize(prepare);
  return {
    evaluations: schedule.steps,
    async run(lq, noise, onEvaluation) {
      const size = batchSize(lq);
      const { start, step, finish } = prepared(size);
      const latent = latentShape(model, size);
      const input = toArray(lq);
      const { zy, z: prior } = await start.run({ lq: input, noise: draw(noise, 'prior', latent) });
      let z = prior!;
      for (let t = schedule.steps - 1; t >= 0; t--) {
        const feeds = {
          lq: input,
          zy: zy!,
          z,
          noise: draw(noise, 'step', latent, t),
          t: { shape: [size.count], data: new Int32Array(size.count).fill(t) },
        };
        z = (await step.run(feeds))['z']!;
        await onEvaluation();
      }
      return toPictures((await finish.run({ z }))['image']!);
    },
  };
}

const sizeName = ({ count, height, width }: BatchSize): string => `${count}x${height}x${width}`;

/** Remembers what was prepared for a size. */
function oncePerSize<T>(prepare: (size: BatchSize) => T): (size: BatchSize) => T {
  const prepared = new Map<string, T>();
  return (size) => {
    const name = sizeName(size);
    const found = prepared.get(name) ?? prepare(size);
    prepared.set(name, found);
    return found;
  };
}
