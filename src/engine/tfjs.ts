/** @file The one door to TensorFlow.js: every other file imports `tf` from here. */
import './quiet_logs.js';
import { createRequire } from 'node:module';
import util from 'node:util';
import type * as Tfjs from '@tensorflow/tfjs-node-gpu';
import { selectedGpuOptions } from './device.js';
import { Graph } from './graph.js';
import { Session } from './session.js';

// tfjs-node 4.22 still calls these helpers, which Node removed in version 23.
const removedHelpers: Record<string, (value: unknown) => boolean> = {
  isNullOrUndefined: (value) => value === null || value === undefined,
  isArray: Array.isArray,
  isString: (value) => typeof value === 'string',
};

function restoreRemovedHelpers(): void {
  const target = util as unknown as Record<string, unknown>;
  for (const [name, helper] of Object.entries(removedHelpers)) target[name] ??= helper;
}

restoreRemovedHelpers();

// TensorFlow.js starts without memory options; the first session of a process decides how GPU memory is taken.
const gpu = selectedGpuOptions();
if (gpu) new Session(new Graph(), { gpu });

const require = createRequire(import.meta.url);
/** TensorFlow.js on the native TensorFlow library. */
export const tf = require('@tensorflow/tfjs-node-gpu') as typeof Tfjs;

export type Tensor = Tfjs.Tensor;
/** Named tensors. */
export type Tensors = Readonly<Record<string, Tensor>>;
/** Parameters of a network by official name, in TensorFlow's memory layout (see `models/layout.ts`). */
export type Params = Tensors;
