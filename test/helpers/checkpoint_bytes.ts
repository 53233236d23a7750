/** @file Zip checkpoints made byte by byte for tests: entries taken apart, pickles written by hand. */
import { readZipDirectory, readZipEntry } from '../../src/weights/pth/zip.js';
import { ZipWriter } from '../../src/weights/pth/zip_writer.js';
import { withRandomAccess } from '../../src/weights/random_access.js';

/** Entries of a zip file, by full name. */
export function zipEntries(file: string): Promise<Map<string, Uint8Array>> {
  return withRandomAccess(file, async (access) => {
    const entries = new Map<string, Uint8Array>();
    for (const entry of (await readZipDirectory(access)).values()) {
      entries.set(entry.name, await readZipEntry(access, entry));
    }
    return entries;
  });
}

/** A zip file of these entries, checksums and all. */
export async function zipOf(entries: Iterable<readonly [string, Uint8Array]>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const zip = new ZipWriter((bytes) => {
    parts.push(bytes);
    return Promise.resolve();
  });
  for (const [name, bytes] of entries) await zip.add(name, bytes);
  await zip.finish();
  return Buffer.concat(parts);
}

/** A checkpoint with this pickle and these storages, keyed 0, 1, ... */
export function checkpointOf(pickle: Uint8Array, storages: readonly Uint8Array[] = []): Promise<Buffer> {
  return zipOf([
    ['archive/data.pkl', pickle],
    ...storages.map((bytes, index): [string, Uint8Array] => [`archive/data/${index}`, bytes]),
  ]);
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([0x58, bytes.length, 0, 0, 0]), bytes]);
};

/** Opcodes of a float32 storage with key 0 and `count` numbers, left on the stack. */
export function storageOpcodes(count: number): Buffer {
  const length = Buffer.from([0x4a, 0, 0, 0, 0]);
  length.writeInt32LE(count, 1);
  return Buffer.concat([
    Buffer.from('('),
    text('storage'),
    Buffer.from('ctorch\nFloatStorage\n'),
    text('0'),
    text('cpu'),
    length,
    Buffer.from('tQ'),
  ]);
}
