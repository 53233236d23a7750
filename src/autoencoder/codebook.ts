/** @file A codebook to begin with: cluster centres of latents of training crops. */
import type { HostArray } from '../engine/host_array.js';
import type { Engine, Executable } from '../engine/types.js';
import { encode } from '../nn/autoencoder.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import type { HostTensor } from '../weights/tree.js';
import { AUTOENCODER_GROUP } from './first_stage.js';
import { kmeans } from './kmeans.js';

/** Latent vectors per code that k-means sees. */
const VECTORS_PER_CODE = 6;
const KMEANS_ROUNDS = 4;

/**
 * Codes [nEmbed, embedDim] by k-means of latents of the resident autoencoder.
 * @param batches Crops [n, side, side, 3] in [-1, 1], each batch in its micro-batches; as many are taken as are needed.
 */
export async function codebookOf(
  engine: Pick<Engine, 'prepare'>,
  network: AutoencoderConfig,
  batches: AsyncIterable<readonly HostArray[]>,
  seed: number,
): Promise<HostTensor> {
  const { embedDim, nEmbed } = network;
  const vectors: Float32Array[] = [];
  let encoder: Executable | undefined;
  let values = 0;
  for await (const batch of batches) {
    for (const hr of batch) {
      encoder ??= engine.prepare({
        name: 'encode',
        inputs: { hr: { shape: hr.shape, dtype: 'float32' } },
        body: (inputs, state) => ({ latent: encode(state.read(AUTOENCODER_GROUP), network, inputs['hr']!) }),
      });
      const { latent } = await encoder.run({ hr });
      vectors.push(latent!.data as Float32Array);
      values += latent!.data.length;
    }
    if (values >= nEmbed * VECTORS_PER_CODE * embedDim) break;
  }
  const sample = Float32Array.from(vectors.flatMap((part) => [...part]));
  return { shape: [nEmbed, embedDim], data: kmeans(sample, embedDim, nEmbed, { rounds: KMEANS_ROUNDS, seed }) };
}
