/** @file A thread that makes batches: gets a {@link BatchRecipe} as its data, answers batch indices with batches. */
import { parentPort, workerData } from 'node:worker_threads';
import { BatchMaker, type BatchRecipe, type MadeBatch } from './batch_maker.js';
import { drawBuffers } from './degradation/draws.js';

const maker = new BatchMaker(workerData as BatchRecipe);
const port = parentPort!;

port.on('message', (index: number) => {
  void maker.make(index).then((made) => {
    port.postMessage(made, buffersOf(made));
  });
});

/** Memory that goes over to the main thread instead of being copied. */
function buffersOf({ batch }: MadeBatch): ArrayBuffer[] {
  if (!batch) return [];
  const images = 'lq' in batch ? [batch.hr, batch.lq] : [batch.hr];
  return [...images.map(({ buffer }) => buffer as ArrayBuffer), ...(batch.draws ? drawBuffers(batch.draws) : [])];
}
