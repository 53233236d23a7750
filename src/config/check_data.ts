/** @file Rules between the keys of `data`: the pool and the degradation. */
import { batchDegradation, degradationSides } from './degradation_sides.js';
import type { Fail } from './fail.js';
import type { RunConfig } from './schema.js';
import type { RealEsrganConfig } from './sections/degradation.js';

function checkPool({ data: { pool }, train }: RunConfig, fail: Fail): void {
  if (pool === null || pool % train.batch === 0) return;
  fail('data.pool', 'the pool does not hold whole batches', {
    expected: `a multiple of train.batch = ${train.batch}`,
    found: `${pool}`,
  });
}

function checkShares(degradation: RealEsrganConfig, fail: Fail): void {
  for (const pass of ['first', 'second'] as const) {
    const { kernelList, kernelProb, resizeProb } = degradation[pass];
    const key = `data.degradation.${pass}`;
    if (kernelProb.length !== kernelList.length) {
      fail(`${key}.kernelProb`, 'one share for each family is needed', {
        expected: `${kernelList.length} shares, as kernelList has families`,
        found: `${kernelProb.length}`,
      });
    }
    for (const [name, shares] of Object.entries({ kernelProb, resizeProb })) {
      if (shares.every((share) => share === 0)) {
        fail(`${key}.${name}`, 'nothing could be drawn', { expected: 'a share above 0', found: 'none' });
      }
    }
  }
}

function checkFactor({ data }: RunConfig, degradation: RealEsrganConfig, fail: Fail): void {
  const { resizeBack } = degradation;
  if (resizeBack !== null && data.scale !== 1) {
    fail('data.degradation.resizeBack', 'LQ images as large as HR ones have no super-resolution factor', {
      expected: 'data.scale: 1 beside it',
      found: `data.scale ${data.scale}`,
    });
  }
  const { hr, factor } = degradationSides(data, degradation);
  if (hr % factor !== 0) {
    fail(hr === data.gtSize ? 'data.gtSize' : 'data.cropPad', 'the side that is degraded does not reduce evenly', {
      expected: `a multiple of ${factor}`,
      found: `${hr}`,
    });
  }
}

/** Checks the rules of the section. */
export function checkData(config: RunConfig, fail: Fail): void {
  checkPool(config, fail);
  const degradation = batchDegradation(config.data);
  if (!degradation) return;
  checkShares(degradation, fail);
  checkFactor(config, degradation, fail);
}
