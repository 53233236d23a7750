/** @file What the loop knows of a method: its state, its iteration, what it restores, its exported model. */
import type { RunConfig } from '../config/schema.js';
import type { HostArray } from '../engine/host_array.js';
import type { Engine } from '../engine/types.js';
import type { Model, Weighted } from '../models/model.js';
import type { ResidentPerceptual } from '../models/resident_perceptual.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import type { Outline } from '../optimizer/outline.js';

/** Images of one batch in [-1, 1]: hr [B,H,W,3], lq [B,H/sf,W/sf,3]. */
export interface PairBatch {
  readonly hr: Float32Array;
  readonly lq: Float32Array;
}

/** Batches by number. */
export interface PairBatches {
  /** The batch to train on; each once and in order, since a pool of pairs may be on the way. */
  batch(index: number): Promise<PairBatch>;
  /** The pairs as they were made; any number, as often as wanted: the same number gives the same batch. */
  fresh(index: number): Promise<PairBatch>;
}

/** What a method is built from. */
export interface MethodContext {
  readonly config: RunConfig;
  readonly engine: Engine;
  readonly batches: PairBatches;
  readonly log: (line: string) => void;
}

/** A held-out image in [-1, 1]: lq [1,h,w,3], and hr [1,H,W,3] where there is one (for all of a run, or none). */
export interface HeldOutImage {
  readonly name: string;
  readonly lq: HostArray;
  readonly hr?: HostArray;
}

/** A way to restore held-out images with networks of the run. */
export interface Restoration {
  /** As sample grids name it. */
  readonly label: string;
  /** [1,H,W,3] in [-1,1]. */
  restore(image: HeldOutImage): Promise<HostArray>;
}

/** A training method over resident state. */
export interface Method {
  /** Groups that make the train state, in memory layout; every other resident group is frozen or scratch. */
  readonly stateGroups: readonly string[];
  /** Batches that one iteration consumes. */
  readonly batchesPerIteration: number;
  /** Defines all resident groups, trained ones as they start. */
  initialise(): Promise<void>;
  /** One iteration (1, 2, ...); returns the numbers to log. */
  iterate(iteration: number): Promise<Record<string, number>>;
  /** Names of the terms that the progress line shows. */
  readonly shownTerms: readonly string[];
  /** What validation measures: the moving average after an iteration. */
  restoration(iteration: number): Restoration;
  /** What the trained network is held against (the teacher of a distillation, in all its steps), if there is; it never changes. */
  readonly reference?: Restoration;
  /** Columns of a sample grid after an iteration. */
  shown(iteration: number): readonly Restoration[];
  /** The run's own perceptual distance, which its validation measures too. */
  readonly perceptual?: ResidentPerceptual;
  /** Frozen autoencoder that the exported model needs beside the trained network. */
  readonly autoencoder?: Weighted<AutoencoderConfig>;
}

/** What a method trains: a model's kind, and what its file says beyond the run's networks. */
export interface Product {
  readonly kind: Model['kind'];
  /** The student's noise channels. */
  readonly noiseChannels?: number;
  /** The student's timesteps. */
  readonly timesteps?: readonly number[];
}

/** A method as the table of methods lists it. */
export interface MethodEntry {
  /** What it keeps resident and does, in the largest phase of a run. */
  outline(config: RunConfig): Outline;
  /** Files of weights are read and checked here. @throws UserError if one does not fit. */
  create(context: MethodContext): Promise<Method>;
  product(config: RunConfig): Product;
}
