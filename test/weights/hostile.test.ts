/** @file Files made to exhaust a reader: refused within moments and without the memory they ask for. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors/user_error.js';
import { inspectWeights } from '../../src/models/inspect.js';
import { readWeights } from '../../src/weights/read.js';
import { checkpointOf, storageOpcodes, zipOf } from '../helpers/checkpoint_bytes.js';

/** Reading such a file takes milliseconds; what they ask for would take minutes or gigabytes. */
const MAX_MILLISECONDS = 3_000;
const MAX_HEAP_GROWTH = 200 * 2 ** 20;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsd-hostile-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function refused(bytes: Uint8Array, read: (file: string) => Promise<unknown> = readWeights): Promise<string> {
  const file = join(folder, 'case.pth');
  await writeFile(file, bytes);
  const [begin, heap] = [performance.now(), process.memoryUsage().heapUsed];
  const failure = await read(file).catch((error: unknown) => error);
  expect(performance.now() - begin).toBeLessThan(MAX_MILLISECONDS);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(MAX_HEAP_GROWTH);
  expect(failure).toBeInstanceOf(UserError);
  expect((failure as UserError).message).not.toContain('\n');
  return (failure as UserError).message;
}

const opcodes = (...parts: (string | Uint8Array)[]): Buffer =>
  Buffer.concat([Buffer.from([0x80, 2]), ...parts.map((part) => Buffer.from(part as string, 'latin1'))]);
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

describe('pickles', () => {
  it('of a million empty dictionaries', async () => {
    expect(await refused(await checkpointOf(opcodes('}'.repeat(1e6), '.')))).toContain('more objects than its size');
  });

  it('that calls with one long list again and again', async () => {
    const list = ['(', Buffer.alloc(2e5, 'N'), 'tq\x01'];
    const calls = 'ctorch\nSize\n' + 'h\x01\x85Rctorch\nSize\n'.repeat(5e3);
    expect(await refused(await checkpointOf(opcodes(...list, calls, '.')))).toContain('calls with more than its size');
  });

  it('that encodes one long text again and again', async () => {
    const long = ['X', uint32(2e5), Buffer.alloc(2e5, 'a'), 'q\x01', 'X', uint32(6), 'latin1q\x02'];
    const calls = 'c_codecs\nencode\nh\x01h\x02\x86R'.repeat(1e4);
    expect(await refused(await checkpointOf(opcodes(...long, calls, '.')))).toContain('calls with more than its size');
  });

  it('that names a global by nested lists or in several lines', async () => {
    // [a, a], [that, that], ... forty times: written out it would have 2^40 parts.
    const doubled = ']q\x00' + '(h\x00h\x00tq\x00'.repeat(40);
    expect(await refused(await checkpointOf(opcodes(doubled, 'h\x00\x93.')))).toContain('names no global');
    const split = ['X', uint32(4), 'os\x1b\n', 'X', uint32(6), 'system', '\x93.'];
    expect(await refused(await checkpointOf(opcodes(...split)))).toContain('asks for os\\u{1b}\\u{a}.system');
  });

  it('of dictionaries that hold each other', async () => {
    const doubled = '}q\x00' + '}(X\x01\x00\x00\x00ah\x00X\x01\x00\x00\x00bh\x00uq\x00'.repeat(31);
    expect(await refused(await checkpointOf(opcodes(doubled, '.')))).toContain('nested too deeply');
    const itself = '}q\x00X\x01\x00\x00\x00ah\x00s.';
    expect(await refused(await checkpointOf(opcodes(itself)))).toContain('nested too deeply');
  });
});

describe('tensors', () => {
  const tensor = (count: number, shape: string, stride: string): Buffer =>
    Buffer.concat([
      Buffer.from('ctorch._utils\n_rebuild_tensor_v2\n('),
      storageOpcodes(count),
      Buffer.from(`K\x00${shape}${stride}\x89}tR`, 'latin1'),
    ]);

  it('of which thousands are the same storage', async () => {
    const count = 2 ** 18;
    const one = ['}', '(X', uint32(1), 'a', tensor(count, `(J\0\0\x04\0t`, `(K\x01t`), 'q\x05'];
    const again = Array.from({ length: 3000 }, (_, i) =>
      Buffer.concat([Buffer.from('X'), uint32(5), Buffer.from(`${10000 + i}h\x05`)]),
    );
    const bytes = await checkpointOf(opcodes(...one, ...again, 'u.'), [new Uint8Array(4 * count)]);
    expect(await refused(bytes)).toContain('repeat their storages too often');
    // Listing them costs nothing.
    expect((await inspectWeights(join(folder, 'case.pth'))).totals.tensors).toBe(3001);
  });

  it.each([
    ['that repeats one number a billion times', 'J\0\0\0\x40', 'K\x00', 'repeats a storage'],
    ['that reaches beyond its storage', 'K\x02', 'K\x02', 'reaches beyond'],
  ])('%s', async (_, size, stride, message) => {
    const bytes = await checkpointOf(opcodes(tensor(1, `(${size}t`, `(${stride}t`), '.'), [new Uint8Array(4)]);
    expect(await refused(bytes)).toContain(message);
  });

  it('of a thousand dimensions', async () => {
    const many = `(${'K\x01'.repeat(1000)}t`;
    const bytes = await checkpointOf(opcodes(tensor(1, many, many), '.'), [new Uint8Array(4)]);
    expect(await refused(bytes)).toContain('too many dimensions');
  });
});

describe('zip files', () => {
  /** Rewrites the first directory record for `name`. */
  function edited(zip: Buffer, name: string, edit: (record: Buffer) => void): Buffer {
    const copy = Buffer.from(zip);
    const directory = copy.readUInt32LE(copy.length - 22 + 16);
    edit(copy.subarray(copy.indexOf(name, directory) - 46));
    return copy;
  }

  it('that unpack to far more than they hold', async () => {
    const size = 2 ** 28;
    const packed = deflateRawSync(new Uint8Array(size));
    const zip = await zipOf([
      ['archive/data.pkl', opcodes('}.')],
      ['archive/data/0', packed],
    ]);
    const bomb = edited(zip, 'archive/data/0', (record) => {
      record.writeUInt16LE(8, 10);
      record.writeUInt32LE(size, 24);
    });
    expect(await refused(bomb)).toContain(`unpack to ${size + 4} bytes`);
  });

  it('whose entries overlap', async () => {
    const zip = await zipOf([
      ['archive/data.pkl', opcodes('}.')],
      ['archive/data/0', new Uint8Array(1000)],
      ['archive/data/1', new Uint8Array(1000)],
    ]);
    const bomb = edited(zip, 'archive/data/1', (record) => {
      record.writeUInt32LE(record.readUInt32LE(42) - 500, 42);
    });
    expect(await refused(bomb)).toContain('overlaps another');
  });

  it('whose directory counts entries that are not there', async () => {
    const zip = await zipOf([['archive/data.pkl', opcodes('}.')]]);
    zip.writeUInt16LE(0xfff0, zip.length - 22 + 10);
    expect(await refused(zip)).toContain('directory is damaged');
  });
});

it('a header of millions of brackets', async () => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(20_000_000n);
  const bytes = Buffer.concat([length, Buffer.from('{"a":'), Buffer.alloc(20_000_000 - 5, '[')]);
  expect(await refused(bytes)).toContain('nested too deeply');
});

it('a pipe, which has no end', async () => {
  await expect(readWeights('/dev/null')).rejects.toThrow('this is no file');
});
