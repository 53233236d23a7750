/**
 * @file The zip container: central directory (with zip64), stored and deflated entries, checksums.
 *
 * Only what a weight file needs; nothing is ever written to disk. Layout: PKWARE APPNOTE 6.3, sections 4.3 and 4.5.3.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { printable } from '../printable.js';
import type { RandomAccess } from '../random_access.js';
import { FormatError } from './format_error.js';

const END_SIGNATURE = 0x06054b50;
const END64_SIGNATURE = 0x06064b50;
const LOCATOR64_SIGNATURE = 0x07064b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;
const ZIP64_EXTRA = 1;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
/** Far above what a checkpoint with deflated entries reaches; zip bombs are beyond it. */
const MAX_UNPACKED_RATIO = 64;
const FREE_UNPACKED_BYTES = 2 ** 24;
/** About half a million entries. */
const MAX_DIRECTORY_BYTES = 2 ** 26;

export interface ZipEntry {
  readonly name: string;
  /** Bytes once unpacked. */
  readonly size: number;
  readonly packedSize: number;
  readonly method: number;
  readonly checksum: number;
  readonly headerOffset: number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function toNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FormatError('the zip directory holds an impossible size');
  return Number(value);
}

/** Position, size and entry count of the central directory. */
async function findDirectory({ size, read }: RandomAccess): Promise<{ offset: number; bytes: number; count: number }> {
  const tailBytes = Math.min(size, END_BYTES + MAX_COMMENT);
  const tail = viewOf(await read(size - tailBytes, tailBytes));
  for (let i = tailBytes - END_BYTES; i >= 0; i--) {
    if (tail.getUint32(i, true) !== END_SIGNATURE || tail.getUint16(i + 20, true) !== tailBytes - END_BYTES - i)
      continue;
    const end = {
      offset: tail.getUint32(i + 16, true),
      bytes: tail.getUint32(i + 12, true),
      count: tail.getUint16(i + 10, true),
    };
    const locator = size - tailBytes + i - 20;
    if (locator < 0) return end;
    const locatorView = viewOf(await read(locator, 20));
    if (locatorView.getUint32(0, true) !== LOCATOR64_SIGNATURE) return end;
    const end64 = viewOf(await read(toNumber(locatorView.getBigUint64(8, true)), 56));
    if (end64.getUint32(0, true) !== END64_SIGNATURE) throw new FormatError('the zip64 end record is damaged');
    const field = (at: number): number => toNumber(end64.getBigUint64(at, true));
    return { offset: field(48), bytes: field(40), count: field(32) };
  }
  throw new FormatError('the zip directory is missing: the file is cut off or no zip file');
}

/** Replaces the fields that did not fit into 32 bits by those of the zip64 extra field, which lists them in this order. */
function widen(fields: [number, number, number], extra: DataView): [number, number, number] {
  const wide = [...fields] as [number, number, number];
  if (!fields.includes(0xffffffff)) return wide;
  for (let i = 0; i + 4 <= extra.byteLength;) {
    const bytes = extra.getUint16(i + 2, true);
    const end = i + 4 + bytes;
    if (end > extra.byteLength) break;
    if (extra.getUint16(i, true) === ZIP64_EXTRA) {
      let at = i + 4;
      for (let f = 0; f < 3; f++) {
        if (fields[f] !== 0xffffffff) continue;
        if (at + 8 > end) throw new FormatError('a zip64 field is cut off');
        wide[f] = toNumber(extra.getBigUint64(at, true));
        at += 8;
      }
      return wide;
    }
    i = end;
  }
  throw new FormatError('a zip64 field is missing');
}

/**
 * Reads the central directory.
 * @returns Entries by full name.
 * @throws FormatError on any inconsistency, on encrypted, doubled and overlapping entries, and on zip bombs.
 */
export async function readZipDirectory(access: RandomAccess): Promise<Map<string, ZipEntry>> {
  const { offset, bytes, count } = await findDirectory(access);
  if (offset + bytes > access.size) throw new FormatError('the zip directory lies outside the file');
  if (bytes > MAX_DIRECTORY_BYTES) throw new FormatError(`its zip directory of ${bytes} bytes is too large`);
  const directory = await access.read(offset, bytes);
  const view = viewOf(directory);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_BYTES > bytes || view.getUint32(at, true) !== ENTRY_SIGNATURE)
      throw new FormatError('the zip directory is damaged');
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > bytes) throw new FormatError('the zip directory is damaged');
    const name = new TextDecoder().decode(directory.subarray(at + ENTRY_BYTES, nameEnd));
    if (entries.has(name)) throw new FormatError(`the zip entry ${printable(name)} is there twice`);
    if (view.getUint16(at + 8, true) & ENCRYPTED)
      throw new FormatError(`the zip entry ${printable(name)} is encrypted`);
    const narrow: [number, number, number] = [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ];
    const [size, packedSize, headerOffset] = widen(narrow, viewOf(directory.subarray(nameEnd, extraEnd)));
    entries.set(name, {
      name,
      size,
      packedSize,
      headerOffset,
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
    });
    at = next;
  }
  checkExtent([...entries.values()], offset, access.size);
  return entries;
}

/** Entries follow each other before the directory, and unpack to a size in proportion to the file's. */
function checkExtent(entries: readonly ZipEntry[], directoryOffset: number, fileBytes: number): void {
  let [position, unpacked] = [0, 0];
  for (const { name, headerOffset, packedSize, size } of [...entries].sort((a, b) => a.headerOffset - b.headerOffset)) {
    if (headerOffset < position) throw new FormatError(`the zip entry ${printable(name)} overlaps another`);
    position = headerOffset + LOCAL_BYTES + packedSize;
    unpacked += size;
  }
  if (position > directoryOffset) throw new FormatError('a zip entry reaches into the directory');
  if (unpacked > MAX_UNPACKED_RATIO * fileBytes + FREE_UNPACKED_BYTES) {
    throw new FormatError(`its entries unpack to ${unpacked} bytes, far more than the file's ${fileBytes}`);
  }
}

/**
 * Unpacks one entry and checks its CRC-32.
 * @throws FormatError if it is damaged or packed by a method other than stored and deflated.
 */
export async function readZipEntry(access: RandomAccess, entry: ZipEntry): Promise<Uint8Array> {
  const { name, size, packedSize, method, headerOffset } = entry;
  const damaged = (what: string, cause?: unknown): FormatError =>
    new FormatError(`the zip entry ${printable(name)} ${what}`, { cause });
  if (headerOffset + LOCAL_BYTES + packedSize > access.size) throw damaged('lies outside the file');
  const local = viewOf(await access.read(headerOffset, LOCAL_BYTES));
  if (local.getUint32(0, true) !== LOCAL_SIGNATURE) throw damaged('has no header');
  const dataOffset = headerOffset + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
  if (method !== STORED && method !== DEFLATED) throw damaged(`is packed by method ${method}, which is not supported`);
  if (method === STORED && size !== packedSize) throw damaged('has an impossible size');
  const packed = await access.read(dataOffset, packedSize);
  let bytes = packed;
  if (method === DEFLATED) {
    try {
      bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
    } catch (error) {
      throw damaged('is damaged', error);
    }
  }
  if (bytes.length !== size || crc32(bytes) !== entry.checksum) throw damaged('is damaged (checksum)');
  return bytes;
}
