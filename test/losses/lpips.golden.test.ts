/** @file LPIPS with AlexNet and VGG16 against golden values and gradients, formula weights in the backbones. */
import { describe, expect, it } from 'vitest';
import { tf, type Params, type Tensors } from '../../src/engine/tfjs.js';
import { lpips, type LpipsNetwork } from '../../src/losses/lpips.js';
import { treeToMemory } from '../../src/models/layout.js';
import type { HostTree } from '../../src/weights/tree.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { goldenLpips } from '../helpers/golden_lpips.js';
import { goldenJson, goldenTensors, maxAbs, maxDifference } from '../helpers/golden_tensors.js';

interface PairValue {
  pair: [string, string];
  value: number[];
}
type Spot = Record<string, { idx: number[]; val: number[] }>;
interface Metrics {
  lpips_alex: PairValue[];
  lpips_vgg: PairValue[];
  lpips_alex_spot: Spot;
  lpips_vgg_spot: Spot;
}

// Golden README: LPIPS 1e-5 absolute, gradients 1e-2 of the largest.
const VALUE_TOLERANCE = 1e-5;
const GRADIENT_TOLERANCE = 1e-2;

const golden = goldenJson<Metrics>('metrics', 'metrics.json');
// Stored in [0,1].
const pairs = await goldenTensors('metrics', 'pairs.safetensors');

const weightsOf: Partial<Record<LpipsNetwork, Promise<HostTree>>> = {};

describe.each(['alex', 'vgg'] as const)('LPIPS %s', (network) => {
  it('has the formula weights golden was made with', async () => {
    const weights = await (weightsOf[network] ??= goldenLpips(network));
    for (const [name, { idx, val }] of Object.entries(golden[`lpips_${network}_spot`])) {
      expect(idx.map((i) => weights.get(name)!.data[i])).toEqual(val.map(Math.fround));
    }
  });

  it.each(engineKinds)('agrees with every pair, %s', async (kind) => {
    const weights = treeToMemory(await (weightsOf[network] ??= goldenLpips(network)));
    const cases = golden[`lpips_${network}`];
    const names = [...new Set(cases.flatMap(({ pair }) => pair))];
    const feeds = {
      ...Object.fromEntries(weights),
      ...Object.fromEntries(names.map((name) => [`image ${name}`, pairs[name]!])),
    };
    const before = tf.memory().numTensors;
    const found = await evaluate(
      kind,
      (inputs: Tensors) => {
        const params: Params = Object.fromEntries([...weights.keys()].map((name) => [name, inputs[name]!]));
        const image = (name: string): Tensors[string] => tf.sub(tf.mul(inputs[`image ${name}`]!, 2), 1);
        const distances = cases.map(({ pair: [a, b] }) => [`${a} ${b}`, lpips(network, params, image(a), image(b))]);
        // Golden's is the gradient of the batch mean in the image in [-1,1].
        const gradient = tf.grad((a) => tf.mean(lpips(network, params, a, image('gt'))))(image('noisy'));
        return { ...(Object.fromEntries(distances) as Tensors), gradient };
      },
      feeds,
    );
    expect(tf.memory().numTensors).toBe(before);
    for (const { pair, value } of cases) {
      expect(
        maxDifference(found[pair.join(' ')]!, { shape: [value.length], data: Float32Array.from(value) }),
      ).toBeLessThanOrEqual(VALUE_TOLERANCE);
    }
    const expected = pairs[`lpips_${network}_grad_noisy`]!;
    expect(maxDifference(found['gradient']!, expected)).toBeLessThanOrEqual(GRADIENT_TOLERANCE * maxAbs(expected));
  });
});
