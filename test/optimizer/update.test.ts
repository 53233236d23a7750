/** @file Updates: micro-batches change nothing but memory, a guard stops before anything is updated. */
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/engine/engine.js';
import { GuardError } from '../../src/engine/guard_error.js';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf } from '../../src/engine/tfjs.js';
import type { EngineKind } from '../../src/engine/types.js';
import { adamwScalars } from '../../src/optimizer/adamw.js';
import { EMA, startingGroups } from '../../src/optimizer/outline.js';
import { createUpdate, type UpdateResult, type UpdateSpec } from '../../src/optimizer/update.js';
import type { HostTree } from '../../src/weights/tree.js';
import { engineKinds } from '../helpers/evaluate.js';
import { sampleArray } from '../helpers/gradient_check.js';

type Tensor2D = ReturnType<typeof tf.tensor2d>;

const BATCH = 6;
const optimizer = { betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0.01 } as const;
const tree: HostTree = new Map([
  ['w', sampleArray('w', [4, 3]) as { shape: number[]; data: Float32Array }],
  ['unused', { shape: [2], data: Float32Array.of(1, 2) }],
]);
const batch = sampleArray('x', [BATCH, 4]);

/** Fits w so that x w comes near 1; the parameter `unused` is out of the loss's reach. */
const spec = (size: number): UpdateSpec => ({
  name: 'fit',
  groups: ['net'],
  inputs: { x: { shape: [size, 4], dtype: 'float32' } },
  ema: { group: EMA, source: 'net' },
  constants: ({ x }) => ({ target: tf.onesLike(tf.slice(x!, [0, 0], [size, 3])) }),
  loss: ({ x }, params, _, { target }) => {
    const error = tf.squaredDifference(tf.matMul(x as Tensor2D, params['net']!['w'] as Tensor2D), target!);
    const loss = tf.mean(error);
    return { total: loss, terms: { loss }, extras: { largest: tf.max(error) } };
  },
});

async function threeUpdates(kind: EngineKind, size: number, x: HostArray = batch) {
  const engine = createEngine({ kind });
  try {
    await engine.define(startingGroups({ group: 'net', role: 'averaged' }, BATCH / size, tree));
    const update = createUpdate(engine, spec(size), BATCH / size, true);
    const results: UpdateResult[] = [];
    for (let step = 1; step <= 3; step++) {
      const part = (index: number) => {
        const data = (x.data as Float32Array).slice(index * size * 4, (index + 1) * size * 4);
        return Promise.resolve({ x: { shape: [size, 4], data } });
      };
      results.push(await update.run(part, () => adamwScalars(optimizer, 0.05, step), 0.9));
    }
    return { results, state: await engine.fetch(['net', 'net.m', 'net.v', EMA]) };
  } catch (error) {
    const state = await engine.fetch(['net']);
    return { error, state, results: [] };
  } finally {
    engine.dispose();
  }
}

describe.each(engineKinds)('updates, %s', (kind) => {
  it.each([1, 2, 3])('micro-batches of %i give the same losses, norms and weights as the whole batch', async (size) => {
    const before = tf.memory().numTensors;
    const whole = await threeUpdates(kind, BATCH);
    const parts = await threeUpdates(kind, size);
    whole.results.forEach(({ terms, gradNorms }, step) => {
      expect(parts.results[step]!.terms['loss']).toBeCloseTo(terms['loss']!, 5);
      expect(parts.results[step]!.gradNorms['net']).toBeCloseTo(gradNorms['net']!, 5);
      expect(parts.results[step]!.extras).toHaveLength(BATCH / size);
    });
    for (const [group, values] of Object.entries(whole.state)) {
      for (const [name, { data }] of values) {
        const other = parts.state[group]!.get(name)!.data;
        data.forEach((value, i) => expect(other[i]).toBeCloseTo(value, 5));
      }
    }
    expect(whole.results[2]!.terms['loss']).toBeLessThan(whole.results[0]!.terms['loss']!);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([1, 2])('a group that joins later counts its own updates (%i micro-batches)', async (microBatches) => {
    const engine = createEngine({ kind });
    try {
      for (const group of ['net', 'late'])
        await engine.define(startingGroups({ group, role: 'trained' }, microBatches, tree));
      const both: UpdateSpec = {
        ...{ name: 'both', groups: ['net', 'late'], inputs: { x: { shape: [BATCH, 4], dtype: 'float32' } } },
        loss: ({ x }, params) => {
          const [net, late] = ['net', 'late'].map((group) => tf.matMul(x as Tensor2D, params[group]!['w'] as Tensor2D));
          return { total: tf.add(tf.mean(tf.square(net!)), tf.mean(tf.square(late!))), terms: {} };
        },
      };
      const update = createUpdate(engine, both, microBatches, false);
      const scalars = (group: string) => adamwScalars(optimizer, 0.05, group === 'late' ? 1 : 1000);
      await update.run(() => Promise.resolve({ x: batch }), scalars, 0);
      const { net, late } = await engine.fetch(['net', 'late']);
      const moved = (group: HostTree) =>
        Array.from(group.get('w')!.data, (value, i) => Math.abs(value - tree.get('w')!.data[i]!));
      // From zero moments: m / sqrt(v) is 1 with the correction of a first update, (1 - beta1) / sqrt(1 - beta2) without.
      for (const distance of moved(late!)) expect(distance).toBeCloseTo(0.05, 5);
      for (const distance of moved(net!)) expect(distance).toBeCloseTo((0.05 * 0.1) / Math.sqrt(0.05), 5);
    } finally {
      engine.dispose();
    }
  });

  it.each([1, BATCH])('a loss that is not finite stops before the update (micro-batches of %i)', async (size) => {
    const poisoned = { ...batch, data: (batch.data as Float32Array).slice() };
    poisoned.data[BATCH * 4 - 1] = NaN;
    const { error, state } = await threeUpdates(kind, size, poisoned);
    expect(error).toBeInstanceOf(GuardError);
    expect(String(error)).toMatch(/fit: .*not finite/);
    expect(state['net']!.get('w')!.data).toEqual(tree.get('w')!.data);
  });
});
