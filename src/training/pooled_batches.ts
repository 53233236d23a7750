/** @file The batches of a training, out of the pool of pairs where there is one; the pool is part of the train state. */
import type { RunConfig } from '../config/schema.js';
import { PairPool, poolSize } from '../data/pair_pool.js';
import { UserError } from '../errors/user_error.js';
import type { PairBatch, PairBatches } from '../methods/method.js';
import type { StoredTrainState } from './checkpoint_store.js';
import type { TrainState } from './train_state.js';

/** Group of the train state that holds the pool's pairs. */
const POOL = 'pool';
/** Counter of the train state: the batch that comes to the pool next. */
const NEXT = 'nextPooledBatch';

/** Batches as the training takes them. */
export class PooledBatches implements PairBatches {
  private readonly pool: PairPool | undefined;

  constructor(
    private readonly stream: { batch(index: number): Promise<PairBatch> },
    { data, train, seed }: RunConfig,
  ) {
    const size = poolSize(data, train.batch);
    const sides = { hrSide: data.gtSize, lqSide: data.gtSize / data.scale };
    if (size > 0) this.pool = new PairPool({ seed, size, batch: train.batch, ...sides });
  }

  async batch(index: number): Promise<PairBatch> {
    const pairs = await this.fresh(index);
    return this.pool ? this.pool.exchange(index, pairs) : pairs;
  }

  fresh(index: number): Promise<PairBatch> {
    return this.stream.batch(index);
  }

  /** What a checkpoint has to hold. */
  state(): Pick<TrainState, 'groups' | 'counters'> {
    const { pool } = this;
    return pool ? { groups: { [POOL]: pool.state() }, counters: { [NEXT]: pool.next } } : { groups: {}, counters: {} };
  }

  /** @throws UserError if the checkpoint was written without a pool. */
  restore({ groups, counters, folder }: StoredTrainState): void {
    if (!this.pool) return;
    const [pairs, next] = [groups[POOL], counters[NEXT]];
    if (!pairs || next === undefined) throw new UserError(`the checkpoint lacks the group ${POOL}`, { file: folder });
    this.pool.restore(pairs, next);
  }
}
