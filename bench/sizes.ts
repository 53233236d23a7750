/** @file The sizes that are measured, as the run files that describe them. */
import { loadRunConfig } from '../src/config/load.js';
import type { RunConfig } from '../src/config/schema.js';
import { planAutoencoder } from '../src/nn/autoencoder_config.js';

/** `tiny`: the shipped tiny teacher; `full`: the official networks (118.6M U-Net, 55M autoencoder, 256-pixel crops). */
export const SIZES = ['tiny', 'full'] as const;
export type Size = (typeof SIZES)[number];

const RUN_FILES: Readonly<Record<Size, string>> = { tiny: 'tiny-teacher.yaml', full: 'realsr.yaml' };

/** The run of a size at `batch`, with further overrides (`key=value`) of its run file. */
export async function sizedRun(size: Size, batch: number, overrides: readonly string[] = []): Promise<RunConfig> {
  const batches = [`train.batch=${batch}`, `train.microBatch=${batch}`];
  return (await loadRunConfig(RUN_FILES[size], [...batches, ...overrides])).config;
}

/** Side of the latent of one training crop. */
export function latentSide({ data, autoencoder: { weights: _, ...config } }: RunConfig): number {
  return data.gtSize / planAutoencoder(config).factor;
}
