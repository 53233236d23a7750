/** @file The clock of waiting for data: it runs while a batch is waited for and at no other time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { WaitedBatches } from '../../src/training/waited_batches.js';

const batch = { hr: new Float32Array(), lq: new Float32Array() };

it('counts waiting, also in vain, and begins anew when it is asked', async () => {
  const waited = new WaitedBatches({
    batch: (index) => (index === 9 ? Promise.reject(new Error('none')) : sleep(60, batch)),
    fresh: () => sleep(60, batch),
  });
  expect(await waited.batch(0)).toBe(batch);
  await sleep(300);
  await waited.fresh(0);
  await expect(waited.batch(9)).rejects.toThrow('none');
  const seconds = waited.takeSeconds();
  expect(seconds).toBeGreaterThan(0.11);
  expect(seconds).toBeLessThan(0.35);
  expect(waited.takeSeconds()).toBe(0);
});
