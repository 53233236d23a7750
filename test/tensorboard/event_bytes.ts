/** @file Reads event files back: frames with their checksums, and protocol buffer fields by number. */
import { maskedCrc32c } from '../../src/training/tensorboard/crc32c.js';

/** Fields of a message by number: integers, doubles and floats as numbers, everything with a length as bytes. */
export type Fields = Map<number, (number | Buffer)[]>;

function readVarint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7, at++) {
    value += (bytes[at]! & 127) * 2 ** shift;
    if (bytes[at]! < 128) return { value, next: at + 1 };
  }
}

export function readFields(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  for (let at = 0; at < bytes.length;) {
    const { value: key, next } = readVarint(bytes, at);
    let content: number | Buffer;
    switch (key % 8) {
      case 0:
        ({ value: content, next: at } = readVarint(bytes, next));
        break;
      case 1:
        content = bytes.readDoubleLE(next);
        at = next + 8;
        break;
      case 2: {
        const length = readVarint(bytes, next);
        at = length.next + length.value;
        content = bytes.subarray(length.next, at);
        break;
      }
      case 5:
        content = bytes.readFloatLE(next);
        at = next + 4;
        break;
      default:
        throw new Error(`wire type ${key % 8}`);
    }
    fields.set(Math.floor(key / 8), [...(fields.get(Math.floor(key / 8)) ?? []), content]);
  }
  return fields;
}

/** The fields of the message at a path of field numbers. */
export function messageAt(message: Fields, ...path: readonly number[]): Fields {
  return path.reduce((fields, number) => readFields(fields.get(number)![0] as Buffer), message);
}

/** Messages of a TFRecord file; throws if a checksum is wrong. */
export function readRecords(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    const message = file.subarray(at + 12, at + 12 + length);
    const sums = [maskedCrc32c(file.subarray(at, at + 8)), maskedCrc32c(message)];
    if (sums[0] !== file.readUInt32LE(at + 8) || sums[1] !== file.readUInt32LE(at + 12 + length)) {
      throw new Error(`wrong checksum in the record at byte ${at}`);
    }
    records.push(message);
    at += 16 + length;
  }
  return records;
}
