/** @file Memory of a run, on graphs whose peaks are counted by hand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlanningEngine } from '../../src/engine/planning_engine.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import type { StateAccess } from '../../src/engine/types.js';
import { runAfter } from '../../src/engine/tracer.js';

const SIDE = 8;
/** Bytes of one [SIDE, SIDE] tensor. */
const ONE = SIDE * SIDE * 4;
/** Bytes of a scalar. */
const SCALAR = 4;

let engine: PlanningEngine;
let tensors: number;
beforeEach(() => {
  tensors = tf.memory().numTensors;
  engine = new PlanningEngine();
  engine.define({ group: new Map([['w', { shape: [SIDE, SIDE] }]]) });
});
afterEach(() => {
  engine.dispose();
  expect(tf.memory().numTensors).toBe(tensors);
});

/** Peak of a program with one input x [SIDE, SIDE]. */
function peak(body: (inputs: Tensors, state: StateAccess) => Tensors): number {
  const inputs = { x: { shape: [SIDE, SIDE], dtype: 'float32' } } as const;
  return engine.measure({ name: 'toy', inputs, body }).peakBytes;
}

type Matrix = ReturnType<typeof tf.tensor2d>;
const product = (a?: Tensor, b?: Tensor): Tensor => tf.matMul(a as Matrix, b as Matrix);

describe('peak of a run', () => {
  it('is nothing for what is only passed on: feeds, variables and other shapes of them', () => {
    expect(peak(({ x }, state) => ({ x: x!, w: state.read('group')['w']!, flat: tf.reshape(x!, [-1]) }))).toBe(0);
  });

  it('counts a result as long as somebody is to read it', () => {
    // a and b, b and c: never three of the chain.
    const chain = ({ x }: Tensors) => ({ c: product(product(product(x, x), x), x) });
    expect(peak(chain)).toBe(2 * ONE);
    // The first of the chain is read again by the last.
    const kept = ({ x }: Tensors) => {
      const a = product(x, x);
      return { d: product(product(product(a, x), x), a) };
    };
    expect(peak(kept)).toBe(3 * ONE);
  });

  it('counts what is fetched to the end', () => {
    expect(
      peak(({ x }) => {
        const a = product(x, x);
        const b = product(a, x);
        return { a, b, c: product(b, x) };
      }),
    ).toBe(3 * ONE);
  });

  it('writes elementwise results over inputs that nobody else reads', () => {
    expect(peak(({ x }) => ({ y: tf.exp(tf.mul(product(x, x), x!)) }))).toBe(ONE);
    // Here the product is read once more.
    expect(
      peak(({ x }) => {
        const a = product(x, x);
        return { y: product(tf.exp(a), a) };
      }),
    ).toBe(3 * ONE);
    // A feed belongs to somebody else.
    expect(peak(({ x }) => ({ y: tf.exp(x!) }))).toBe(ONE);
  });

  it('makes everything that is ready at once, and waits where it is told to', () => {
    const traces = (ordered: boolean) =>
      peak(({ x }) => {
        const results: Tensor[] = [];
        for (let i = 0; i < 4; i++) {
          const previous = results.at(-1);
          results.push(tf.sum(product(ordered && previous ? runAfter(x!, previous) : x, x)));
        }
        return Object.fromEntries(results.map((result, i) => [`${i}`, result]));
      });
    // The first sum is there before the first product goes.
    expect(traces(false)).toBe(4 * ONE + SCALAR);
    expect(traces(true)).toBe(ONE + 4 * SCALAR);
  });

  it('leaves out what no result needs', () => {
    expect(
      peak(({ x }) => {
        product(x, x);
        return { x: x! };
      }),
    ).toBe(0);
  });

  it('of an update holds its gradients until the guard has seen them all', () => {
    const inputs = { x: { shape: [SIDE, SIDE], dtype: 'float32' } } as const;
    engine.define({
      'group.m': new Map([['w', { shape: [SIDE, SIDE] }]]),
      'group.v': new Map([['w', { shape: [SIDE, SIDE] }]]),
    });
    const scalar = tf.scalar(0.5);
    const hyper = { lr: scalar, beta1: scalar, beta2: scalar, beta1Power: scalar, beta2Power: scalar, eps: scalar };
    const { peakBytes } = engine.measure({
      name: 'update',
      inputs,
      body: ({ x }, state) => {
        const grad = product(x, x);
        // The squares are a result of their own while the gradient waits for the guard.
        state.guard(tf.less(tf.sum(tf.square(grad)), 1), 'too large');
        state.adamw('group', { w: grad }, hyper);
        return {};
      },
    });
    scalar.dispose();
    expect(peakBytes).toBeGreaterThanOrEqual(2 * ONE);
    expect(peakBytes).toBeLessThan(2 * ONE + 16 * SCALAR);
  });
});
