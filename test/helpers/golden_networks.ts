/** @file Networks of the golden data: official configs in our keys, weights in memory layout, gradients held to summaries. */
import type { HostArray } from '../../src/engine/host_array.js';
import type { Tensors } from '../../src/engine/tfjs.js';
import { toMemoryLayout, toOfficialLayout } from '../../src/models/layout.js';
import { matchParams } from '../../src/models/match.js';
import type { AutoencoderConfig } from '../../src/nn/autoencoder_config.js';
import type { ParamSpec } from '../../src/nn/param_spec.js';
import type { UNetConfig } from '../../src/nn/unet_config.js';
import { readWeights } from '../../src/weights/read.js';
import { readSafetensors } from '../../src/weights/safetensors.js';
import type { HostTensor } from '../../src/weights/tree.js';
import { formulaUniform } from './formula_weights.js';
import { goldenPath } from './golden.js';
import { goldenJson, maxAbs, maxDifference } from './golden_tensors.js';

type Official = Readonly<Record<string, unknown>>;

function camelCase(official: Official): Official {
  const camel = (key: string): string => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(official).map(([key, value]) => [camel(key), value]));
}

/** U-Net options from the `config` of a golden json; groups, patch norm and noise are official where it is silent. */
export function goldenUNetConfig(config: Official): UNetConfig {
  return { patchNorm: false, normGroups: 32, noiseChannels: 0, ...camelCase(config) } as UNetConfig;
}

/** Autoencoder options from the `config` of a golden json. */
export function goldenAutoencoderConfig({ ddconfig, ...rest }: Official): AutoencoderConfig {
  const options = { ...camelCase(ddconfig as Official), ...camelCase(rest) };
  return { normGroups: 32, anchored: false, quantized: true, ...options } as AutoencoderConfig;
}

/** Weights of a golden folder, checked against `specs`, in memory layout. */
export async function goldenParams(
  specs: readonly ParamSpec[],
  ...parts: string[]
): Promise<Record<string, HostTensor>> {
  const file = goldenPath(...parts);
  const tree = matchParams(await readWeights(file), specs, file);
  return Object.fromEntries([...tree].map(([name, tensor]) => [name, toMemoryLayout(name, tensor)]));
}

const PREFIX = 'param:';

/** Parameters as feeds of {@link evaluate}. */
export function paramFeeds(params: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [PREFIX + name, value]));
}

/** The parameters among the inputs of an evaluated function. */
export function fedParams(inputs: Tensors): Tensors {
  const named = Object.entries(inputs).filter(([name]) => name.startsWith(PREFIX));
  return Object.fromEntries(named.map(([name, tensor]) => [name.slice(PREFIX.length), tensor]));
}

/** One parameter's gradient as golden data summarises it, official layout. */
export interface GradSummary {
  readonly l2: number;
  readonly max_abs: number;
  /** Sum of g[i] * u[i] with the formula's u of key `proj:<name>`. */
  readonly proj: number;
  readonly idx: readonly number[];
  readonly val: readonly number[];
}

/** Summaries by parameter of a golden `grads_summary.json`. */
export function goldenGradSummaries(...parts: string[]): Record<string, GradSummary> {
  return goldenJson<{ params: Record<string, GradSummary> }>(...parts).params;
}

/**
 * Worst error of gradients against their summaries, relative to max(the parameter's largest, 1e-4 of all parameters'
 * largest): over the stored samples, the norm and the projection (the latter two per root of the number of values).
 */
export function worstGradError(
  grads: Readonly<Record<string, HostArray>>,
  summaries: Readonly<Record<string, GradSummary>>,
): { readonly name: string; readonly error: number } {
  const floor = 1e-4 * Math.max(...Object.values(summaries).map((summary) => summary.max_abs));
  let worst = { name: '', error: 0 };
  for (const [name, summary] of Object.entries(summaries)) {
    const grad = grads[name];
    if (!grad) throw new Error(`no gradient of ${name}`);
    const { data } = toOfficialLayout(name, grad as HostTensor);
    const scale = Math.max(summary.max_abs, floor);
    const root = Math.sqrt(data.length);
    const uniform = formulaUniform(`proj:${name}`, data.length);
    const proj = data.reduce((sum, value, i) => sum + value * uniform[i]!, 0);
    const l2 = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
    const errors = [
      ...summary.idx.map((index, i) => Math.abs(data[index]! - summary.val[i]!)),
      Math.abs(l2 - summary.l2) / root,
      Math.abs(proj - summary.proj) / root,
    ];
    for (const error of errors) if (!(error / scale <= worst.error)) worst = { name, error: error / scale };
  }
  return worst;
}

/** {@link worstGradError} over every value of the parameters' gradients (memory layout) that a golden file has. */
export async function worstGradValueError(
  grads: Readonly<Record<string, HostArray>>,
  ...parts: string[]
): Promise<{ readonly name: string; readonly error: number }> {
  const { tensors } = await readSafetensors(goldenPath(...parts));
  const expected = [...tensors]
    .filter(([name]) => !name.startsWith('input.'))
    .map(([name, tensor]) => [name, toMemoryLayout(name, tensor as unknown as HostTensor)] as const);
  const floor = 1e-4 * Math.max(...expected.map(([, value]) => maxAbs(value)));
  let worst = { name: '', error: 0 };
  for (const [name, value] of expected) {
    const grad = grads[name];
    if (!grad) throw new Error(`no gradient of ${name}`);
    const error = maxDifference(grad, value) / Math.max(maxAbs(value), floor);
    if (!(error <= worst.error)) worst = { name, error };
  }
  return worst;
}
