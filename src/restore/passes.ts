/** @file Images in, images out: one padded picture through the networks, as programs prepared once for each picture size. */
import { createFirstStage, type FirstStage } from '../diffusion/first_stage.js';
import { priorSample } from '../diffusion/forward_process.js';
import { deterministicStep, stochasticStep } from '../diffusion/samplers.js';
import type { Tensor } from '../engine/tfjs.js';
import type { Engine, Executable, HostArray, StateAccess, TensorSpec } from '../engine/types.js';
import { decode, encode } from '../nn/autoencoder.js';
import { planAutoencoder, type AutoencoderConfig } from '../nn/autoencoder_config.js';
import { restoreOneStep } from '../student/generate.js';
import { resshift, type ResShiftModel } from '../teacher/resshift.js';
import type { StepSampler } from './defaults.js';
import type { NoiseSource } from './noise.js';
import { CHANNELS, type Picture } from './picture.js';

/** Names of the engine's resident groups: weights in memory layout. */
export const UNET_GROUP = 'unet';
export const AUTOENCODER_GROUP = 'autoencoder';

/** The networks' structure; their weights are resident in the engine. */
export interface RestorationModel extends ResShiftModel {
  /** `null` for diffusion on pixels. */
  readonly autoencoder: AutoencoderConfig | null;
}

/** A picture's way through the networks. */
export interface Pass {
  /** Evaluations of the U-Net for one picture. */
  readonly evaluations: number;
  /**
   * @param lq [h, w, 3]; sides must be multiples of `imageMultiple`.
   * @param onEvaluation Called after each evaluation of the U-Net.
   * @returns [h * sf, w * sf, 3], not clamped.
   */
  run(lq: Picture, noise: NoiseSource, onEvaluation: () => void): Promise<Picture>;
}

/** Sides of the latent and number of its channels for a low-resolution picture. */
function latentShape({ unet, process, autoencoder }: RestorationModel, { height, width }: Picture): number[] {
  const factor = autoencoder ? planAutoencoder(autoencoder).factor : 1;
  const side = (length: number): number => (length * process.config.sf) / factor;
  return [1, side(height), side(width), unet.outChannels];
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
const toArray = ({ height, width, data }: Picture): HostArray => ({ shape: [1, height, width, CHANNELS], data });

function toPicture({ shape, data }: HostArray): Picture {
  return { height: shape[1]!, width: shape[2]!, data: data as Float32Array };
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
  const prepare = (lq: Picture): Executable => {
    const latent = latentShape(model, lq);
    const eps = float([...latent.slice(0, 3), noiseChannels]);
    return engine.prepare({
      name: `restore ${lq.height}x${lq.width} in one step`,
      inputs: { lq: float(toArray(lq).shape), noise: float(latent), ...(noiseChannels > 0 ? { eps } : {}) },
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
      const latent = latentShape(model, lq);
      const feeds: Record<string, HostArray> = { lq: toArray(lq), noise: noise('prior', latent) };
      if (noiseChannels > 0) feeds['eps'] = noise('generator', [...latent.slice(0, 3), noiseChannels]);
      const { image } = await prepared(lq).run(feeds);
      onEvaluation();
      return toPicture(image!);
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
  const prepare = (lq: Picture) => {
    const size = `${lq.height}x${lq.width}`;
    const image = float(toArray(lq).shape);
    const latent = float(latentShape(model, lq));
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
      inputs: { lq: image, zy: latent, z: latent, noise: latent, t: { shape: [1], dtype: 'int32' } },
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
      const { start, step, finish } = prepared(lq);
      const latent = latentShape(model, lq);
      const input = toArray(lq);
      const { zy, z: prior } = await start.run({ lq: input, noise: noise('prior', latent) });
      let z = prior!;
      for (let t = schedule.steps - 1; t >= 0; t--) {
        const feeds = {
          lq: input,
          zy: zy!,
          z,
          noise: noise('step', latent, t),
          t: { shape: [1], data: Int32Array.of(t) },
        };
        z = (await step.run(feeds))['z']!;
        onEvaluation();
      }
      return toPicture((await finish.run({ z }))['image']!);
    },
  };
}

/** Remembers what was prepared for a size. */
function oncePerSize<T>(prepare: (lq: Picture) => T): (lq: Picture) => T {
  const prepared = new Map<string, T>();
  return (lq) => {
    const size = `${lq.height}x${lq.width}`;
    const found = prepared.get(size) ?? prepare(lq);
    prepared.set(size, found);
    return found;
  };
}
