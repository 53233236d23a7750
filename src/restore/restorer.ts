/** @file Images in, images out: a model made ready to restore pictures of any size, whole or in overlapping tiles. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AUTOENCODER_GROUP, latentFactor } from '../autoencoder/first_stage.js';
import { createProcess } from '../diffusion/denoiser.js';
import { contentHash, pictureNoise } from '../diffusion/picture_noise.js';
import { STEP_SAMPLERS, type StepSampler } from '../diffusion/step_samplers.js';
import { createEngine, type EngineOptions } from '../engine/engine.js';
import type { Engine } from '../engine/types.js';
import { UserError } from '../errors/user_error.js';
import { CHANNELS, crop, type Box, type Picture } from '../images/picture.js';
import { treeToMemory } from '../models/layout.js';
import type { Model } from '../models/model.js';
import { oneStepPass, studentPass } from '../student/pass.js';
import { trainedTimesteps } from '../student/trained_timesteps.js';
import { multiStepPass, type Pass } from '../teacher/pass.js';
import { UNET_GROUP, type RestorationModel } from '../teacher/restoration_model.js';
import { BandBlender, type BandSink } from './blend.js';
import { BLENDS, DEFAULT_BATCH, DEFAULT_SEED, DEFAULT_TILE, defaultOverlap, type Blend } from './defaults.js';
import { imageMultiple, padToMultiple } from './padding.js';
import { scaleBox, tileBoxes } from './tiles.js';

/** How a {@link Restorer} works. */
export interface RestorerOptions {
  /** Student or teacher, with its autoencoder (`readModelFile`). */
  readonly model: Model;
  readonly engine: EngineOptions;
  /** Integer in [0, 2^32); a picture's noise follows from it and the pixels. */
  readonly seed?: number;
  /**
   * Evaluations of a teacher's network: all its timesteps if left out; 1 takes the first estimate, as SinSR does. A student
   * makes 1, or as many as the timesteps it was trained at.
   */
  readonly steps?: number;
  readonly sampler?: StepSampler;
  /** Side of a tile in pixels of the input; larger pictures are cut up. 0: never. */
  readonly tile?: number;
  /** Pixels that neighbouring tiles share, in [0, tile); an eighth of a tile by default, as the published programs have it. */
  readonly overlap?: number;
  /** How overlapping tiles are put together; the published programs' plain average by default. */
  readonly blend?: Blend;
  /** Tiles that go through the networks together, >= 1. It changes time, memory and rounding, nothing else. */
  readonly batch?: number;
}

/** How far one picture is, in evaluations of the U-Net over all its tiles. */
export interface RestoreProgress {
  readonly done: number;
  readonly total: number;
}

/** What one restoration can be given besides its picture. */
export interface RestoreRun {
  readonly onProgress?: (progress: RestoreProgress) => void;
  /** Aborting it makes the restoration throw the signal's reason after the evaluation that is under way. */
  readonly signal?: AbortSignal;
}

/** Restores one picture after another. */
export interface Restorer {
  /** Side of the output / side of the input. */
  readonly scale: number;
  /**
   * @param picture [h, w, 3] in [-1, 1], any size.
   * @returns [h * scale, w * scale, 3] in [-1, 1]. It depends on picture, model, seed and options, not on what was
   *   restored before.
   */
  restore(picture: Picture, run?: RestoreRun): Promise<Picture>;
  /**
   * As {@link Restorer.restore}, but hands on rows as they are finished, from top to bottom: the whole result is never
   * held in float32.
   */
  restoreBands(picture: Picture, sink: BandSink, run?: RestoreRun): Promise<void>;
  /** Pixels that all evaluations together see for a picture of a size, for estimates of time. */
  work(height: number, width: number): number;
  /** Frees the networks. */
  dispose(): void;
}

/**
 * Loads a model into an engine of its own.
 * @throws UserError if the model lacks its autoencoder, or options do not fit it or each other.
 */
export async function createRestorer(options: RestorerOptions): Promise<Restorer> {
  const { model, seed = DEFAULT_SEED, sampler = STEP_SAMPLERS[0] } = options;
  const tiling = checkTiling(options);
  const { structure, timesteps } = planModel(model, options.steps);
  const engine = createEngine(options.engine);
  try {
    // As variables, not constants, which are somewhat faster: compiling an official model (0.7 GB of weights) with
    // constants was measured to take more than 17 GB of memory, with variables 2.5 GB.
    await engine.define({ [UNET_GROUP]: treeToMemory(model.unet!.tree) });
    if (structure.autoencoder) await engine.define({ [AUTOENCODER_GROUP]: treeToMemory(model.autoencoder!.tree) });
    return new TiledRestorer(engine, structure, passOf(engine, structure, timesteps, sampler), seed, tiling);
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

function passOf(
  engine: Engine,
  structure: RestorationModel,
  timesteps: PlannedModel['timesteps'],
  sampler: StepSampler,
): Pass {
  if (timesteps === 'last') return oneStepPass(engine, structure);
  if (timesteps === 'all') return multiStepPass(engine, structure, sampler);
  return studentPass(engine, structure, timesteps, sampler);
}

interface Tiling {
  readonly tile: number;
  readonly overlap: number;
  readonly blend: Blend;
  readonly batch: number;
}

function checkTiling({
  tile = DEFAULT_TILE,
  overlap = defaultOverlap(tile),
  blend = BLENDS[0],
  batch = DEFAULT_BATCH,
}: RestorerOptions): Tiling {
  const bad = (key: string, expected: string, found: number) =>
    new UserError('impossible tiles', { key, expected, found: `${found}` });
  if (!Number.isInteger(tile) || tile < 0)
    throw bad('--tile', 'a whole number of pixels, or 0 for the whole image', tile);
  if (!Number.isInteger(overlap) || overlap < 0) throw bad('--overlap', 'a whole number of pixels', overlap);
  if (tile > 0 && overlap >= tile) throw bad('--overlap', `less than the tile of ${tile} pixels`, overlap);
  if (tile > 0 && overlap === 0 && blend === 'feather')
    throw bad('--overlap', 'at least 1, since --blend feather fades over it', overlap);
  if (!Number.isInteger(batch) || batch < 1) throw bad('--batch', 'a whole number from 1', batch);
  return { tile, overlap, blend, batch };
}

/** The networks' structure with the process as it is sampled, and the timesteps: all of it, the last alone, or a student's. */
interface PlannedModel {
  readonly structure: RestorationModel;
  readonly timesteps: 'all' | 'last' | readonly number[];
}

function planModel(model: Model, steps: number | undefined): PlannedModel {
  const { kind, unet, diffusion, autoencoder } = model;
  if (!unet || !diffusion) {
    throw new UserError('an autoencoder alone restores nothing', {
      key: '--weights',
      expected: 'a student or a teacher',
    });
  }
  if (diffusion.latentFlag && !autoencoder) {
    throw new UserError('the model comes without the autoencoder of its latents', {
      remedy: 'Name it with --autoencoder FILE, or export the student with its autoencoder',
    });
  }
  const timesteps = kind === 'student' ? studentSteps(trainedTimesteps(model), steps) : steps === 1 ? 'last' : 'all';
  const respaced = timesteps === 'all' && steps !== undefined && steps !== diffusion.steps;
  const structure = {
    process: createProcess(respaced ? { ...diffusion, timestepRespacing: steps } : diffusion),
    unet: unet.config,
    autoencoder: diffusion.latentFlag ? autoencoder!.config : null,
  };
  return { structure, timesteps };
}

/** A student restores in one step, or in those it was trained at. */
function studentSteps(trained: readonly number[], steps = 1): PlannedModel['timesteps'] {
  if (steps === 1) return 'last';
  if (steps === trained.length) return trained;
  throw new UserError(`a student restores in one step${trained.length > 1 ? ', or in those it was trained at' : ''}`, {
    key: '--steps',
    expected: trained.length > 1 ? `1 or ${trained.length}` : '1, or no --steps',
    found: `${steps}`,
  });
}

class TiledRestorer implements Restorer {
  readonly scale: number;
  private readonly multiple: number;
  /** Pixels of the result to a position of the latent. */
  private readonly factor: number;

  constructor(
    private readonly engine: Engine,
    model: RestorationModel,
    private readonly pass: Pass,
    private readonly seed: number,
    private readonly tiling: Tiling,
  ) {
    this.scale = model.process.config.sf;
    this.factor = latentFactor(model.autoencoder);
    this.multiple = imageMultiple(model.unet, model.autoencoder, this.scale);
  }

  async restore(picture: Picture, run?: RestoreRun): Promise<Picture> {
    const [height, width] = [picture.height * this.scale, picture.width * this.scale];
    const data = new Float32Array(height * width * CHANNELS);
    await this.restoreBands(picture, (band, top) => data.set(band.data, top * width * CHANNELS), run);
    return { height, width, data };
  }

  async restoreBands(picture: Picture, sink: BandSink, { onProgress, signal }: RestoreRun = {}): Promise<void> {
    signal?.throwIfAborted();
    const boxes = this.boxes(picture);
    const content = contentHash(picture);
    const total = boxes.length * this.pass.evaluations;
    const blender = new BandBlender(
      {
        height: picture.height * this.scale,
        width: picture.width * this.scale,
        blend: this.tiling.blend,
        ramp: this.tiling.overlap * this.scale,
      },
      sink,
    );
    let done = 0;
    for (let first = 0; first < boxes.length;) {
      const count = this.nextBatch(boxes.length - first);
      const batch = boxes.slice(first, first + count);
      const restored = await this.pass.run(
        batch.map((box) => padToMultiple(crop(picture, box), this.multiple)),
        batch.map(({ top, left }) => pictureNoise(this.seed, content, this.latent(top), this.latent(left))),
        async () => {
          done += count;
          onProgress?.({ done, total });
          // Op by op nothing else would let a signal's handler have its turn.
          await nextTurn();
          signal?.throwIfAborted();
        },
      );
      for (const [index, box] of batch.entries()) {
        const { top, left, height, width } = scaleBox(box, this.scale);
        blender.add(clamp(crop(restored[index]!, { top: 0, left: 0, height, width })), top, left);
      }
      first += count;
    }
    blender.finish();
  }

  work(height: number, width: number): number {
    const boxes = this.boxes({ height, width });
    const padded = (side: number): number => Math.ceil(side / this.multiple) * this.multiple;
    return this.pass.evaluations * boxes.length * padded(boxes[0]!.height) * padded(boxes[0]!.width);
  }

  dispose(): void {
    this.engine.dispose();
  }

  /** Latent position of a place in the low-resolution picture. */
  private latent(position: number): number {
    return Math.floor((position * this.scale) / this.factor);
  }

  /**
   * Tiles of the next call: whole batches, and what is left over one by one. All tiles of a picture have one size, so
   * two programs a size are enough, whatever the number of tiles.
   */
  private nextBatch(left: number): number {
    return left >= this.tiling.batch ? this.tiling.batch : 1;
  }

  private boxes({ height, width }: { height: number; width: number }): Box[] {
    const { tile, overlap } = this.tiling;
    return tile === 0 ? [{ top: 0, left: 0, height, width }] : tileBoxes(height, width, tile, overlap);
  }
}

/** Values outside [-1, 1] moved to the nearer end, in place. @throws UserError if one is no number. */
function clamp(picture: Picture): Picture {
  const { data } = picture;
  for (let i = 0; i < data.length; i++) {
    if (Number.isNaN(data[i]!)) throw new UserError('the network gave no numbers (NaN): its weights are broken');
    data[i] = Math.min(Math.max(data[i]!, -1), 1);
  }
  return picture;
}
