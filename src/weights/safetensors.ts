/**
 * @file Reading and writing safetensors files: an 8-byte header length, a JSON header, then raw little-endian tensors.
 *
 * The reader is strict: the tensors must tile the rest of the file exactly, without hole or overlap.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../errors.js';
import { DTYPE_BYTES, decodeNumbers, isDType, toHalfBits, type DType, type NumericArray } from './dtypes.js';
import { withRandomAccess } from './random_access.js';
import { parseStrictJson } from './strict_json.js';
import type { HostTree } from './tree.js';

/** The format's own limit on the header. */
const MAX_HEADER_BYTES = 100_000_000;

/** One stored tensor; `dtype` is how it was stored, `data` holds F16, BF16 and F32 as float32. */
export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

export interface SafetensorsFile {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseEntry(file: string, name: string, value: unknown): Entry {
  const fail = (message: string): UserError => new UserError(message, { file, key: name });
  if (typeof value !== 'object' || value === null) throw fail('the tensor has no description');
  const { dtype, shape, data_offsets: offsets, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0) throw fail(`unknown header field ${Object.keys(rest)[0]}`);
  if (!isDType(dtype)) throw fail(`number format ${JSON.stringify(dtype)} is not supported`);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw fail('the shape is no list of sizes');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw fail('data_offsets is no pair of sizes');
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => product * size, 1) * DTYPE_BYTES[dtype];
  if (end - begin !== bytes) {
    throw fail(
      `offsets and shape disagree: ${dtype} [${shape.join(',')}] is ${bytes} bytes, offsets span ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function parseMetadata(file: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || !Object.values(value).every((v) => typeof v === 'string')) {
    throw new UserError('must map names to strings', { file, key: '__metadata__' });
  }
  return value as Record<string, string>;
}

function parseHeader(
  file: string,
  text: string,
  dataBytes: number,
): { entries: Entry[]; metadata: Record<string, string> } {
  let header: unknown;
  try {
    header = parseStrictJson(text);
  } catch (error) {
    throw new UserError(`the header is no valid JSON: ${(error as Error).message}`, { file }, { cause: error });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new UserError('the header is no JSON object', { file });
  }
  const { __metadata__: metadata, ...tensors } = header as Record<string, unknown>;
  const entries = Object.entries(tensors).map(([name, value]) => parseEntry(file, name, value));
  let position = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== position) {
      const problem = entry.begin < position ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new UserError(problem, {
        file,
        key: entry.name,
        expected: `offset ${position}`,
        found: String(entry.begin),
      });
    }
    position = entry.end;
  }
  if (position !== dataBytes) {
    const remedy = position > dataBytes ? 'The file is cut off: fetch or copy it again' : undefined;
    throw new UserError('wrong file length', {
      file,
      expected: `${position} bytes of tensors`,
      found: String(dataBytes),
      remedy,
    });
  }
  return { entries, metadata: parseMetadata(file, metadata) };
}

/** Whether the file's first bytes are those of a safetensors file: a header length, then a JSON object. */
export function isSafetensors(file: string): Promise<boolean> {
  return withRandomAccess(file, async ({ size, read }) => {
    if (size < 9) return false;
    const start = await read(0, 9);
    const headerBytes = new DataView(start.buffer).getBigUint64(0, true);
    return headerBytes <= MAX_HEADER_BYTES && start[8] === '{'.charCodeAt(0);
  });
}

/**
 * Reads a whole safetensors file, tensors in header order.
 * @param file Path.
 * @throws UserError if the file is missing, cut off, or breaks any rule of the format.
 */
export function readSafetensors(file: string): Promise<SafetensorsFile> {
  return withRandomAccess(file, async ({ size, read }) => {
    if (size < 8) throw new UserError('too short to be a safetensors file', { file, found: `${size} bytes` });
    const headerBytes = Number(new DataView((await read(0, 8)).buffer).getBigUint64(0, true));
    if (headerBytes > MAX_HEADER_BYTES || headerBytes > size - 8) {
      throw new UserError('no safetensors file, or cut off', {
        file,
        found: `a header length of ${headerBytes} bytes`,
      });
    }
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(await read(8, headerBytes));
    } catch (error) {
      throw new UserError('the header is no valid UTF-8', { file }, { cause: error });
    }
    const { entries, metadata } = parseHeader(file, text, size - 8 - headerBytes);
    const tensors = new Map<string, StoredTensor>();
    for (const { name, dtype, shape, begin, end } of entries) {
      const bytes = await read(8 + headerBytes + begin, end - begin);
      tensors.set(name, { dtype, shape, data: decodeNumbers(dtype, bytes) });
    }
    return { tensors, metadata };
  });
}

function encodeFloats(data: Float32Array, dtype: 'F32' | 'F16'): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(Uint16Array.from(data, toHalfBits).buffer);
}

/**
 * Writes a tree as safetensors, flushed to disk under a temporary name and then renamed: a reader never sees half a file.
 * @param tree Official layout by convention; written in the tree's order.
 * @param metadata Strings for the header's `__metadata__`.
 * @param dtype Number format of every tensor; F16 rounds to nearest even.
 */
export async function writeSafetensors(
  file: string,
  tree: HostTree,
  metadata: Readonly<Record<string, string>> = {},
  { dtype = 'F32' }: { dtype?: 'F32' | 'F16' } = {},
): Promise<void> {
  const header = new Map<string, unknown>(Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : []);
  let position = 0;
  for (const [name, { shape, data }] of tree) {
    if (shape.reduce((product, size) => product * size, 1) !== data.length) {
      throw new Error(`${name}: shape [${shape.join(',')}] does not hold ${data.length} numbers`);
    }
    const bytes = data.length * DTYPE_BYTES[dtype];
    header.set(name, { dtype, shape, data_offsets: [position, position + bytes] });
    position += bytes;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)), 'utf8');
  // Tensor data starts at a multiple of 8 bytes.
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));

  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(length);
      await handle.writeFile(padded);
      for (const { data } of tree.values()) await handle.writeFile(encodeFloats(data, dtype));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
