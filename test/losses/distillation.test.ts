/** @file The distillation objectives as formulas: equal forms, what is constant, weights. */
import { describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import { fakeLoss } from '../../src/losses/fake.js';
import { perSampleMean } from '../../src/losses/per_sample.js';
import { rsdLoss } from '../../src/losses/rsd.js';
import { powerTenWeight, sidNormalizer } from '../../src/losses/sample_weights.js';
import { sidLoss } from '../../src/losses/sid.js';
import { vsdLoss } from '../../src/losses/vsd.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { maxAbs, maxDifference } from '../helpers/golden_tensors.js';

const SHAPE = [2, 3, 3, 2];
const wave = (phase: number): HostArray => ({
  shape: SHAPE,
  data: Float32Array.from({ length: 36 }, (_, i) => Math.sin(1.7 * i + phase)),
});
const feeds = { teacher: wave(0), fake: wave(0.3), z0Hat: wave(0.9) };

type Loss = (teacher: Tensor, fake: Tensor, z0Hat: Tensor) => Tensor;

/** Value [B] of a loss and its gradients by its three arguments. */
function valueAndGradients(loss: Loss) {
  return ({ teacher, fake, z0Hat }: Tensors): Tensors => {
    const args = [teacher!, fake!, z0Hat!] as const;
    const { grads } = tf.engine().gradients(() => tf.sum(loss(...args)), [...args], undefined, true);
    const named = ['teacher', 'fake', 'z0Hat'].map((name, i) => [name, grads[i] ?? tf.zerosLike(z0Hat!)] as const);
    return { value: loss(...args), ...Object.fromEntries(named) };
  };
}

describe.each(engineKinds)('distillation objectives, %s', (kind) => {
  const run = (loss: Loss): Promise<Record<string, HostArray>> => evaluate(kind, valueAndGradients(loss), feeds);

  it('rsd is the published form in value and gradient, and twice SiD at alpha 0.5', async () => {
    const found = await run((teacher, fake, z0Hat) => rsdLoss({ teacher, fake, z0Hat }));
    const published = await run((a, b, z) => perSampleMean(a.square().sub(b.square()).add(b.sub(a).mul(z).mul(2))));
    const sid = await run((teacher, fake, z0Hat) => sidLoss({ teacher, fake, z0Hat }, 0.5).mul(2));
    expect(maxAbs(found['fake']!)).toBeGreaterThan(0.01);
    for (const name of ['value', 'teacher', 'fake', 'z0Hat']) {
      expect(maxDifference(found[name]!, published[name]!), name).toBeLessThan(1e-6);
      expect(maxDifference(found[name]!, sid[name]!), name).toBeLessThan(1e-6);
    }
  });

  it('vsd has only the direct gradient of rsd', async () => {
    const rsd = await run((teacher, fake, z0Hat) => rsdLoss({ teacher, fake, z0Hat }));
    const vsd = await run((teacher, fake, z0Hat) => vsdLoss({ teacher, fake, z0Hat }));
    expect(maxDifference(vsd['z0Hat']!, rsd['z0Hat']!)).toBeLessThan(1e-6);
    expect(maxAbs(vsd['teacher']!) + maxAbs(vsd['fake']!)).toBe(0);
  });

  it("the fake's loss and the normaliser leave the student's output constant", async () => {
    const found = await run((_, fake, z0Hat) => fakeLoss(fake, z0Hat));
    expect(maxAbs(found['z0Hat']!)).toBe(0);
    expect(maxAbs(found['fake']!)).toBeGreaterThan(0.01);
    const { plain, normalized, norm } = await evaluate(
      kind,
      ({ teacher, fake, z0Hat }) => {
        const loss = (z: Tensor): Tensor => rsdLoss({ teacher: teacher!, fake: fake!, z0Hat: z });
        const normalizer = (z: Tensor): Tensor => sidNormalizer({ teacher: teacher!, z0Hat: z });
        return {
          plain: tf.grad((z: Tensor) => tf.sum(loss(z)))(z0Hat!),
          normalized: tf.grad((z: Tensor) => tf.sum(loss(z).div(normalizer(z))))(z0Hat!),
          norm: normalizer(z0Hat!),
        };
      },
      feeds,
    );
    const perSample = plain!.data.length / 2;
    plain!.data.forEach((value, i) => {
      expect(normalized!.data[i]).toBeCloseTo(value / norm!.data[Math.floor(i / perSample)]!, 5);
    });
  });

  it('stays finite where the teacher returns the student output', async () => {
    const { norm } = await evaluate(kind, ({ a }) => ({ norm: sidNormalizer({ teacher: a!, z0Hat: a! }) }), {
      a: wave(0),
    });
    expect([...norm!.data]).toEqual([Math.fround(1e-8), Math.fround(1e-8)]);
  });

  it('weights timesteps from 10 down to 1', async () => {
    const { weight } = await evaluate(kind, ({ t }) => ({ weight: powerTenWeight(15, t!) }), {
      t: { shape: [3], data: Int32Array.of(0, 7, 14) },
    });
    expect([...weight!.data]).toEqual([10, Math.fround(10 ** 0.5), 1]);
  });
});
