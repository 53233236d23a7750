/** @file `method: autoencoder`: a VQ autoencoder from scratch; L1, perceptual and codebook losses, straight-through codes. */
import { codebookOf } from '../autoencoder/codebook.js';
import { AUTOENCODER_GROUP } from '../autoencoder/first_stage.js';
import { autoencoderConfigOf } from '../autoencoder/read.js';
import { autoencoderUpdateSpec } from '../autoencoder/update.js';
import type { RunConfig } from '../config/schema.js';
import type { HostArray } from '../engine/host_array.js';
import type { Executable } from '../engine/types.js';
import { treeToMemory } from '../models/layout.js';
import { PERCEPTUAL_GROUP, readResidentPerceptual, residentPerceptual } from '../models/resident_perceptual.js';
import { startingTree } from '../models/starting_tree.js';
import { decode, encode } from '../nn/autoencoder.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import { autoencoderSpecs } from '../nn/autoencoder_specs.js';
import { CODEBOOK } from '../nn/quantizer.js';
import { microImages, microRange } from '../optimizer/micro_batches.js';
import { defineNetworks, EMA, stateGroups, type Outline, type OutlinedUpdate } from '../optimizer/outline.js';
import { createUpdate, type MicroBatch, type Update } from '../optimizer/update.js';
import type { HostTree } from '../weights/tree.js';
import { onlyUpdate } from './iteration.js';
import type { Method, MethodContext, MethodEntry, Restoration } from './method.js';

/** A VQ autoencoder; its moving average is what the run makes. */
export const autoencoderMethod: MethodEntry = {
  outline: outlineAutoencoder,
  create: (context) => Promise.resolve(new AutoencoderMethod(context)),
  product: () => ({ kind: 'autoencoder' }),
};

interface AutoencoderOutline extends Outline {
  readonly network: AutoencoderConfig;
  readonly updates: Readonly<Record<'autoencoder', OutlinedUpdate>>;
}

/** @param quantised Whether the decoder gets codes or, as before the codebook is made, the latent as it is. */
function outlineAutoencoder(config: RunConfig, quantised = config.autoencoder.quantized): AutoencoderOutline {
  const network = autoencoderConfigOf(config);
  const perceptual = residentPerceptual(config.autoencoderTraining.perceptual);
  const { batch, microBatch } = config.train;
  return {
    network,
    networks: [
      { group: AUTOENCODER_GROUP, specs: autoencoderSpecs(network), role: 'averaged' },
      ...(perceptual ? [perceptual.network] : []),
    ],
    updates: {
      autoencoder: { times: 1, spec: autoencoderUpdateSpec({ config, network, perceptual, quantised }) },
    },
    microBatches: batch / microBatch,
  };
}

class AutoencoderMethod implements Method {
  readonly stateGroups: readonly string[];
  readonly batchesPerIteration = 1;
  readonly shownTerms = ['l1', 'perceptual', 'codebook', 'codesUsed'];
  private readonly outline: AutoencoderOutline;
  private readonly network: AutoencoderConfig;
  private readonly updates = new Map<boolean, Update>();
  private readonly reconstructions = new Map<string, Executable>();

  constructor(private readonly context: MethodContext) {
    this.outline = outlineAutoencoder(context.config);
    this.network = this.outline.network;
    this.stateGroups = stateGroups(this.outline);
  }

  async initialise(): Promise<void> {
    const { config, engine } = this.context;
    const { initFrom, perceptual } = config.autoencoderTraining;
    const start = (): Promise<HostTree> =>
      startingTree(autoencoderSpecs(this.network), config.seed, initFrom, (model) => model.autoencoder);
    await defineNetworks(engine, this.outline, {
      [AUTOENCODER_GROUP]: async () => treeToMemory(await start()),
      [PERCEPTUAL_GROUP]: () => readResidentPerceptual(perceptual),
    });
  }

  async iterate(iteration: number): Promise<Record<string, number>> {
    const { config, batches } = this.context;
    const { method, atIteration } = config.autoencoderTraining.codebookInit;
    const quantised = this.quantises(iteration);
    if (quantised && method === 'kmeans' && iteration === atIteration) await this.initialiseCodebook(iteration);
    const update = this.update(quantised);
    const { hr } = await batches.batch(iteration - 1);
    const feeds: MicroBatch = (index) => Promise.resolve({ hr: this.crops(hr, index) });
    const { result, numbers } = await onlyUpdate(update, feeds, config, iteration);
    const codes = new Set(result.extras.flatMap((extra) => (extra['indices'] ? [...extra['indices'].data] : [])));
    return { ...numbers, ...(quantised ? { codesUsed: codes.size / this.network.nEmbed } : {}) };
  }

  restoration(iteration: number): Restoration {
    return { label: 'autoencoder', restore: ({ lq, hr = lq }) => this.reconstruct(hr, this.quantises(iteration)) };
  }

  shown(iteration: number): readonly Restoration[] {
    return [this.restoration(iteration)];
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

  /** A micro-batch of HR crops. */
  private crops(hr: Float32Array, index: number): HostArray {
    const { train, data } = this.context.config;
    return microImages(hr, data.gtSize, microRange(index, train.microBatch));
  }

  /** The network gets a codebook made of its own latents; the moving average gets the same. */
  private async initialiseCodebook(iteration: number): Promise<void> {
    const { config, engine, log } = this.context;
    log(`making ${this.network.nEmbed} codes by k-means of latents`);
    const codebook = await codebookOf(engine, this.network, this.cropsFrom(iteration), config.seed);
    const groups = await engine.fetch([AUTOENCODER_GROUP, EMA]);
    await engine.store(
      Object.fromEntries(
        Object.entries(groups).map(([group, tree]) => [group, new Map([...tree, [CODEBOOK, codebook]])]),
      ),
    );
  }

  /** Training crops as they come from a batch on, one batch after another. */
  private async *cropsFrom(first: number): AsyncGenerator<readonly HostArray[]> {
    const { microBatches } = this.outline;
    for (let index = first; ; index++) {
      const { hr } = await this.context.batches.fresh(index);
      yield Array.from({ length: microBatches }, (_, part) => this.crops(hr, part));
    }
  }

  /** Codes are used from the moment the codebook exists. */
  private quantises(iteration: number): boolean {
    const { method, atIteration } = this.context.config.autoencoderTraining.codebookInit;
    return this.network.quantized && (method === 'none' || iteration >= atIteration);
  }

  private async reconstruct(hr: HostArray, quantised: boolean): Promise<HostArray> {
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
