/** @file A thread that makes batches: gets a {@link BatchRecipe} as its data, answers batch indices with batches. */
import { parentPort, workerData } from 'node:worker_threads';
import { BatchMaker, type BatchRecipe } from './batch_maker.js';

const maker = new BatchMaker(workerData as BatchRecipe);
const port = parentPort!;

port.on('message', (index: number) => {
  void maker.make(index).then((made) => {
    const buffers = made.batch ? [made.batch.hr.buffer as ArrayBuffer, made.batch.lq.buffer as ArrayBuffer] : [];
    port.postMessage(made, buffers);
  });
});
