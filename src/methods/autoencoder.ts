/** @file `method: autoencoder`: a VQ autoencoder from scratch; L1, perceptual and codebook losses, straight-through codes. */
import type { Executable, HostArray } from '../engine/types.js';
import { decode, encode } from '../nn/autoencoder.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { autoencoderSpecs } from '../nn/autoencoder_specs.js';
import { CODEBOOK } from '../nn/quantizer.js';
import { treeToMemory } from '../models/layout.js';
import type { HostTree } from '../weights/tree.js';
import type { GridRow } from '../images/image_grid.js';
import { kmeans } from '../autoencoder/kmeans.js';
import { learningRate } from '../optimizer/lr_schedule.js';
import {
  sampleRows,
  type HeldOutImage,
  type Method,
  type MethodContext,
  type ValidationPair,
  type ValidationResult,
} from './method.js';
import { microImages, microRange } from '../optimizer/micro_batches.js';
import { startingTree } from '../models/starting_tree.js';
import { adamwScalars } from '../optimizer/adamw.js';
import { defineNetworks, EMA, stateGroups } from '../optimizer/outline.js';
import { PERCEPTUAL_GROUP, readResidentPerceptual } from '../models/resident_perceptual.js';
import { MetricMeans } from '../training/validation_metrics.js';
import { createUpdate, type Update } from '../optimizer/update.js';
import { adamwConfig } from '../optimizer/adamw_config.js';
import { MODEL, outlineAutoencoder, type AutoencoderOutline } from './autoencoder_outline.js';

/** Latent vectors per code that k-means sees. */
const VECTORS_PER_CODE = 6;
const KMEANS_ROUNDS = 4;

/** Trains an autoencoder; its moving average is what the run makes. */
export class AutoencoderMethod implements Method {
  readonly stateGroups: readonly string[];
  readonly batchesPerIteration = 1;
  readonly shownTerms = ['l1', 'perceptual', 'codebook', 'codesUsed'];
  private readonly network: AutoencoderConfig;
  private readonly updates = new Map<boolean, Update>();
  private readonly reconstructions = new Map<string, Executable>();

  constructor(
    private readonly context: MethodContext,
    private readonly outline: AutoencoderOutline = outlineAutoencoder(context.config),
  ) {
    this.network = outline.network;
    this.stateGroups = stateGroups(outline);
  }

  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const { initFrom, perceptual } = config.autoencoderTraining;
    const start = (): Promise<HostTree> =>
      startingTree(autoencoderSpecs(this.network), config.seed, initFrom, (model) => model.autoencoder);
    await defineNetworks(engine, this.outline, {
      [MODEL]: async () => treeToMemory(await start()),
      [PERCEPTUAL_GROUP]: () => readResidentPerceptual(perceptual),
    });
  }

  async iterate(iteration: number): Promise<Record<string, number>> {
    const { train, autoencoderTraining, data } = this.context.config;
    const { method, atIteration } = autoencoderTraining.codebookInit;
    const quantised = this.quantises(iteration);
    if (quantised && method === 'kmeans' && iteration === atIteration) await this.initialiseCodebook(iteration);
    const update = this.update(quantised);
    const batch = await this.context.batches.batch(iteration - 1);
    const lr = learningRate(train.scheduler, train.lr, iteration);
    const microBatch = (index: number): Promise<Record<string, HostArray>> =>
      Promise.resolve({ hr: microImages(batch.hr, data.gtSize, microRange(index, train.microBatch)) });
    const { terms, gradNorms, extras } = await update.run(
      microBatch,
      () => adamwScalars(adamwConfig(train), lr, iteration),
      train.ema,
    );
    const codes = new Set(extras.flatMap((extra) => (extra['indices'] ? [...extra['indices'].data] : [])));
    return {
      ...terms,
      ...(quantised ? { codesUsed: codes.size / this.network.nEmbed } : {}),
      gradNorm: gradNorms[MODEL]!,
      lr,
    };
  }

  async validate(pairs: readonly ValidationPair[], iteration: number): Promise<ValidationResult> {
    const metrics = new MetricMeans();
    for (const { hr } of pairs) {
      metrics.add(await this.context.measures.measure(hr, await this.reconstruct(hr, iteration)));
    }
    return { metrics: metrics.means() };
  }

  sample(images: readonly HeldOutImage[], iteration: number): Promise<{ rows: GridRow[]; columns: string[] }> {
    return sampleRows(images, ['autoencoder'], async ({ lq, hr = lq }) => [await this.reconstruct(hr, iteration)]);
  }

  private update(quantised: boolean): Update {
    const { config, engine } = this.context;
    const known = this.updates.get(quantised);
    if (known) return known;
    const { updates, microBatches } = outlineAutoencoder(config, quantised);
    const update = createUpdate(engine, updates.autoencoder.spec, microBatches, config.train.weightDecay > 0);
    this.updates.set(quantised, update);
    return update;
  }

  /** Codes become cluster centres of latents of training crops; the moving average gets the same codes. */
  private async initialiseCodebook(iteration: number): Promise<void> {
    const { config, engine, batches, log } = this.context;
    const { gtSize } = config.data;
    const { embedDim, nEmbed } = this.network;
    const { microBatch, batch } = config.train;
    const encoder = engine.prepare({
      name: 'encode',
      inputs: { hr: { shape: [microBatch, gtSize, gtSize, 3], dtype: 'float32' } },
      body: (inputs, state) => ({ latent: encode(state.read(MODEL), this.network, inputs['hr']!) }),
    });
    log(`making ${nEmbed} codes by k-means of latents`);
    const vectors: Float32Array[] = [];
    for (let values = 0, index = 0; values < nEmbed * VECTORS_PER_CODE * embedDim; index++) {
      const { hr } = await batches.fresh(iteration + index);
      for (let part = 0; part < batch / microBatch; part++) {
        const { latent } = await encoder.run({ hr: microImages(hr, gtSize, microRange(part, microBatch)) });
        vectors.push(latent!.data as Float32Array);
        values += latent!.data.length;
      }
    }
    const sample = Float32Array.from(vectors.flatMap((part) => [...part]));
    const codes = kmeans(sample, embedDim, nEmbed, { rounds: KMEANS_ROUNDS, seed: config.seed });
    const { [MODEL]: model, [EMA]: ema } = await engine.fetch([MODEL, EMA]);
    const codebook = { shape: [nEmbed, embedDim], data: codes };
    await engine.store({
      [MODEL]: new Map([...model!, [CODEBOOK, codebook]]),
      [EMA]: new Map([...ema!, [CODEBOOK, codebook]]),
    });
  }

  /** Codes are used from the moment the codebook exists. */
  private quantises(iteration: number): boolean {
    const { method, atIteration } = this.context.config.autoencoderTraining.codebookInit;
    return this.network.quantized && (method === 'none' || iteration >= atIteration);
  }

  private async reconstruct(hr: HostArray, iteration: number): Promise<HostArray> {
    const quantised = this.quantises(iteration);
    const key = `${hr.shape.join('x')}${quantised ? '' : ' continuous'}`;
    const run =
      this.reconstructions.get(key) ??
      this.context.engine.prepare({
        name: `reconstruct ${key}`,
        inputs: { hr: { shape: hr.shape, dtype: 'float32' } },
        body: (inputs, state) => {
          const params = state.read(EMA);
          const latent = encode(params, this.network, inputs['hr']!);
          return { image: decode(params, this.network, latent, { quantize: quantised }) };
        },
      });
    this.reconstructions.set(key, run);
    return (await run.run({ hr }))['image']!;
  }
}
