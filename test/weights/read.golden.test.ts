/** @file Every checkpoint of the golden loader set does what its description says. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors/user_error.js';
import { decodeNumbers, type NumericArray } from '../../src/weights/dtypes.js';
import { openPth } from '../../src/weights/pth/open.js';
import type { LazyTensor } from '../../src/weights/pth/tensors.js';
import { tensorBytes } from '../../src/weights/raw_tensor.js';
import { readWeights } from '../../src/weights/read.js';
import { readSafetensors } from '../../src/weights/safetensors.js';
import { openWeightFile } from '../../src/weights/weight_file.js';
import { goldenPath, goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenJson } from '../helpers/golden_tensors.js';

interface DtypeCase {
  values: Record<string, (number | string)[]>;
  dtypes: Record<string, string>;
  shapes: Record<string, number[]>;
}
interface ViewCase {
  shape: number[];
  stride: number[];
  storage_offset: number;
}
const info = goldenJson<
  Record<string, { what?: string }> & { 'dtypes.pth': DtypeCase; 'views_shared_storage.pth': Record<string, ViewCase> }
>('checkpoints', 'info.json');
const truth = (await readSafetensors(goldenPath('checkpoints', 'truth.safetensors'))).tensors;
const checkpoint = (name: string): string => goldenPath('checkpoints', name);

/** Tensors of truth.safetensors under a prefix. */
function expectedUnder(prefix: string): Map<string, { shape: readonly number[]; data: NumericArray }> {
  return new Map(
    [...truth].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

describe('checkpoints with known tensors', () => {
  it.each([
    ['zip_plain.pth', 'base.'],
    ['zip_old_layout.pth', 'base.'],
    ['zip_deflated.pth', 'base.'],
    ['zip_protocol2.pth', 'base.'],
    ['zip_protocol4.pth', 'base.'],
    ['legacy_plain.pth', 'base.'],
    ['hostile_entry_names.pth', 'base.'],
    ['wrapped_module_prefix.pth', 'base.'],
    ['module_state_dict.pth', 'module.'],
    ['parameter_nested.pth', 'nested.'],
    ['half.pth', 'half.'],
    ['half_legacy.pth', 'half.'],
    ['bfloat16.pth', 'bfloat16.'],
    ['views_shared_storage.pth', 'views.'],
    ['views_shared_storage_legacy.pth', 'views.'],
  ])('%s', async (name, prefix) => {
    const expected = expectedUnder(prefix);
    const found = await readWeights(checkpoint(name));
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [key, { shape, data }] of expected) {
      expect(found.get(key)!.shape).toEqual(shape);
      expect([...found.get(key)!.data]).toEqual(Array.from(data, Number));
    }
  });
});

it('keeps every number format exactly', async () => {
  const { values, shapes } = info['dtypes.pth'];
  const file = await openWeightFile(checkpoint('dtypes.pth'));
  const found = new Map<string, NumericArray>();
  for (const tensor of file.tensors) {
    for await (const bytes of file.read([tensor])) found.set(tensor.name, decodeNumbers(tensor.dtype, bytes));
    expect(tensor.shape).toEqual(shapes[tensor.name]);
    expect(tensorBytes(tensor)).toBe(found.get(tensor.name)!.byteLength);
  }
  await file.close();
  for (const [key, expected] of Object.entries(values)) {
    const data = found.get(key)!;
    expect(Array.from(data as ArrayLike<number | bigint>, (v) => (typeof v === 'bigint' ? String(v) : v))).toEqual(
      expected,
    );
  }
});

it('describes views as they were saved', async () => {
  const file = await openPth(checkpoint('views_shared_storage.pth'));
  const root = file.root as Map<string, LazyTensor>;
  await file.close();
  for (const [key, { shape, stride, storage_offset }] of Object.entries(info['views_shared_storage.pth'])) {
    expect(root.get(key)).toMatchObject({ shape, stride, offset: storage_offset });
  }
  expect(root.get('whole')!.storage).toBe(root.get('transposed')!.storage);
});

it('keeps plain data of a nested checkpoint', async () => {
  const file = await openPth(checkpoint('parameter_nested.pth'));
  const nested = (file.root as Map<string, Map<string, unknown>>).get('nested')!;
  await file.close();
  expect(nested.get('list')).toEqual([1, 2.5, 'x', null, true, [1, 2]]);
  expect(nested.get('big_int')).toBe(2n ** 70n);
  expect(nested.get('neg')).toBe(-7);
  expect(nested.get('unicode')).toBe('Größe ✓');
  expect(nested.get('bytes')).toEqual(Uint8Array.of(0, 255));
});

const TRAINING = ['checkpoints', 'model_3.pth'];
describe.skipIf(!hasGolden(...TRAINING))(goldenTitle('training checkpoint', ...TRAINING), () => {
  it('gives the student or the fake network, without buffers', async () => {
    const student = await readWeights(checkpoint('model_3.pth'));
    const fake = await readWeights(checkpoint('model_3.pth'), { model: 'fake' });
    const ema = await readWeights(checkpoint('ema_model_3.pth'));
    // The student's first convolution has the noise channel, the fake network's has not.
    expect(student.get('input_blocks.0.0.weight')!.shape[1]).toBe(fake.get('input_blocks.0.0.weight')!.shape[1]! + 1);
    expect([...ema.keys()]).toEqual([...student.keys()]);
    expect([...student.keys()].filter((key) => /attn_mask|relative_position_index/.test(key))).toEqual([]);
  });

  it('has the optimizers and their settings', async () => {
    const expected = goldenJson<
      Record<string, { optimizer_param_groups: Record<string, { lr: number; betas: number[] }> }>
    >('checkpoints', 'info.json')['model_3.pth']!.optimizer_param_groups;
    const file = await openPth(checkpoint('model_3.pth'));
    const optimizer = (file.root as Map<string, unknown>).get('optimizer') as Map<string, Map<string, unknown>>;
    await file.close();
    for (const [model, { lr, betas }] of Object.entries(expected)) {
      const [group] = optimizer.get(model)!.get('param_groups') as Map<string, unknown>[];
      expect(group!.get('lr')).toBe(lr);
      expect(group!.get('betas')).toEqual(betas);
    }
  });
});

describe('files that must be refused', () => {
  it.each([
    ['crc_mismatch.pth', 'checksum'],
    ['short_storage.pth', 'has 20 bytes instead of 432'],
    ['truncated_zip.pth', 'cut off'],
    ['truncated_legacy.pth', 'cut off'],
    ['empty.pth', 'empty'],
    ['not_a_checkpoint.pth', 'no PyTorch checkpoint'],
    ['hostile_zip.pth', 'system'],
    ['hostile_raw.pth', 'no PyTorch checkpoint'],
    ['hostile_zip_protocol4.pth', 'system'],
    ['hostile_getattr.pth', 'eval'],
  ])('%s', async (name, message) => {
    const failure = await readWeights(checkpoint(name)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as UserError).message).toContain(message);
    expect((failure as UserError).details.file).toBe(checkpoint(name));
    expect(existsSync('LOADER_EXECUTED_PICKLE_CODE')).toBe(false);
  });
});
