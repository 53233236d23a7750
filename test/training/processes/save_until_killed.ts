/** @file Saves states without end and says when each is saved: `save_until_killed.ts <folder> <next|same>`. */
import { CheckpointStore } from '../../../src/training/checkpoint_store.js';
import { exampleState } from '../example_state.js';

const [folder, mode] = process.argv.slice(2) as [string, 'next' | 'same'];

async function saveForever(): Promise<never> {
  const store = new CheckpointStore(folder, { keepLast: 2 });
  const resumed = await store.latestValid();
  let iteration = resumed?.iteration ?? 0;
  for (let generation = (resumed?.counters['generation'] ?? 0) + 1; ; generation++) {
    if (mode === 'next') iteration++;
    await store.save(exampleState(iteration, generation));
    process.stdout.write(`${iteration} ${generation}\n`);
  }
}

void saveForever();
