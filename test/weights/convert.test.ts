/** @file Conversion between .pth and safetensors: every bit kept, nesting and prefixes gone, nothing half-written. */
import { mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertWeights } from '../../src/weights/convert.js';
import { decodeNumbers, toHalfBits } from '../../src/weights/dtypes.js';
import { readZipDirectory } from '../../src/weights/pth/zip.js';
import { openRandomAccess, withRandomAccess } from '../../src/weights/random_access.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { networkTensors, withWeightFile, type CheckpointModel } from '../../src/weights/weight_file.js';
import { goldenPath, goldenTitle, hasGolden } from '../helpers/golden.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsd-convert-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const checkpoint = (name: string): string => goldenPath('checkpoints', name);

/** Number format, shape and bytes of a network's tensors. */
function content(file: string, model?: CheckpointModel): Promise<Record<string, unknown>> {
  return withWeightFile(file, async (opened) => {
    const network = networkTensors(file, opened, model);
    const found: Record<string, unknown> = {};
    for (const [name, tensor] of network) {
      for await (const bytes of opened.read([tensor])) {
        found[name] = { dtype: tensor.dtype, shape: tensor.shape, bytes: Buffer.from(bytes).toString('hex') };
      }
    }
    return found;
  });
}

describe('to safetensors, and from there to .pth', () => {
  it.each([
    'zip_plain.pth',
    'legacy_plain.pth',
    'dtypes.pth',
    'half.pth',
    'bfloat16.pth',
    'views_shared_storage.pth',
    'views_shared_storage_legacy.pth',
    'module_state_dict.pth',
    'wrapped_module_prefix.pth',
  ])('%s keeps every bit', async (name) => {
    const original = await content(checkpoint(name));
    const { tensors } = await convertWeights(checkpoint(name), at('a.safetensors'));
    expect(tensors).toBe(Object.keys(original).length);
    await convertWeights(at('a.safetensors'), at('b.pth'));
    expect(await content(at('a.safetensors'))).toEqual(original);
    expect(await content(at('b.pth'))).toEqual(original);
    expect(await readdir(folder)).toEqual(['a.safetensors', 'b.pth']);
  });
});

it('writes storages at multiples of 64 bytes, as PyTorch does', async () => {
  await convertWeights(checkpoint('zip_plain.pth'), at('a.pth'));
  const bytes = await readFile(at('a.pth'));
  const entries = await withRandomAccess(at('a.pth'), readZipDirectory);
  expect([...entries.keys()]).toEqual([
    'archive/data.pkl',
    'archive/byteorder',
    ...Array.from({ length: 5 }, (_, index) => `archive/data/${index}`),
    'archive/version',
  ]);
  for (const { headerOffset } of entries.values()) {
    const data = headerOffset + 30 + bytes.readUInt16LE(headerOffset + 26) + bytes.readUInt16LE(headerOffset + 28);
    expect(data % 64).toBe(0);
  }
});

it('is the same file every time', async () => {
  await convertWeights(checkpoint('zip_plain.pth'), at('a.pth'));
  await convertWeights(checkpoint('zip_plain.pth'), at('b.pth'));
  expect(await readFile(at('a.pth'))).toEqual(await readFile(at('b.pth')));
});

it('rounds floating-point numbers to half precision and leaves integers alone', async () => {
  await convertWeights(checkpoint('module_state_dict.pth'), at('half.safetensors'), { half: true });
  await withWeightFile(checkpoint('module_state_dict.pth'), (original) =>
    withWeightFile(at('half.safetensors'), async (half) => {
      for (const [index, tensor] of original.tensors.entries()) {
        const rounded = half.tensors[index]!;
        expect(rounded.dtype).toBe(tensor.dtype === 'F32' ? 'F16' : tensor.dtype);
        for await (const bytes of original.read([tensor])) {
          for await (const other of half.read([rounded])) {
            const numbers = decodeNumbers(tensor.dtype, bytes);
            const expected = tensor.dtype === 'F32' ? Uint16Array.from(numbers as Float32Array, toHalfBits) : numbers;
            expect(Buffer.from(other)).toEqual(Buffer.from(expected.buffer));
          }
        }
      }
    }),
  );
});

const TRAINING = ['checkpoints', 'model_3.pth'];
describe.skipIf(!hasGolden(...TRAINING))(goldenTitle('a training checkpoint', ...TRAINING), () => {
  it.each(['student', 'fake'] as const)('gives its %s', async (model) => {
    await convertWeights(goldenPath(...TRAINING), at('one.pth'), { model });
    expect(await content(at('one.pth'))).toEqual(await content(goldenPath(...TRAINING), model));
  });
});

it('tells how far it is', async () => {
  const progress: number[] = [];
  let whole = 0;
  await convertWeights(checkpoint('zip_plain.pth'), at('a.safetensors'), {
    onProgress: (done, total) => {
      progress.push(done);
      whole = total;
    },
  });
  expect(progress).toHaveLength(5);
  expect(progress.at(-1)).toBe(whole);
  expect(whole).toBe(588);
});

describe('refuses', () => {
  it('an ending that says no format, and to overwrite its own input', async () => {
    await expect(convertWeights(checkpoint('half.pth'), at('a.bin'))).rejects.toThrow(
      'a.bin: the ending says no format; expected .safetensors, .pth, .pt, .ckpt; found .bin',
    );
    await expect(convertWeights(at('a.pth'), at('a.pth'))).rejects.toThrow('the same file');
  });

  it('to choose among networks where there is one', async () => {
    await expect(convertWeights(checkpoint('half.pth'), at('a.pth'), { model: 'fake' })).rejects.toThrow(
      'there is no choice of networks in this file',
    );
  });

  it('a damaged file, numbers beyond half and a full target, leaving nothing behind', async () => {
    await expect(convertWeights(checkpoint('crc_mismatch.pth'), at('a.pth'))).rejects.toThrow('checksum');
    await writeSafetensors(at('large.safetensors'), new Map([['w', { shape: [1], data: Float32Array.of(1e6) }]]));
    await expect(convertWeights(at('large.safetensors'), at('a.pth'), { half: true })).rejects.toThrow(
      'w: half precision cannot hold this number',
    );
    await writeFile(at('file'), '');
    await expect(convertWeights(checkpoint('half.pth'), at('file/a.pth'))).rejects.toThrow('cannot be written');
    expect(await readdir(folder)).toEqual(['file', 'large.safetensors']);
  });

  it('number formats that .pth files do not have', async () => {
    const header = Buffer.from(JSON.stringify({ n: { dtype: 'U16', shape: [1], data_offsets: [0, 2] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await writeFile(at('n.safetensors'), Buffer.concat([length, header, Buffer.alloc(2)]));
    await expect(convertWeights(at('n.safetensors'), at('n.pth'))).rejects.toThrow(
      'n: a .pth file cannot hold this number format; found U16',
    );
  });
});

it('reads safetensors beyond 4 GiB, one tensor at a time', async () => {
  // 5 GiB of tensors in a sparse file, of which one small tensor at the end is read.
  const gib = 2 ** 30;
  const entry = (begin: number, count: number): object => ({
    dtype: 'U8',
    shape: [count],
    data_offsets: [begin, begin + count],
  });
  const tensors = {
    ...Object.fromEntries([0, 1, 2, 3, 4].map((i) => [`large${i}`, entry(i * gib, gib)])),
    last: entry(5 * gib, 3),
  };
  const header = Buffer.from(JSON.stringify(tensors));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const handle = await open(at('sparse.safetensors'), 'w');
  await handle.write(Buffer.concat([length, header]), 0, 8 + header.length, 0);
  await handle.write(Uint8Array.of(7, 8, 9), 0, 3, 8 + header.length + 5 * gib);
  await handle.close();
  await withWeightFile(at('sparse.safetensors'), async (opened) => {
    expect(opened.tensors).toHaveLength(6);
    for await (const bytes of opened.read([opened.tensors[5]!])) expect([...bytes]).toEqual([7, 8, 9]);
  });
  const access = await openRandomAccess(at('sparse.safetensors'));
  await expect(access.read(0, 2 ** 43)).rejects.toThrow('the file is cut off');
  await access.close();
});
