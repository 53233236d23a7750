/** @file The Swin U-Net against golden data: outputs, activations and gradients, op by op and compiled. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import { toMemoryLayout } from '../../src/models/layout.js';
import type { ParamSpec } from '../../src/nn/param_spec.js';
import { unet, unetFeatures, type UNetInputs } from '../../src/nn/unet.js';
import type { UNetConfig } from '../../src/nn/unet_config.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { readSafetensors } from '../../src/weights/safetensors.js';
import type { HostTensor } from '../../src/weights/tree.js';
import { engineKinds, evaluate } from '../helpers/evaluate.js';
import { goldenPath, goldenTitle, hasGolden } from '../helpers/golden.js';
import {
  fedParams,
  goldenGradSummaries,
  goldenParams,
  goldenUNetConfig,
  paramFeeds,
  worstGradError,
  worstGradValueError,
} from '../helpers/golden_networks.js';
import { goldenJson, goldenTensors, item, maxAbs, maxDifference } from '../helpers/golden_tensors.js';

// Golden README: outputs 2e-5 absolute, activations 5e-5 of their largest, gradients 1e-2 of their largest.
const OUTPUT = 2e-5;
const ACTIVATION = 5e-5;
const GRADIENT = 1e-2;

const folders = [
  { folder: 'unet-micro', weights: 'weights.safetensors', inputGrads: 'grads.safetensors' },
  { folder: 'unet-tiny', weights: 'weights_half.pth', inputGrads: 'grads_input.safetensors' },
];

const unetInputs = (inputs: Tensors): UNetInputs => ({
  x: inputs['x']!,
  t: inputs['timesteps']!,
  lq: inputs['lq'],
  noise: inputs['noise_input'],
});

function pick(tensors: Readonly<Record<string, HostArray>>, ...names: string[]): Record<string, HostArray> {
  return Object.fromEntries(names.filter((name) => tensors[name]).map((name) => [name, tensors[name]!]));
}

/** Golden's names of activations say what they are besides where: `input_blocks.1.1_swin_out` is `input_blocks.1.1`. */
function moduleName(golden: string, config: UNetConfig): string {
  const blocks = config.numResBlocks.reduce((sum, count) => sum + count, 0);
  const levels = config.channelMult.length;
  return golden
    .replace(/^act\./, '')
    .replace(/_(resblock|swin_out)$/, '')
    .replace('_patch_embed', '.patch_embed')
    .replace(/_block(\d)_(noshift|shifted)$/, '.blocks.$1')
    .replace('input_blocks.last', `input_blocks.${blocks + levels - 1}`)
    .replace('output_blocks.last', `output_blocks.${blocks + levels - 1}`);
}

describe.each(folders)('$folder', ({ folder, weights, inputGrads }) => {
  let config: UNetConfig;
  let specs: ParamSpec[];
  let params: Record<string, HostTensor>;

  beforeAll(async () => {
    config = goldenUNetConfig(goldenJson<{ config: Record<string, unknown> }>(folder, 'info.json').config);
    specs = unetSpecs(config);
    params = await goldenParams(specs, folder, weights);
  });

  describe.skipIf(!hasGolden(folder, weights)).each(engineKinds)(goldenTitle('%s', folder, weights), (kind) => {
    it.each(['square', 'wide', 'tall', 'lq_quarter'])('gives the output of %s', async (name) => {
      const golden = await goldenTensors(folder, `${name}.safetensors`);
      const found = await evaluate(kind, (inputs) => ({ out: unet(fedParams(inputs), config, unetInputs(inputs)) }), {
        ...paramFeeds(params),
        ...pick(golden, 'x', 'timesteps', 'lq'),
      });
      expect(maxDifference(found['out']!, golden['out']!)).toBeLessThan(OUTPUT);
    });

    it('gives the output of the student, whose noise comes last', async () => {
      const golden = await goldenTensors(folder, 'student.safetensors');
      const { tensors } = await readSafetensors(goldenPath(folder, 'student.safetensors'));
      const first = Object.fromEntries(
        ['input_blocks.0.0.weight', 'input_blocks.0.0.bias'].map((key) => [
          key,
          toMemoryLayout(key, tensors.get(key) as unknown as HostTensor),
        ]),
      );
      const noiseChannels = golden['noise_input']!.shape[3]!;
      const found = await evaluate(
        kind,
        (inputs) => ({ out: unet(fedParams(inputs), { ...config, noiseChannels }, unetInputs(inputs)) }),
        { ...paramFeeds({ ...params, ...first }), ...pick(golden, 'x', 'timesteps', 'lq', 'noise_input') },
      );
      expect(maxDifference(found['out']!, golden['out']!)).toBeLessThan(OUTPUT);
    });

    it('passes through the same activations', async () => {
      const golden = await goldenTensors(folder, 'square.safetensors');
      const names = Object.keys(golden).filter((name) => name.startsWith('act.'));
      const found = await evaluate(
        kind,
        (inputs) => {
          const seen: Record<string, Tensor> = {};
          const wanted = new Set(names.map((name) => moduleName(name, config)));
          unet(fedParams(inputs), config, unetInputs(inputs), (name, activation) => {
            if (wanted.has(name)) seen[name] = tf.keep(activation.clone());
          });
          return { ...seen, features: unetFeatures(fedParams(inputs), config, unetInputs(inputs)) };
        },
        { ...paramFeeds(params), ...pick(golden, 'x', 'timesteps', 'lq') },
      );
      expect(names.length).toBeGreaterThan(0);
      const compare = (value: HostArray, name: string): void => {
        const expected = golden[name]!;
        const actual = expected.shape[0] === value.shape[0] ? value : item(value, 0);
        expect(maxDifference(actual, expected) / maxAbs(expected), name).toBeLessThan(ACTIVATION);
      };
      for (const name of names) compare(found[moduleName(name, config)]!, name);
      compare(found['features']!, 'act.middle_block');
    });

    /** Loss mean(out * target) and its gradients by parameters and inputs: computed once for the tests below. */
    let gradients: Promise<Record<string, HostArray>> | undefined;
    async function computeGradients(): Promise<Record<string, HostArray>> {
      const golden = await goldenTensors(folder, 'square.safetensors');
      const names = specs.map(({ name }) => name);
      return evaluate(
        kind,
        (inputs) => {
          const fed = fedParams(inputs);
          const loss = (...values: Tensor[]): Tensor => {
            const current = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
            const [x, lq] = values.slice(names.length) as [Tensor, Tensor];
            const out = unet(current, config, { ...unetInputs(inputs), x, lq });
            return tf.mean(tf.mul(out, inputs['target']!));
          };
          const { value, grads } = tf.valueAndGrads(loss)([
            ...names.map((name) => fed[name]!),
            inputs['x']!,
            inputs['lq']!,
          ]);
          const keys = [...names, 'input.x', 'input.lq'];
          return { loss: value, ...Object.fromEntries(keys.map((key, i) => [key, grads[i]!])) };
        },
        { ...paramFeeds(params), ...pick(golden, 'x', 'timesteps', 'lq', 'target') },
      );
    }

    it('gives mean(out * target) and its gradients for parameters', async () => {
      const found = await (gradients ??= computeGradients());
      const golden = await goldenTensors(folder, 'square.safetensors');
      expect(found['loss']!.data[0]).toBeCloseTo(golden['loss']!.data[0]!, 6);
      const worst = worstGradError(found, goldenGradSummaries(folder, 'grads_summary.json'));
      expect(worst.error, worst.name).toBeLessThan(GRADIENT);
    });

    it.skipIf(!hasGolden(folder, inputGrads))(
      goldenTitle('and for inputs, every value that is stored', folder, inputGrads),
      async () => {
        const found = await (gradients ??= computeGradients());
        const expectedInputs = await goldenTensors(folder, inputGrads);
        for (const key of ['input.x', 'input.lq']) {
          const expected = expectedInputs[key]!;
          expect(maxDifference(found[key]!, expected) / maxAbs(expected), key).toBeLessThan(GRADIENT);
        }
        const worst = await worstGradValueError(found, folder, inputGrads);
        expect(worst.error, worst.name).toBeLessThan(GRADIENT);
      },
    );
  });
});

it('leaves no tensors behind', async () => {
  const config = goldenUNetConfig(goldenJson<{ config: Record<string, unknown> }>('unet-micro', 'info.json').config);
  const golden = await goldenTensors('unet-micro', 'square.safetensors');
  const host = await goldenParams(unetSpecs(config), 'unet-micro', 'weights.safetensors');
  const before = tf.memory().numTensors;
  const params = Object.fromEntries(Object.entries(host).map(([n, v]) => [n, tf.tensor(v.data, [...v.shape])]));
  const [x, lq] = ['x', 'lq'].map((name) => tf.tensor(golden[name]!.data, [...golden[name]!.shape])) as [
    Tensor,
    Tensor,
  ];
  const t = tf.tensor1d(golden['timesteps']!.data, 'int32');
  unet(params, config, { x, t, lq }).dispose();
  tf.dispose(tf.grad((input: Tensor) => tf.mean(unet(params, config, { x: input, t, lq })))(x));
  tf.dispose([x, lq, t, ...Object.values(params)]);
  expect(tf.memory().numTensors).toBe(before);
});
