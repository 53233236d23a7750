/** @file The one place that knows which methods there are. */
import { requireTrainable } from '../../config/trainable.js';
import type { Method, MethodContext } from '../method.js';
import { AutoencoderMethod } from './autoencoder.js';
import { ResShiftMethod } from './resshift.js';
import { RsdMethod } from './rsd.js';

/** Builds the method that `config.method` names; files of weights are read and checked here. */
export async function createMethod(context: MethodContext): Promise<Method> {
  const { config } = context;
  requireTrainable(config);
  switch (config.method) {
    case 'autoencoder':
      return AutoencoderMethod.create(context);
    case 'resshift':
      return ResShiftMethod.create(context);
    case 'rsd':
      return RsdMethod.create(context);
  }
}
