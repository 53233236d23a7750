/** @file The methods by the name that `method` of a run file gives them: the one place that lists them all. */
import type { RunConfig } from '../config/schema.js';
import type { Outline } from '../optimizer/outline.js';
import { autoencoderMethod } from './autoencoder.js';
import type { Method, MethodContext, MethodEntry } from './method.js';
import { resshiftMethod } from './resshift.js';
import { rsdMethod } from './rsd.js';
import { sidMethod } from './sid.js';
import { sinsrMethod } from './sinsr.js';
import { vsdMethod } from './vsd.js';

/** Every method. */
export const METHODS: Readonly<Record<RunConfig['method'], MethodEntry>> = {
  rsd: rsdMethod,
  vsd: vsdMethod,
  sid: sidMethod,
  sinsr: sinsrMethod,
  resshift: resshiftMethod,
  autoencoder: autoencoderMethod,
};

/** Builds the run's method. @throws UserError if a file of weights does not fit. */
export const createMethod = (context: MethodContext): Promise<Method> => METHODS[context.config.method].create(context);

/** What the run keeps resident and does, in its largest phase. */
export const outlineRun = (config: RunConfig): Outline => METHODS[config.method].outline(config);
