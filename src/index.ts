/**
 * @file The library: what programs other than the command lines use. Written in TypeScript without a build: run with tsx.
 *
 * The device is chosen before TensorFlow starts; set `CUDA_VISIBLE_DEVICES` before importing this, or `-1` for the CPU.
 */
export { loadRunConfig } from './config/load.js';
export { UserError } from './errors/user_error.js';
export { exportCheckpoint } from './export/from_checkpoint.js';
export type { Picture } from './images/picture.js';
export type { Model } from './models/model.js';
export { readModelFile } from './models/model_file.js';
export { loadModel, type ModelFiles } from './restore/load_model.js';
export type { RawImage } from './restore/raw_image.js';
export { restore, type EncodedAs, type RestoreOptions } from './restore/restore.js';
export { createRestorer, type Restorer, type RestorerOptions } from './restore/restorer.js';
export { train, type TrainOptions, type TrainResult } from './training/trainer.js';
