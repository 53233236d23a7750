/** @file Event files hold what was written to them, in TensorBoard's bytes. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from '../../../src/training/tensorboard/crc32c.js';
import { EventFile } from '../../../src/training/tensorboard/event_file.js';
import { integerField } from '../../../src/training/tensorboard/protobuf.js';
import { frameRecord } from '../../../src/training/tensorboard/record.js';
import { messageAt, readFields, readRecords, type Fields } from '../../tensorboard/event_bytes.js';
import { temporaryFolder } from '../temporary_folder.js';

const text = (field: unknown): string => (field as Buffer).toString('utf8');

async function eventsOf(folder: string): Promise<Fields[]> {
  const names = (await readdir(folder)).sort();
  const files = await Promise.all(names.map((name) => readFile(path.join(folder, name))));
  return files.flatMap((file) => readRecords(file).map(readFields));
}

describe('checksum', () => {
  // RFC 3720, appendix B.4, and the usual check value.
  it.each([
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(255), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
  ])('of known bytes', (bytes, sum) => expect(crc32c(bytes)).toBe(sum));
});

describe('records', () => {
  it('have the bytes that TensorFlow writes', () => {
    // First record of any event file, as every TensorFlow writes it.
    const frame = frameRecord(Buffer.concat([Buffer.from([9]), Buffer.alloc(8), Buffer.from('\x1a\x0dbrain.Event:2')]));
    expect(frame.subarray(0, 12).toString('hex')).toBe('18000000000000' + '00' + 'a37f4b22');
    expect(frame.readUInt32LE(12 + 24)).toBe(maskedCrc32c(frame.subarray(12, 36)));
    expect(frame).toHaveLength(40);
  });

  it('write varints to the last safe integer', () => {
    expect(integerField(1, 300).toString('hex')).toBe('08ac02');
    expect(readFields(integerField(2, Number.MAX_SAFE_INTEGER)).get(2)).toEqual([Number.MAX_SAFE_INTEGER]);
    expect(() => integerField(1, -1)).toThrow(RangeError);
  });
});

describe('an event file', () => {
  it('holds scalars, pictures and texts with step and time', async () => {
    const folder = await temporaryFolder();
    const file = new EventFile(folder, 1, () => 12.5);
    file.text(1, 'config', 'seed: 3');
    file.scalars(7, { 'train_student/loss': 0.25, 'optimizer/lr_student': -2 });
    file.image(8, 'validation/grid', { png: Buffer.from('png'), height: 2, width: 300 });
    file.close();
    const [version, config, scalars, image] = await eventsOf(folder);
    expect(text(version!.get(3)![0])).toBe('brain.Event:2');
    expect([scalars!.get(1), scalars!.get(2)]).toEqual([[12.5], [7]]);
    const values = messageAt(scalars!, 5)
      .get(1)!
      .map((value) => readFields(value as Buffer));
    expect(values.map((value) => [text(value.get(1)![0]), value.get(2)![0]])).toEqual([
      ['train_student/loss', 0.25],
      ['optimizer/lr_student', -2],
    ]);
    const picture = messageAt(image!, 5, 1, 4);
    expect([1, 2, 3].map((number) => picture.get(number)![0])).toEqual([2, 300, 3]);
    expect(text(picture.get(4)![0])).toBe('png');
    const value = messageAt(config!, 5, 1);
    expect(text(messageAt(value, 9, 1).get(1)![0])).toBe('text');
    expect(text(messageAt(value, 8).get(8)![0])).toBe('seed: 3');
  });

  it('of a resumed run says from which step on earlier files no longer count', async () => {
    const folder = await temporaryFolder();
    for (const next of [1, 4]) {
      const file = new EventFile(folder, next, () => 0);
      file.scalars(next, { loss: 1 });
      file.close();
    }
    const events = await eventsOf(folder);
    const starts = events.filter((event) => event.has(7));
    expect(starts.map((event) => [event.get(2)![0], messageAt(event, 7).get(1)![0]])).toEqual([[4, 1]]);
    expect(await readdir(folder)).toHaveLength(2);
  });
});
