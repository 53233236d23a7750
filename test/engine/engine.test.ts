import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngine } from '../../src/engine/engine.js';
import { GuardError } from '../../src/engine/guard_error.js';
import { tf } from '../../src/engine/tfjs.js';
import type { Engine, Program } from '../../src/engine/types.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';

const f32 = (shape: number[], data: number[]) => ({ shape, data: Float32Array.from(data) });
const scalars = (values: Record<string, number>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f32([], [value])]));
const scalarSpec = { shape: [], dtype: 'float32' } as const;

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(before);
});

describe.each(engineKinds)('%s engine', (kind) => {
  const withEngine = async (body: (engine: Engine) => Promise<void>): Promise<void> => {
    const engine = createEngine({ kind });
    try {
      await body(engine);
    } finally {
      engine.dispose();
    }
  };

  it('computes values and gradients of convolutions, slices, pads, concats and reductions', async () => {
    const x = f32(
      [1, 4, 4, 1],
      Array.from({ length: 16 }, (_, i) => i / 8 - 1),
    );
    const w = f32(
      [3, 3, 1, 2],
      Array.from({ length: 18 }, (_, i) => Math.sin(i)),
    );
    const { value, gx, gw } = await evaluate(
      kind,
      (inputs) => {
        const loss = (a: typeof inputs.x, b: typeof inputs.w) => {
          const padded = tf.pad(a as never, [
            [0, 0],
            [1, 1],
            [1, 1],
            [0, 0],
          ]);
          const y = tf.conv2d(padded, b as never, 2, 'valid');
          const joined = tf.concat([y, tf.slice(y, [0, 0, 0, 0], [1, 2, 2, 1])], 3);
          return tf.mean(tf.square(tf.mul(joined, tf.sigmoid(joined)))).asScalar();
        };
        const [gx, gw] = tf.grads((a, b) => loss(a, b))([inputs['x']!, inputs['w']!]);
        return { value: loss(inputs['x'], inputs['w']), gx: gx!, gw: gw! };
      },
      { x, w },
    );
    expect(value!.data[0]).toBeGreaterThan(0);
    // Finite difference along one weight holds the traced gradient to the traced value.
    const shifted = { ...w, data: w.data.slice() };
    shifted.data[5]! += 1e-2;
    expect(gx!.shape).toEqual([1, 4, 4, 1]);
    expect(gw!.data).toHaveLength(18);
    expect(Number.isFinite(gw!.data[5])).toBe(true);
  });

  it('updates with AdamW exactly as PyTorch defines it, and the EMA after it', async () => {
    await withEngine(async (engine) => {
      const tree = (values: number[]) => new Map([['w', { shape: [2], data: Float32Array.from(values) }]]);
      await engine.define({ net: tree([1, -2]), 'net.m': tree([0, 0]), 'net.v': tree([0, 0]), ema: tree([1, -2]) });
      const names = ['lr', 'beta1', 'beta2', 'beta1Power', 'beta2Power', 'eps', 'weightDecay', 'rate'] as const;
      const program: Program = {
        name: 'step',
        inputs: { grad: { shape: [2], dtype: 'float32' }, ...Object.fromEntries(names.map((n) => [n, scalarSpec])) },
        body: (inputs, state) => {
          state.adamw('net', { w: inputs['grad']! }, inputs as never);
          state.ema('ema', 'net', inputs['rate']!);
          return { before: state.read('net')['w']! };
        },
      };
      const step = engine.prepare(program);
      const [lr, beta1, beta2, eps, weightDecay, rate] = [0.1, 0.9, 0.95, 1e-8, 0.01, 0.9];
      const w = [1, -2];
      const ema = [1, -2];
      const m = [0, 0];
      const v = [0, 0];
      for (let n = 1; n <= 3; n++) {
        const grad = [0.5 * n, -1e-7];
        const hyper = { lr, beta1, beta2, eps, weightDecay, rate, beta1Power: beta1 ** n, beta2Power: beta2 ** n };
        const { before: old } = await step.run({ grad: f32([2], grad), ...scalars(hyper) });
        w.forEach((value, i) => expect(old!.data[i]).toBeCloseTo(value, 5));
        for (let i = 0; i < 2; i++) {
          m[i] = beta1 * m[i]! + (1 - beta1) * grad[i]!;
          v[i] = beta2 * v[i]! + (1 - beta2) * grad[i]! ** 2;
          w[i]! *= 1 - lr * weightDecay;
          w[i]! -= ((lr / (1 - beta1 ** n)) * m[i]!) / (Math.sqrt(v[i]!) / Math.sqrt(1 - beta2 ** n) + eps);
          ema[i] = rate * ema[i]! + (1 - rate) * w[i]!;
        }
      }
      const state = await engine.fetch(['net', 'ema', 'net.m']);
      w.forEach((value, i) => expect(state['net']!.get('w')!.data[i]).toBeCloseTo(value, 5));
      ema.forEach((value, i) => expect(state['ema']!.get('w')!.data[i]).toBeCloseTo(value, 5));
      m.forEach((value, i) => expect(state['net.m']!.get('w')!.data[i]).toBeCloseTo(value, 6));
    });
  });

  it('updates nothing when a guard does not hold, and says why', async () => {
    await withEngine(async (engine) => {
      await engine.define({ net: new Map([['w', { shape: [1], data: Float32Array.of(1) }]]) });
      const step = engine.prepare({
        name: 'guarded',
        inputs: { x: { shape: [1], dtype: 'float32' } },
        body: ({ x }, state) => {
          state.assign('net', { w: tf.add(state.read('net')['w']!, x!) });
          state.guard(tf.all(tf.isFinite(x!)), 'x is not finite:', [x!]);
          return { x: x! };
        },
      });
      await step.run({ x: f32([1], [2]) });
      const failure = step.run({ x: f32([1], [NaN]) });
      await expect(failure).rejects.toThrow(GuardError);
      await expect(failure).rejects.toThrow(/x is not finite:.*nan/i);
      expect((await engine.fetch(['net']))['net']!.get('w')!.data[0]).toBe(3);
      await engine.store({ net: new Map([['w', { shape: [1], data: Float32Array.of(7) }]]) });
      expect((await engine.fetch(['net']))['net']!.get('w')!.data[0]).toBe(7);
    });
  });

  it('rejects a feed that is missing or of another size', async () => {
    await withEngine(async (engine) => {
      const step = engine.prepare({
        name: 'sized',
        inputs: { x: { shape: [2], dtype: 'float32' } },
        body: ({ x }) => ({ x: x! }),
      });
      await expect((async () => step.run({}))()).rejects.toThrow(/needs input x/);
      await expect((async () => step.run({ x: f32([1], [1]) }))()).rejects.toThrow(/1 values for shape \[2\]/);
    });
  });
});

it('refuses to read values back while tracing', async () => {
  const body = (inputs: Record<string, import('../../src/engine/tfjs.js').Tensor>) => ({
    x: tf.scalar(inputs['x']!.dataSync()[0]!),
  });
  await expect(evaluate('compiled', body, { x: f32([1], [1]) })).rejects.toThrow(/cannot read values back/);
});
