/** @file The GAN objectives where plain exponentials would fail. */
import { expect, it } from 'vitest';
import { discriminatorLoss, generatorLoss } from '../../src/losses/gan.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';

it.each(engineKinds)('logistic losses are exact at 0 and linear for confident mistakes, %s', async (kind) => {
  const logits = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
  const { none, wrong, right, generator } = await evaluate(
    kind,
    ({ zero, low, high }) => ({
      none: discriminatorLoss(zero!, zero!),
      wrong: discriminatorLoss(low!, high!),
      right: discriminatorLoss(high!, low!),
      generator: generatorLoss(low!),
    }),
    { zero: logits(0, 0), low: logits(-200, -100), high: logits(100, 200) },
  );
  expect(none!.data[0]).toBeCloseTo(2 * Math.LN2, 6);
  expect(wrong!.data[0]).toBeCloseTo(300, 4);
  expect(right!.data[0]).toBeCloseTo(0, 6);
  expect(generator!.data[0]).toBeCloseTo(150, 4);
});
