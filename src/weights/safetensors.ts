/**
 * @file Reading and writing safetensors files: an 8-byte header length, a JSON header, then raw little-endian tensors.
 *
 * The reader is strict: the tensors must tile the rest of the file exactly, without hole or overlap.
 */
import { UserError } from '../errors/user_error.js';
import { writeAtomically } from '../files/atomic_file.js';
import { decodeNumbers, type DType, type NumericArray } from './dtypes.js';
import { openRandomAccess, withRandomAccess, type RandomAccess } from './random_access.js';
import { elementCount, halved, halvedHeader, tensorBytes, type TensorHeader, type TensorStream } from './raw_tensor.js';
import { parseHeader, type PlacedTensor } from './safetensors_header.js';
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

/** An open file of which only the header was read. Close it when done. */
export interface OpenSafetensors {
  /** In header order. */
  readonly tensors: readonly PlacedTensor[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly size: number;
  /** Raw bytes of one tensor. */
  read(tensor: PlacedTensor): Promise<Uint8Array>;
  close(): Promise<void>;
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
 * Opens a safetensors file and reads its header.
 * @throws UserError if the file is missing, cut off, or breaks any rule of the format.
 */
export async function openSafetensors(file: string): Promise<OpenSafetensors> {
  const access = await openRandomAccess(file);
  try {
    const { dataStart, entries, metadata } = await readHeader(file, access);
    return {
      tensors: entries,
      metadata,
      size: access.size,
      read: ({ begin, end }) => access.read(dataStart + begin, end - begin),
      close: () => access.close(),
    };
  } catch (error) {
    await access.close();
    throw error;
  }
}

async function readHeader(
  file: string,
  { size, read }: RandomAccess,
): Promise<{ dataStart: number } & ReturnType<typeof parseHeader>> {
  if (size < 8) throw new UserError('too short to be a safetensors file', { file, found: `${size} bytes` });
  const headerBytes = Number(new DataView((await read(0, 8)).buffer).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || headerBytes > size - 8) {
    throw new UserError('no safetensors file, or cut off', { file, found: `a header length of ${headerBytes} bytes` });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await read(8, headerBytes));
  } catch (error) {
    throw new UserError('the header is no valid UTF-8', { file }, { cause: error });
  }
  return { dataStart: 8 + headerBytes, ...parseHeader(file, text, size - 8 - headerBytes) };
}

/**
 * Reads a whole safetensors file, tensors in header order.
 * @param file Path.
 * @throws UserError if the file is missing, cut off, or breaks any rule of the format.
 */
export async function readSafetensors(file: string): Promise<SafetensorsFile> {
  const opened = await openSafetensors(file);
  try {
    const tensors = new Map<string, StoredTensor>();
    for (const placed of opened.tensors) {
      const { name, dtype, shape } = placed;
      tensors.set(name, { dtype, shape, data: decodeNumbers(dtype, await opened.read(placed)) });
    }
    return { tensors, metadata: opened.metadata };
  } finally {
    await opened.close();
  }
}

/** Length and JSON of a header for tensors that follow each other; the data starts at a multiple of 8 bytes. */
function composeHeader(headers: readonly TensorHeader[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const content = new Map<string, unknown>(Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : []);
  let position = 0;
  for (const { name, dtype, shape } of headers) {
    const end = position + tensorBytes({ dtype, shape });
    content.set(name, { dtype, shape, data_offsets: [position, end] });
    position = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(content)), 'utf8');
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded]);
}

/** Writes tensors one at a time, complete or not at all; names must differ. */
export async function streamSafetensors(
  file: string,
  { headers, bytes }: TensorStream,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeAtomically(file, async (write) => {
    await write(composeHeader(headers, metadata));
    for await (const tensor of bytes()) await write(tensor);
  });
}

/**
 * Writes a tree as safetensors, flushed to disk under a temporary name and then renamed: a reader never sees half a file.
 * @param tree Official layout by convention; written in the tree's order.
 * @param metadata Strings for the header's `__metadata__`.
 * @param dtype Number format of every tensor; F16 rounds to nearest even.
 * @throws UserError if a number is beyond the range of F16.
 */
export async function writeSafetensors(
  file: string,
  tree: HostTree,
  metadata: Readonly<Record<string, string>> = {},
  { dtype = 'F32' }: { dtype?: 'F32' | 'F16' } = {},
): Promise<void> {
  const stored = [...tree].map(([name, { shape, data }]): TensorHeader => {
    if (elementCount(shape) !== data.length) {
      throw new Error(`${name}: shape [${shape.join(',')}] does not hold ${data.length} numbers`);
    }
    return { name, dtype: 'F32', shape };
  });
  const half = dtype === 'F16';
  await streamSafetensors(
    file,
    {
      headers: half ? stored.map(halvedHeader) : stored,
      bytes: function* () {
        for (const header of stored) {
          const { buffer, byteOffset, byteLength } = tree.get(header.name)!.data;
          const bytes = new Uint8Array(buffer, byteOffset, byteLength);
          yield half ? halved(header, bytes) : bytes;
        }
      },
    },
    metadata,
  );
}
