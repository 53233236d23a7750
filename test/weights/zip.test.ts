/** @file The zip container: zip64 directories, and that only the storages asked for are read. */
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors/user_error.js';
import { inspectWeights } from '../../src/models/inspect.js';
import { openPth } from '../../src/weights/pth/open.js';
import type { LazyTensor } from '../../src/weights/pth/tensors.js';
import { readZipDirectory, type ZipEntry } from '../../src/weights/pth/zip.js';
import { withRandomAccess } from '../../src/weights/random_access.js';
import { readWeights } from '../../src/weights/read.js';
import { goldenPath, goldenTitle, hasGolden } from '../helpers/golden.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsd-zip-'));
});
afterEach(() => rm(folder, { recursive: true }));

const directoryOf = (file: string): Promise<Map<string, ZipEntry>> => withRandomAccess(file, readZipDirectory);

/** Little-endian fields: [bytes, value] pairs. */
function fields(...list: [number, number][]): Buffer {
  return Buffer.concat(
    list.map(([bytes, value]) => {
      const buffer = Buffer.alloc(bytes);
      if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value));
      else buffer.writeUIntLE(value, 0, bytes);
      return buffer;
    }),
  );
}

interface Zip64 {
  /** What comes before the directory. */
  readonly data: Buffer;
  /** The directory and its ends. */
  readonly directory: Buffer;
}

/**
 * A file taken apart, its directory the way archives beyond 4 GiB have it: every size and offset in zip64 fields.
 * @param shift Where its first byte will be.
 */
async function withZip64Directory(file: string, shift = 0, added: readonly ZipEntry[] = []): Promise<Zip64> {
  const original = await readFile(file);
  const own = [...(await directoryOf(file)).values()];
  const entries = [...added, ...own.map((entry) => ({ ...entry, headerOffset: entry.headerOffset + shift }))];
  const dataEnd = original.readUInt32LE(original.length - 22 + 16);
  const directoryStart = dataEnd + shift;
  const wide = 0xffffffff;
  const directory = entries.map(({ name, size, packedSize, method, checksum, headerOffset }) => {
    const extra = fields([2, 1], [2, 24], [8, size], [8, packedSize], [8, headerOffset]);
    const nameBytes = Buffer.from(name);
    const fixed = fields(
      [4, 0x02014b50],
      [2, 45],
      [2, 45],
      [2, 0],
      [2, method],
      [4, 0],
      [4, checksum],
      [4, wide],
      [4, wide],
    );
    const lengths = fields([2, nameBytes.length], [2, extra.length], [2, 0], [2, 0], [2, 0], [4, 0], [4, wide]);
    return Buffer.concat([fixed, lengths, nameBytes, extra]);
  });
  const bytes = directory.reduce((sum, { length }) => sum + length, 0);
  const count = entries.length;
  const end64 = fields(
    [4, 0x06064b50],
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, bytes],
    [8, directoryStart],
  );
  const locator = fields([4, 0x07064b50], [4, 0], [8, directoryStart + bytes], [4, 1]);
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, 0xffff], [2, 0xffff], [4, wide], [4, wide], [2, 0]);
  return { data: original.subarray(0, dataEnd), directory: Buffer.concat([...directory, end64, locator, end]) };
}

describe('zip64', () => {
  it('gives the same weights', async () => {
    const file = goldenPath('checkpoints', 'zip_plain.pth');
    const copy = join(folder, 'zip64.pth');
    const { data, directory } = await withZip64Directory(file);
    await writeFile(copy, Buffer.concat([data, directory]));
    expect(await readWeights(copy)).toEqual(await readWeights(file));
  });

  it('refuses a missing zip64 field', async () => {
    const { data, directory } = await withZip64Directory(goldenPath('checkpoints', 'zip_plain.pth'));
    const bytes = Buffer.concat([data, directory]);
    const copy = join(folder, 'zip64.pth');
    const extra = bytes.indexOf(fields([2, 1], [2, 24]));
    bytes.writeUInt16LE(2, extra);
    await writeFile(copy, bytes);
    await expect(readWeights(copy)).rejects.toThrow('zip64');
  });
});

describe('a checkpoint of more than 4 GiB', () => {
  it('is listed and read without its large storages', async () => {
    // A sparse file: a storage of 5 GiB that nothing is written to, then everything else.
    const large = 5 * 2 ** 30;
    const name = 'zip_plain/data/optimizer';
    const shift = 30 + name.length + large;
    const entry = { name, size: large, packedSize: large, headerOffset: 0, method: 0, checksum: 0 };
    const file = goldenPath('checkpoints', 'zip_plain.pth');
    const { data, directory } = await withZip64Directory(file, shift, [entry]);
    const copy = join(folder, 'large.pth');
    const handle = await open(copy, 'w');
    const header = fields([4, 0x04034b50], [2, 45], [2, 0], [2, 0], [4, 0], [4, 0], [4, 0xffffffff], [4, 0xffffffff]);
    await handle.write(Buffer.concat([header, fields([2, name.length], [2, 0]), Buffer.from(name)]), 0, null, 0);
    await handle.write(Buffer.concat([data, directory]), 0, null, shift);
    await handle.close();

    const { size, totals } = await inspectWeights(copy);
    expect(size).toBeGreaterThan(large);
    expect(totals.tensors).toBe(5);
    const before = process.memoryUsage().rss;
    expect(await readWeights(copy)).toEqual(await readWeights(file));
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
  });
});

const TRAINING = ['checkpoints', 'model_3.pth'];
describe.skipIf(!hasGolden(...TRAINING))(goldenTitle('lazy reading', ...TRAINING), () => {
  it('reads only the storages of the network asked for', async () => {
    const file = goldenPath(...TRAINING);
    const checkpoint = await openPth(file);
    const state = (checkpoint.root as Map<string, Map<string, Map<string, LazyTensor>>>).get('state_dict')!;
    const [fakeStorage] = [...state.get('fake')!.values()].map(({ storage }) => storage);
    await checkpoint.close();
    const entry = [...(await directoryOf(file)).values()].find(({ name }) =>
      name.endsWith(`/data/${fakeStorage!.key}`),
    )!;

    const bytes = await readFile(file);
    const nameBytes = bytes.readUInt16LE(entry.headerOffset + 26);
    const dataOffset = entry.headerOffset + 30 + nameBytes + bytes.readUInt16LE(entry.headerOffset + 28);
    bytes[dataOffset]! ^= 1;
    const copy = join(folder, 'damaged.pth');
    await writeFile(copy, bytes);

    expect(await readWeights(copy, { model: 'student' })).toEqual(await readWeights(file, { model: 'student' }));
    await expect(readWeights(copy, { model: 'fake' })).rejects.toThrow(UserError);
  });
});
