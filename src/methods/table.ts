/** @file The one place that knows which methods there are. */
import type { RunConfig } from '../config/schema.js';
import type { Method, MethodContext } from './method.js';
import type { Outline } from '../optimizer/outline.js';
import { AutoencoderMethod } from './autoencoder.js';
import { outlineAutoencoder } from './autoencoder_outline.js';
import { DistillationMethod } from './distillation.js';
import { outlineDistillation } from './distillation_outline.js';
import { ResShiftMethod } from './resshift.js';
import { outlineResShift } from './resshift_outline.js';
import { SinsrMethod } from './sinsr.js';
import { outlineSinsr } from './sinsr_outline.js';

/** Builds the method that `config.method` names; files of weights are read and checked here. */
export async function createMethod(context: MethodContext): Promise<Method> {
  switch (context.config.method) {
    case 'autoencoder':
      return new AutoencoderMethod(context);
    case 'resshift':
      return ResShiftMethod.create(context);
    case 'sinsr':
      return SinsrMethod.create(context);
    case 'rsd':
    case 'vsd':
    case 'sid':
      return DistillationMethod.create(context);
  }
}

/** What the method that `config.method` names keeps resident and does, in the largest phase of the run. */
export function outlineRun(config: RunConfig): Outline {
  switch (config.method) {
    case 'autoencoder':
      return outlineAutoencoder(config);
    case 'resshift':
      return outlineResShift(config);
    case 'sinsr':
      return outlineSinsr(config);
    case 'rsd':
    case 'vsd':
    case 'sid':
      return outlineDistillation(config);
  }
}
