/** @file Benchmark `rsd-iteration`: the real method on model files with fresh weights. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { autoencoderConfigOf } from '../src/autoencoder/read.js';
import type { RunConfig } from '../src/config/schema.js';
import { timedPrograms } from '../src/engine/timed_programs.js';
import type { Engine } from '../src/engine/types.js';
import { perceptualMetrics } from '../src/losses/perceptual.js';
import type { PairBatches } from '../src/methods/method.js';
import { rsdMethod } from '../src/methods/rsd.js';
import { freshParams } from '../src/models/fresh.js';
import { writeModelFile } from '../src/models/model_file.js';
import { autoencoderSpecs } from '../src/nn/autoencoder_specs.js';
import { unetSpecs } from '../src/nn/unet_specs.js';
import { CountedRandom } from '../src/random/counted.js';
import { writeSafetensors } from '../src/weights/safetensors.js';
import { timed, type Benchmark } from './benchmark.js';
import { sizedRun, type Size } from './sizes.js';

const METRIC = 'lpips-alex';

/** The method on official terms: K = 1, GAN, LPIPS on a decoded pass from the last timestep. */
const OVERRIDES = ['method=rsd', 'rsd.fakeUpdates=1', `rsd.perceptual.metric=${METRIC}`];
/** The dmd2 head needs the official bottleneck of 8x8. */
const HEADS: Readonly<Record<Size, string>> = { tiny: 'pooled', full: 'dmd2' };

/** K = 1 iteration of method rsd; its fake update and its student update are timed separately, too. */
export const rsdIteration: Benchmark = {
  async prepare(engine, { size, batch, recompute }) {
    const folder = await mkdtemp(join(tmpdir(), 'rsd-bench-'));
    const files = ['teacher', 'autoencoder', 'perceptual'].map((name) => join(folder, `${name}.safetensors`));
    const keys = ['teacher.weights', 'autoencoder.weights', 'rsd.perceptual.weights'];
    const paths = keys.map((key, i) => `${key}=${files[i]!}`);
    const options = [`rsd.gan.head=${HEADS[size]}`, `train.recompute=${recompute ?? false}`];
    const config = await sizedRun(size, batch, [...OVERRIDES, ...options, ...paths]);
    const recorder = new Recorder(engine);
    try {
      await writeFreshModels(config);
      const method = await rsdMethod.create({
        config,
        engine: recorder.engine,
        batches: randomBatches(config),
        log: () => undefined,
      });
      await method.initialise();
      let iteration = 0;
      return async () => {
        const total = await timed(() => method.iterate(++iteration));
        return { 'rsd-iteration': total, ...recorder.take() };
      };
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

/** Teacher, autoencoder and perceptual metric where the config expects them. */
async function writeFreshModels(config: RunConfig): Promise<void> {
  const { seed, diffusion, teacher, rsd } = config;
  const unet = { ...teacher.unet, noiseChannels: 0 };
  await writeModelFile(teacher.weights, {
    kind: 'teacher',
    unet: { config: unet, tree: freshParams(unetSpecs(unet), seed) },
    diffusion,
  });
  const autoencoder = autoencoderConfigOf(config);
  await writeModelFile(config.autoencoder.weights, {
    kind: 'autoencoder',
    autoencoder: { config: autoencoder, tree: freshParams(autoencoderSpecs(autoencoder), seed) },
  });
  await writeSafetensors(rsd.perceptual.weights, freshParams(perceptualMetrics[METRIC].specs(), seed), {});
}

/** Images of uniform noise in [-1, 1]. */
function randomBatches({ seed, train, data }: RunConfig): PairBatches {
  const images = (purpose: string, iteration: number, side: number): Float32Array => {
    const random = new CountedRandom({ seed, purpose, iteration });
    return Float32Array.from({ length: train.batch * side * side * 3 }, () => random.uniform(-1, 1));
  };
  const batch = (index: number) =>
    Promise.resolve({
      hr: images('hr', index, data.gtSize),
      lq: images('lq', index, data.gtSize / data.scale),
    });
  return { batch, fresh: batch };
}

/** Times every run of every program of an engine. */
class Recorder {
  readonly engine: Engine;
  private seconds: Record<string, number> = {};

  constructor(engine: Engine) {
    this.engine = {
      kind: engine.kind,
      define: (groups, options) => engine.define(groups, options),
      has: (group) => engine.has(group),
      fetch: (groups) => engine.fetch(groups),
      store: (groups) => engine.store(groups),
      dispose: () => {
        engine.dispose();
      },
      ...timedPrograms(engine, (program, seconds) => {
        this.seconds[program] = (this.seconds[program] ?? 0) + seconds;
      }),
    };
  }

  /** Seconds by program since the last call. */
  take(): Record<string, number> {
    const taken = this.seconds;
    this.seconds = {};
    return taken;
  }
}
