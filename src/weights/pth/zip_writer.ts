/**
 * @file Writes a zip container of stored entries whose data begins at multiples of 64 bytes, as PyTorch writes them; zip64
 * where sizes or offsets need it. Layout: PKWARE APPNOTE 6.3, sections 4.3 and 4.5.3.
 */
import { crc32 } from 'node:zlib';
import type { WriteBytes } from '../../files/atomic_file.js';

const ALIGNMENT = 64;
const LOCAL_BYTES = 30;
const END64_BYTES = 56;
/** PyTorch's own extra field for padding. */
const PADDING_EXTRA = 0x4246;
const ZIP64_EXTRA = 1;
/** Values from here on stand in a zip64 field. */
const WIDE = 0xffffffff;
const WIDE_COUNT = 0xffff;
const UTF8_NAMES = 0x0800;
const PLAIN_VERSION = 20;
const ZIP64_VERSION = 45;
/** 1 January 1980, the earliest day the format knows: the same tensors give the same file. */
const DATE = 0x21;

/** Little-endian unsigned numbers as [bytes, value] pairs. */
function fields(...list: readonly (readonly [2 | 4 | 8, number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(list.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of list) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

const narrow = (value: number): number => Math.min(value, WIDE);

function zip64Extra(values: readonly number[]): Uint8Array {
  if (values.length === 0) return new Uint8Array();
  return fields([2, ZIP64_EXTRA], [2, 8 * values.length], ...values.map((value) => [8, value] as const));
}

interface Entry {
  readonly name: Uint8Array;
  readonly size: number;
  readonly checksum: number;
  readonly offset: number;
}

/** Writes entries in the order they are added; `finish` must be called last. */
export class ZipWriter {
  private position = 0;
  private readonly entries: Entry[] = [];

  constructor(private readonly write: WriteBytes) {}

  /** Adds an entry; its name must be new. */
  async add(entryName: string, bytes: Uint8Array): Promise<void> {
    const name = new TextEncoder().encode(entryName);
    const entry = { name, size: bytes.length, checksum: crc32(bytes), offset: this.position };
    const wide = entry.size >= WIDE;
    const zip64 = zip64Extra(wide ? [entry.size, entry.size] : []);
    const unpadded = this.position + LOCAL_BYTES + name.length + zip64.length + 4;
    const padding = (ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT;
    const header = fields(
      [4, 0x04034b50],
      [2, wide ? ZIP64_VERSION : PLAIN_VERSION],
      [2, UTF8_NAMES],
      [2, 0],
      [2, 0],
      [2, DATE],
      [4, entry.checksum],
      [4, narrow(entry.size)],
      [4, narrow(entry.size)],
      [2, name.length],
      [2, zip64.length + 4 + padding],
    );
    const extra = [zip64, fields([2, PADDING_EXTRA], [2, padding]), new Uint8Array(padding)];
    for (const part of [header, name, ...extra, bytes]) await this.append(part);
    this.entries.push(entry);
  }

  /** Writes the directory. */
  async finish(): Promise<void> {
    const start = this.position;
    for (const entry of this.entries) await this.append(directoryRecord(entry));
    const bytes = this.position - start;
    const count = this.entries.length;
    if (start >= WIDE || bytes >= WIDE || count >= WIDE_COUNT) await this.append(zip64End(start, bytes, count));
    const shortCount = Math.min(count, WIDE_COUNT);
    await this.append(
      fields(
        [4, 0x06054b50],
        [2, 0],
        [2, 0],
        [2, shortCount],
        [2, shortCount],
        [4, narrow(bytes)],
        [4, narrow(start)],
        [2, 0],
      ),
    );
  }

  private async append(bytes: Uint8Array): Promise<void> {
    await this.write(bytes);
    this.position += bytes.length;
  }
}

function directoryRecord({ name, size, checksum, offset }: Entry): Uint8Array {
  // Only the fields that do not fit stand in the extra field, in this order: both sizes, offset.
  const extra = zip64Extra([size, size, offset].filter((value) => value >= WIDE));
  const version = extra.length > 0 ? ZIP64_VERSION : PLAIN_VERSION;
  const fixed = fields(
    [4, 0x02014b50],
    [2, version],
    [2, version],
    [2, UTF8_NAMES],
    [2, 0],
    [2, 0],
    [2, DATE],
    [4, checksum],
    [4, narrow(size)],
    [4, narrow(size)],
    [2, name.length],
    [2, extra.length],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, 0],
    [4, narrow(offset)],
  );
  return Buffer.concat([fixed, name, extra]);
}

/** End record and its locator. */
function zip64End(start: number, bytes: number, count: number): Uint8Array {
  return Buffer.concat([
    fields([4, 0x06064b50], [8, END64_BYTES - 12], [2, ZIP64_VERSION], [2, ZIP64_VERSION], [4, 0], [4, 0]),
    fields([8, count], [8, count], [8, bytes], [8, start]),
    fields([4, 0x07064b50], [4, 0], [8, start + bytes], [4, 1]),
  ]);
}
