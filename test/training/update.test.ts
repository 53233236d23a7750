/** @file Updates as programs: one AdamW step by hand, whatever the loss calls its inputs. */
import { expect, it } from 'vitest';
import { createEngine } from '../../src/engine/engine.js';
import { tf, type Params, type Tensors } from '../../src/engine/tfjs.js';
import type { EngineKind } from '../../src/engine/types.js';
import { adamwScalars, momentsLike } from '../../src/training/optimizer.js';
import { createUpdate } from '../../src/training/update.js';

/** One update of w = [1, 2] for the loss mean(eps * w), `eps` being the loss's own input. */
async function updateOnce(kind: EngineKind, microBatches: number) {
  const w = new Map([['w', { shape: [2], data: Float32Array.of(1, 2) }]]);
  const engine = createEngine({ kind });
  try {
    await engine.define({ net: w, 'net.m': momentsLike(w), 'net.v': momentsLike(w), ema: w });
    const spec = {
      name: 'update',
      groups: ['net'],
      inputs: { eps: { shape: [2], dtype: 'float32' as const } },
      ema: { group: 'ema', source: 'net' },
      loss: (inputs: Tensors, params: Readonly<Record<string, Params>>) => {
        const total = tf.mean(tf.mul(inputs['eps']!, params['net']!['w']!));
        return { total, terms: { loss: total } };
      },
    };
    const update = await createUpdate(engine, spec, microBatches, false);
    const scalars = adamwScalars({ betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0 }, 0.25, 1);
    const feeds = { eps: { shape: [2], data: Float32Array.of(4, -8) } };
    const result = await update.run(() => Promise.resolve(feeds), scalars, 0.5);
    const { net, ema } = await engine.fetch(['net', 'ema']);
    return { result, net: [...net!.get('w')!.data], ema: [...ema!.get('w')!.data] };
  } finally {
    engine.dispose();
  }
}

it.each([
  ['eager', 1],
  ['compiled', 1],
  ['compiled', 2],
] as const)('%s, %i micro-batches: the first AdamW step is lr against the sign', async (kind, microBatches) => {
  const before = tf.memory().numTensors;
  const { result, net, ema } = await updateOnce(kind, microBatches);
  expect(result.terms).toEqual({ total: -6, loss: -6 });
  expect(result.gradNorms['net']).toBeCloseTo(Math.hypot(2, 4), 5);
  [0.75, 2.25].forEach((expected, i) => expect(net[i]).toBeCloseTo(expected, 5));
  [0.875, 2.125].forEach((expected, i) => expect(ema[i]).toBeCloseTo(expected, 5));
  expect(tf.memory().numTensors).toBe(before);
});
