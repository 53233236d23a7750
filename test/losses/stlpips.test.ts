/** @file ST-LPIPS against the published Python package: distances and gradients, with the half-precision weights shipped. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Params, type Tensors } from '../../src/engine/tfjs.js';
import { stLpips } from '../../src/losses/stlpips.js';
import { treeToMemory } from '../../src/models/layout.js';
import { readPerceptual } from '../../src/models/perceptual_files.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { formulaUniform } from '../helpers/formula_weights.js';

interface ImageFormula {
  phase: number;
  noise: number;
  gain: number;
}
interface Expected {
  distance: number;
  gradient: { l2: number; max_abs: number; idx: number[]; val: number[] };
}
interface Golden {
  tolerance: { distance_relative: number; gradient_relative_to_max: number; half_moves_relative: number };
  cases: { height: number; width: number; a: ImageFormula; b: ImageFormula; full: Expected; half: Expected }[];
}

const EXPECTED = resolve(import.meta.dirname, '../data/stlpips/expected.json');
const golden = JSON.parse(readFileSync(EXPECTED, 'utf8')) as Golden;
const SHIPPED = resolve(import.meta.dirname, '../../models/st-lpips-alex.safetensors');

/** [1,H,W,3] in [-1,1]. */
function image(height: number, width: number, { phase, noise, gain }: ImageFormula): HostArray {
  const data = new Float32Array(height * width * 3);
  const u = formulaUniform('st-lpips', data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        const i = (y * width + x) * 3 + c;
        const waves =
          0.55 * Math.sin(0.11 * y * (1 + 0.3 * c) + 0.07 * x + phase) + 0.35 * Math.cos(0.23 * x - 0.05 * c * y);
        data[i] = gain * Math.max(-1, Math.min(1, waves + noise * u[i]!));
      }
    }
  }
  return { shape: [1, height, width, 3], data };
}

/** Distance and its gradient in `a`. */
function program(names: readonly string[]): (inputs: Tensors) => Tensors {
  return (inputs) => {
    const params: Params = Object.fromEntries(names.map((name) => [name, inputs[name]!]));
    const run = tf.valueAndGrad((a) => tf.sum(stLpips(params, a, inputs['b']!)));
    const { value, grad } = run(inputs['a']!);
    return { distance: value, gradient: grad };
  };
}

describe.each(engineKinds)('ST-LPIPS, %s', (kind) => {
  it.each(golden.cases)('$height x $width: $a against $b', async ({ height, width, a, b, half, full }) => {
    const { distance_relative, gradient_relative_to_max, half_moves_relative } = golden.tolerance;
    const weights = treeToMemory(await readPerceptual('st-lpips-alex', SHIPPED));
    const feeds = { ...Object.fromEntries(weights), a: image(height, width, a), b: image(height, width, b) };
    const before = tf.memory().numTensors;
    const found = await evaluate(kind, program([...weights.keys()]), feeds);
    expect(tf.memory().numTensors).toBe(before);

    const distance = found['distance']!.data[0]!;
    const gradient = found['gradient']!.data;
    expect(Math.abs(distance - half.distance)).toBeLessThanOrEqual(distance_relative * half.distance);
    const bound = gradient_relative_to_max * half.gradient.max_abs;
    half.gradient.idx.forEach((index, i) => {
      expect(Math.abs(gradient[index]! - half.gradient.val[i]!)).toBeLessThanOrEqual(bound);
    });
    const l2 = Math.hypot(...gradient);
    expect(Math.abs(l2 - half.gradient.l2)).toBeLessThanOrEqual(gradient_relative_to_max * half.gradient.l2);
    // What rounding the shipped weights costs.
    expect(Math.abs(distance - full.distance)).toBeLessThanOrEqual(half_moves_relative * full.distance);
  });
});

it.skipIf(!process.env['RSD_ST_LPIPS'])(
  'full-precision weights give the package distances (skipped unless RSD_ST_LPIPS names their file)',
  async () => {
    const weights = treeToMemory(await readPerceptual('st-lpips-alex', process.env['RSD_ST_LPIPS']!));
    for (const { height, width, a, b, full } of golden.cases) {
      const feeds = { ...Object.fromEntries(weights), a: image(height, width, a), b: image(height, width, b) };
      const found = await evaluate('eager', program([...weights.keys()]), feeds);
      const bound = golden.tolerance.distance_relative * full.distance;
      expect(Math.abs(found['distance']!.data[0]! - full.distance)).toBeLessThanOrEqual(bound);
    }
  },
);
