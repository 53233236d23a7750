/** @file What the loop knows of a method: its state, its iteration, its validation, its exported model. */
import type { Engine, HostArray } from '../engine/types.js';
import type { RunConfig } from '../config/schema.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import type { Weighted } from '../models/model_file.js';
import type { GridImage, GridRow } from '../images/image_grid.js';
import type { ValidationMeasures } from '../training/validation_measures.js';

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
  readonly measures: ValidationMeasures;
  readonly log: (line: string) => void;
}

/** Result of a validation. */
export interface ValidationResult {
  /** Metrics, logged with the iteration's numbers as `validation/<name>`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** A held-out image in [-1, 1]: lq [1,h,w,3], and hr [1,H,W,3] where there is one (for all of a run, or none). */
export interface HeldOutImage {
  readonly name: string;
  readonly lq: HostArray;
  readonly hr?: HostArray;
}

/** A held-out image that a restoration can be compared with. */
export type ValidationPair = HeldOutImage & { readonly hr: HostArray };

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
  /** Metrics of the moving average on held-out pairs. */
  validate(pairs: readonly ValidationPair[], iteration: number): Promise<ValidationResult>;
  /** The same of what the trained network is held against (the teacher of a distillation, in all its steps), if there is. */
  validateTeacher?(pairs: readonly ValidationPair[]): Promise<ValidationResult>;
  /** Rows of a sample grid and its column labels. */
  sample(images: readonly HeldOutImage[], iteration: number): Promise<{ rows: GridRow[]; columns: string[] }>;
  /** Frozen autoencoder that the exported model needs beside the trained network. */
  readonly autoencoder?: Weighted<AutoencoderConfig>;
}

/**
 * Rows of held-out images: LR, what `made` gives of each, HR where there is one.
 * @param labels of what `made` gives
 */
export async function sampleRows(
  images: readonly HeldOutImage[],
  labels: readonly string[],
  made: (image: HeldOutImage) => Promise<readonly HostArray[]>,
): Promise<{ rows: GridRow[]; columns: string[] }> {
  const rows: GridRow[] = [];
  for (const image of images) {
    const shown = [image.lq, ...(await made(image)), ...(image.hr ? [image.hr] : [])];
    rows.push({ label: image.name, images: shown.map(gridImage) });
  }
  return { rows, columns: ['LR', ...labels, ...(images[0]?.hr ? ['HR'] : [])] };
}

/** First image of a batch [1,H,W,3] as a grid's image. */
export function gridImage({ shape, data }: HostArray): GridImage {
  return { data: data as Float32Array, height: shape[1]!, width: shape[2]! };
}
