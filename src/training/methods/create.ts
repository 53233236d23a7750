/** @file The one place that knows which methods there are. */
import type { RunConfig } from '../../config/schema.js';
import { requireTrainable } from '../../config/trainable.js';
import type { Method, MethodContext } from '../method.js';
import type { Outline } from '../outline.js';
import { AutoencoderMethod } from './autoencoder.js';
import { outlineAutoencoder } from './autoencoder_outline.js';
import { ResShiftMethod } from './resshift.js';
import { outlineResShift } from './resshift_outline.js';
import { RsdMethod } from './rsd.js';
import { outlineRsd } from './rsd_outline.js';

/** Builds the method that `config.method` names; files of weights are read and checked here. */
export async function createMethod(context: MethodContext): Promise<Method> {
  const { config } = context;
  requireTrainable(config);
  switch (config.method) {
    case 'autoencoder':
      return new AutoencoderMethod(context);
    case 'resshift':
      return ResShiftMethod.create(context);
    case 'rsd':
      return RsdMethod.create(context);
  }
}

/** What the method that `config.method` names keeps resident and does, in the largest phase of the run. */
export function outlineRun(config: RunConfig): Outline {
  requireTrainable(config);
  switch (config.method) {
    case 'autoencoder':
      return outlineAutoencoder(config);
    case 'resshift':
      return outlineResShift(config);
    case 'rsd':
      return outlineRsd(config);
  }
}
