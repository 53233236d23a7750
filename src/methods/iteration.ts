/** @file What methods do alike in an iteration: cut a batch into micro-batches, make an update, name its numbers. */
import type { RunConfig } from '../config/schema.js';
import type { HostArray } from '../engine/host_array.js';
import { adamwConfig, adamwScalars } from '../optimizer/adamw.js';
import type { SampleRange } from '../optimizer/draws.js';
import { learningRate } from '../optimizer/lr_schedule.js';
import { microImages, microRange } from '../optimizer/micro_batches.js';
import type { MicroBatch, Update, UpdateResult } from '../optimizer/update.js';
import type { PairBatch } from './method.js';

/**
 * Micro-batches of an update on pairs: `hr`, `lq`, and what the method adds to them.
 * @param lqSide Side of a low-resolution crop.
 * @param added Further inputs of some samples, whose low-resolution images [n, lqSide, lqSide, 3] are given.
 */
export function pairFeeds(
  { train, data }: RunConfig,
  lqSide: number,
  batch: PairBatch,
  added: (range: SampleRange, lq: HostArray) => Promise<Record<string, HostArray>> | Record<string, HostArray>,
): MicroBatch {
  return async (index) => {
    const range = microRange(index, train.microBatch);
    const lq = microImages(batch.lq, lqSide, range);
    return { hr: microImages(batch.hr, data.gtSize, range), lq, ...(await added(range, lq)) };
  };
}

/** The update of a method that makes one an iteration: at the run's learning rate, followed by the moving average. */
export async function onlyUpdate(
  update: Update,
  feeds: MicroBatch,
  { train }: RunConfig,
  iteration: number,
): Promise<{ readonly result: UpdateResult; readonly numbers: Record<string, number> }> {
  const lr = learningRate(train.scheduler, train.lr, iteration);
  const result = await update.run(feeds, () => adamwScalars(adamwConfig(train), lr, iteration), train.ema);
  const [gradNorm] = Object.values(result.gradNorms);
  return { result, numbers: { ...result.terms, gradNorm: gradNorm!, lr } };
}

/** Numbers of one of several updates of an iteration: `<update>/<term>`, `gradNorm/<group>`. */
export function namedNumbers(update: string, { terms, gradNorms }: UpdateResult): Record<string, number> {
  const named = (prefix: string, values: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]);
  return Object.fromEntries([...named(update, terms), ...named('gradNorm', gradNorms)]);
}
