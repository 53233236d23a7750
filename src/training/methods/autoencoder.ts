/** @file `method: autoencoder`: a VQ autoencoder from scratch; L1, perceptual and codebook losses, straight-through codes. */
import { tf, type Params, type Tensor, type Tensors } from '../../engine/tfjs.js';
import type { Executable, HostArray, StateAccess } from '../../engine/types.js';
import { codebookLoss, commitmentLoss, reconstructionLoss } from '../../losses/autoencoder.js';
import { decode, encode } from '../../nn/autoencoder.js';
import type { AutoencoderConfig } from '../../nn/autoencoder_config.js';
import { autoencoderSpecs } from '../../nn/autoencoder_specs.js';
import { CODEBOOK, lookUpCodes, quantize } from '../../nn/quantizer.js';
import { treeToMemory } from '../../weights/layout.js';
import type { LossValue } from '../gradients.js';
import type { GridRow } from '../image_grid.js';
import { kmeans } from '../kmeans.js';
import { learningRate } from '../lr_schedule.js';
import {
  EMA,
  freshTrainedGroups,
  gridImage,
  trainedGroups,
  type Method,
  type MethodContext,
  type ValidationPair,
  type ValidationResult,
} from '../method.js';
import { microImages, microRange } from '../micro_batches.js';
import { startingTree } from '../networks.js';
import { adamwScalars, momentsLike } from '../optimizer.js';
import { loadPerceptual, type ResidentPerceptual } from '../resident_perceptual.js';
import { psnrOfImages } from '../validation_metrics.js';
import { createUpdate, type Update } from '../update.js';
import { adamwConfig } from './adamw_config.js';

const MODEL = 'autoencoder';
/** Latent vectors per code that k-means sees. */
const VECTORS_PER_CODE = 6;
const KMEANS_ROUNDS = 4;

/** Trains an autoencoder; its moving average is what the run makes. */
export class AutoencoderMethod implements Method {
  readonly stateGroups = [...trainedGroups(MODEL), EMA];
  readonly batchesPerIteration = 1;
  readonly shownTerms = ['l1', 'perceptual', 'codebook', 'codesUsed'];
  private readonly network: AutoencoderConfig;
  private readonly updates = new Map<boolean, Update>();
  private readonly reconstructions = new Map<string, Executable>();

  private constructor(
    private readonly context: MethodContext,
    private readonly perceptual: ResidentPerceptual | undefined,
  ) {
    this.network = context.config.autoencoder;
  }

  static async create(context: MethodContext): Promise<AutoencoderMethod> {
    const { perceptual } = context.config.autoencoderTraining;
    return new AutoencoderMethod(context, await loadPerceptual(perceptual));
  }

  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const official = await startingTree(
      autoencoderSpecs(this.network),
      config.seed,
      config.autoencoderTraining.initFrom,
      (model) => model.autoencoder,
    );
    const tree = treeToMemory(official);
    await engine.define({
      ...freshTrainedGroups(MODEL, tree, momentsLike(tree)),
      [EMA]: tree,
      ...this.perceptual?.groups,
    });
  }

  async iterate(iteration: number): Promise<Record<string, number>> {
    const { train, autoencoderTraining, data } = this.context.config;
    const { method, atIteration } = autoencoderTraining.codebookInit;
    const quantised = this.quantises(iteration);
    if (quantised && method === 'kmeans' && iteration === atIteration) await this.initialiseCodebook(iteration);
    const update = await this.update(quantised);
    const batch = await this.context.batches.batch(iteration - 1);
    const lr = learningRate(train.scheduler, train.lr, iteration);
    const microBatch = (index: number): Promise<Record<string, HostArray>> =>
      Promise.resolve({ hr: microImages(batch.hr, data.gtSize, microRange(index, train.microBatch)) });
    const { terms, gradNorms, extras } = await update.run(
      microBatch,
      adamwScalars(adamwConfig(train), lr, iteration),
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
    const scores: number[] = [];
    for (const { hr } of pairs) scores.push(psnrOfImages(hr, await this.reconstruct(hr, iteration)));
    const psnr = scores.reduce((a, b) => a + b, 0) / scores.length;
    return { metrics: { psnrRgb: psnr }, score: -psnr };
  }

  async sample(pairs: readonly ValidationPair[], iteration: number): Promise<{ rows: GridRow[]; columns: string[] }> {
    const rows: GridRow[] = [];
    for (const { name, lq, hr } of pairs) {
      rows.push({ label: name, images: [lq, await this.reconstruct(hr, iteration), hr].map(gridImage) });
    }
    return { rows, columns: ['LR', 'autoencoder', 'HR'] };
  }

  private async update(quantised: boolean): Promise<Update> {
    const { config, engine } = this.context;
    const { microBatch, batch, weightDecay } = config.train;
    const size = config.data.gtSize;
    const known = this.updates.get(quantised);
    if (known) return known;
    const update = await createUpdate(
      engine,
      {
        name: 'autoencoder update',
        groups: [MODEL],
        inputs: { hr: { shape: [microBatch, size, size, 3], dtype: 'float32' } },
        ema: { group: EMA, source: MODEL },
        recompute: config.train.recompute,
        loss: (inputs, params, state) => this.loss(inputs, params[MODEL]!, state, quantised),
      },
      batch / microBatch,
      weightDecay > 0,
    );
    this.updates.set(quantised, update);
    return update;
  }

  private loss(inputs: Tensors, params: Params, state: StateAccess, quantised: boolean): LossValue {
    const { l1Weight, codebookWeight, commitment, perceptual } = this.context.config.autoencoderTraining;
    const hr = inputs['hr']!;
    const latent = encode(params, this.network, hr);
    const code = quantised ? quantize(params, this.network, latent) : undefined;
    const decoded = decode(params, this.network, code?.quantized ?? latent, { quantize: false });
    const terms: Record<string, Tensor> = { l1: tf.mean(reconstructionLoss(decoded, hr)) };
    const weighted = [tf.mul(terms['l1']!, l1Weight)];
    if (this.perceptual) {
      terms['perceptual'] = tf.mean(this.perceptual.distance(state, decoded, hr));
      weighted.push(tf.mul(terms['perceptual'], perceptual.weight));
    }
    if (code) {
      const codes = lookUpCodes(params, code.indices);
      terms['codebook'] = tf.mean(codebookLoss(codes, latent));
      terms['commitment'] = tf.mean(commitmentLoss(codes, latent));
      weighted.push(tf.mul(tf.add(terms['codebook'], tf.mul(terms['commitment'], commitment)), codebookWeight));
    }
    return { total: tf.addN(weighted), terms, extras: code ? { indices: code.indices } : {} };
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
      const { hr } = await batches.batch(iteration + index);
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
