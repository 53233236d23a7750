/** @file Safetensors: number formats, round trip, every broken file refused by name. */
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors/user_error.js';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.js';
import type { HostTensor } from '../../src/weights/tree.js';
import { goldenPath } from '../helpers/golden.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsd-safetensors-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(header: unknown, data: Uint8Array): Promise<string> {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const path = join(folder, 'case.safetensors');
  await writeFile(path, Buffer.concat([length, json, data]));
  return path;
}

const tensor = (dtype: string, shape: number[], begin: number, end: number): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('readSafetensors', () => {
  it('decodes every number format', async () => {
    const parts: [string, string, Uint8Array, number[] | bigint[]][] = [
      ['f64', 'F64', new Uint8Array(Float64Array.of(1 / 3).buffer), [1 / 3]],
      ['f32', 'F32', new Uint8Array(Float32Array.of(0.5, -2).buffer), [0.5, -2]],
      // 1, smallest subnormal, largest finite, minus infinity
      ['f16', 'F16', new Uint8Array(Uint16Array.of(0x3c00, 1, 0x7bff, 0xfc00).buffer), [1, 2 ** -24, 65504, -Infinity]],
      ['bf16', 'BF16', new Uint8Array(Uint16Array.of(0x3f80, 0xc049).buffer), [1, -3.140625]],
      ['i64', 'I64', new Uint8Array(BigInt64Array.of(-(2n ** 40n)).buffer), [-(2n ** 40n)]],
      ['i32', 'I32', new Uint8Array(Int32Array.of(-7).buffer), [-7]],
      ['u8', 'U8', Uint8Array.of(255), [255]],
      ['bool', 'BOOL', Uint8Array.of(1, 0), [1, 0]],
    ];
    let position = 0;
    const header: Record<string, unknown> = { __metadata__: { made: 'here' } };
    for (const [name, dtype, bytes, values] of parts) {
      header[name] = tensor(dtype, [values.length], position, (position += bytes.length));
    }
    const { tensors, metadata } = await readSafetensors(
      await file(header, Buffer.concat(parts.map((part) => part[2]))),
    );
    expect(metadata).toEqual({ made: 'here' });
    for (const [name, dtype, , values] of parts) {
      expect(tensors.get(name)?.dtype).toBe(dtype);
      expect([...tensors.get(name)!.data]).toEqual(values);
    }
  });

  const f32x2 = (begin: number): unknown => tensor('F32', [2], begin, begin + 8);
  it.each<[string, unknown, number, string]>([
    ['overlap', { a: f32x2(0), b: f32x2(4) }, 12, 'overlaps'],
    ['hole', { a: f32x2(0), b: f32x2(12) }, 20, 'hole'],
    ['late start', { a: f32x2(4) }, 12, 'hole'],
    ['trailing bytes', { a: f32x2(0) }, 9, 'wrong file length'],
    ['cut data', { a: f32x2(0) }, 7, 'cut off'],
    ['wrong size for the shape', { a: tensor('F32', [3], 0, 8) }, 8, 'disagree'],
    ['reversed offsets', { a: tensor('F32', [0], 8, 0) }, 8, 'disagree'],
    ['unknown number format', { a: tensor('F8_E4M3', [8], 0, 8) }, 8, 'F8_E4M3'],
    ['negative size', { a: tensor('F32', [-1, -2], 0, 8) }, 8, 'unexpected "-"'],
    ['fractional size', { a: tensor('F32', [0.5, 4], 0, 8) }, 8, 'unexpected "."'],
    ['size with an exponent', '{"a": {"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}', 8, 'unexpected "e"'],
    ['size beyond exact numbers', { a: tensor('F32', [2 ** 60], 0, 8) }, 8, 'shape'],
    ['sizes whose product overflows', { a: tensor('U8', [2 ** 32, 2 ** 32, 2 ** 32], 0, 8) }, 8, 'disagree'],
    ['deep nesting', `{"a": ${'['.repeat(1e5)}${']'.repeat(1e5)}}`, 8, 'nested too deeply'],
    ['offsets no pair', { a: { dtype: 'F32', shape: [2], data_offsets: [0, 4, 8] } }, 8, 'data_offsets'],
    ['description missing', { a: 'F32' }, 0, 'description'],
    ['unknown field', { a: { ...(f32x2(0) as object), extra: 1 } }, 8, 'extra'],
    ['metadata of numbers', { __metadata__: { a: 1 } }, 0, '__metadata__'],
    ['array as header', [], 0, 'no JSON object'],
    ['no JSON', '{"a": ', 0, 'no valid JSON'],
    [
      'duplicate key',
      `{"a": ${JSON.stringify(f32x2(0))}, "\\u0061": ${JSON.stringify(f32x2(8))}}`,
      16,
      'duplicate key',
    ],
    [
      'duplicate inner key',
      '{"a": {"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
      8,
      'duplicate key',
    ],
  ])('refuses %s', async (_, header, dataBytes, message) => {
    const path = await file(header, new Uint8Array(dataBytes));
    const failure = await readSafetensors(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as UserError).message).toContain(message);
    expect((failure as UserError).details.file).toBe(path);
  });

  it.each<[string, Buffer]>([
    ['an empty file', Buffer.alloc(0)],
    ['a header longer than the file', Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d])],
    ['an absurd header length', Buffer.concat([Buffer.alloc(8, 0xff), Buffer.from('{}')])],
    ['a header that is no UTF-8', Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe])],
  ])('refuses %s', async (_, bytes) => {
    const path = join(folder, 'broken.safetensors');
    await writeFile(path, bytes);
    await expect(readSafetensors(path)).rejects.toBeInstanceOf(UserError);
  });

  it('says that a file is missing', async () => {
    await expect(readSafetensors(join(folder, 'none'))).rejects.toThrow('does not exist');
  });

  it('reads the golden truth file', async () => {
    const { tensors } = await readSafetensors(goldenPath('checkpoints', 'truth.safetensors'));
    expect(tensors.size).toBeGreaterThan(0);
  });
});

describe('writeSafetensors', () => {
  const tree = new Map<string, HostTensor>([
    ['w', { shape: [2, 3], data: Float32Array.of(1, -0, 1e-30, Infinity, 0.1, -65504) }],
    ['scalar', { shape: [], data: Float32Array.of(3) }],
    ['empty', { shape: [0, 4], data: new Float32Array() }],
  ]);

  it('round-trips exactly and leaves no temporary file', async () => {
    const path = join(folder, 'sub', 'out.safetensors');
    await writeSafetensors(path, tree, { note: 'ä "quoted"' });
    const { tensors, metadata } = await readSafetensors(path);
    expect(metadata).toEqual({ note: 'ä "quoted"' });
    expect([...tensors]).toEqual([...tree].map(([name, t]) => [name, { dtype: 'F32', ...t }]));
    expect(await readdir(join(folder, 'sub'))).toEqual(['out.safetensors']);
    expect(Number((await readFile(path)).readBigUInt64LE()) % 8).toBe(0);
  });

  it('stores every half exactly and rounds to nearest even', async () => {
    const all = Float32Array.from({ length: 31 * 1024 }, (_, bits) => {
      const exponent = bits >> 10;
      return exponent === 0 ? bits * 2 ** -24 : (1 + (bits & 1023) / 1024) * 2 ** (exponent - 15);
    });
    const ties = Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 2047.5, 2 ** -25, 3 * 2 ** -25, 65519, -Infinity);
    const path = join(folder, 'half.safetensors');
    const write = new Map([
      ['all', { shape: [all.length], data: all }],
      ['ties', { shape: [ties.length], data: ties }],
    ]);
    await writeSafetensors(path, write, {}, { dtype: 'F16' });
    const { tensors } = await readSafetensors(path);
    expect(tensors.get('all')!.data).toEqual(all);
    expect([...tensors.get('ties')!.data]).toEqual([1, 1 + 2 ** -9, 2048, 0, 2 ** -23, 65504, -Infinity]);
  });

  it('refuses numbers that half precision cannot hold', async () => {
    const tree = new Map([['large', { shape: [2], data: Float32Array.of(0, -65520) }]]);
    const path = join(folder, 'half.safetensors');
    await expect(writeSafetensors(path, tree, {}, { dtype: 'F16' })).rejects.toThrow(
      'large: half precision cannot hold',
    );
    expect(await readdir(folder)).toEqual([]);
  });
});
