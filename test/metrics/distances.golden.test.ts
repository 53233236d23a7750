/** @file LPIPS and DISTS as metrics against golden values: shipped heads, backbones of formula weights read from files. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../src/engine/tfjs.js';
import { lpipsSpecs, type LpipsNetwork } from '../../src/losses/lpips.js';
import type { Measure } from '../../src/metrics/metric.js';
import { imageMetrics, type ImageMetricName } from '../../src/metrics/registry.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { formulaTree } from '../helpers/formula_weights.js';
import { goldenImages } from '../helpers/golden_images.js';
import { goldenJson, goldenTensors } from '../helpers/golden_tensors.js';

// Golden README.
const TOLERANCE = 1e-5;

interface PairValue {
  readonly pair: [string, string];
  readonly value: number[];
}
type Column = 'lpips_alex' | 'lpips_vgg' | 'dists';
const golden = goldenJson<Record<Column, PairValue[]>>('metrics', 'metrics.json');
const pairs = await goldenTensors('metrics', 'pairs.safetensors');

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'rsd-metrics-'))));
afterAll(() => rm(folder, { recursive: true }));

/** A backbone of formula weights as a file, by the names golden data and torchvision share. */
async function writeBackbone(network: LpipsNetwork): Promise<string> {
  const file = join(folder, `${network}.safetensors`);
  if (existsSync(file)) return file;
  const trunk = network === 'alex' ? 'alexnet.' : 'vgg16.';
  const specs = lpipsSpecs(network).filter(({ name }) => name.startsWith('features.'));
  const tree = formulaTree(specs.map(({ name, shape }) => ({ name: trunk + name, shape })));
  await writeSafetensors(file, tree, {});
  return file;
}

const METRICS: [Column, ImageMetricName, LpipsNetwork][] = [
  ['lpips_alex', 'lpips-alex', 'alex'],
  ['lpips_vgg', 'lpips-vgg', 'vgg'],
  ['dists', 'dists', 'vgg'],
];

describe.each(METRICS)('%s', (column, name, network) => {
  let measure: Measure;
  const before = tf.memory().numTensors;
  beforeAll(async () => void (measure = await imageMetrics[name].load({ weights: await writeBackbone(network) })));
  afterAll(() => {
    measure.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(golden[column])('$pair', async ({ pair: [restored, reference], value }) => {
    const references = goldenImages(pairs[reference]!);
    for (const [i, image] of goldenImages(pairs[restored]!).entries()) {
      expect(Math.abs((await measure.measure(image, references[i])) - value[i]!)).toBeLessThanOrEqual(TOLERANCE);
    }
  });

  it('is 0 for equal images and the same with the images exchanged', async () => {
    const [a] = goldenImages(pairs['gt']!);
    const [b] = goldenImages(pairs['blur']!);
    expect(await measure.measure(a!, a)).toBeCloseTo(0, 6);
    expect(await measure.measure(a!, b)).toBeCloseTo(await measure.measure(b!, a), 6);
  });
});
