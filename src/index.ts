/**
 * @file The library: what programs other than the command lines use. Written in TypeScript without a build: run with tsx.
 *
 * The device is chosen before TensorFlow starts; set `CUDA_VISIBLE_DEVICES` before importing this, or `-1` for the CPU.
 */
export { loadRunConfig } from './config/load.js';
export { UserError } from './errors.js';
export { exportCheckpoint } from './export/from_checkpoint.js';
export { readPicture, writePng } from './restore/image_io.js';
export type { Picture } from './restore/picture.js';
export { createRestorer, type Restorer, type RestorerOptions } from './restore/restorer.js';
export { train, type TrainOptions, type TrainResult } from './training/trainer.js';
export { readModelFile, type Model } from './weights/model_file.js';
