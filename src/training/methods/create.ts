/** @file The one place that knows which methods there are. */
import type { Method, MethodContext } from '../method.js';
import { AutoencoderMethod } from './autoencoder.js';

/** Builds the method that `config.method` names; files of weights are read and checked here. */
export function createMethod(context: MethodContext): Promise<Method> {
  return AutoencoderMethod.create(context);
}
