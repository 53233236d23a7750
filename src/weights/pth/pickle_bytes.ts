/** @file The bytes of a pickle, read front to back: numbers, texts and runs of bytes in the encodings its instructions use. */
import { FormatError } from './format_error.js';

/** The bytes ended inside the pickle: with more of the file at hand it may still be whole. */
export class PickleCutOff extends FormatError {
  constructor() {
    super('the pickle is cut off');
  }
}

/** A position in the bytes; every read moves it on, and past the end throws {@link PickleCutOff}. */
export class PickleBytes {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Answers the position before the skipped bytes. */
  skip(count: number): number {
    const start = this.at;
    if (count > this.bytes.length - start) throw new PickleCutOff();
    this.at = start + count;
    return start;
  }

  byte(): number {
    return this.bytes[this.skip(1)]!;
  }

  uint32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  text(length: number, encoding = 'utf-8'): string {
    const start = this.skip(length);
    return new TextDecoder(encoding).decode(this.bytes.subarray(start, start + length));
  }

  /** A copy. */
  raw(length: number): Uint8Array {
    const start = this.skip(length);
    return new Uint8Array(this.bytes.subarray(start, start + length));
  }

  /** Text up to the next line feed, which is passed over. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleCutOff();
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  uint64(): number {
    const value = this.view.getBigUint64(this.skip(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new FormatError('the pickle holds an impossible length');
    return Number(value);
  }

  /** Signed, of any length; a bigint where a number would not be exact. */
  integer(length: number): number | bigint {
    let value = 0n;
    const start = this.skip(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]!);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  int32(): number {
    return this.view.getInt32(this.skip(4), true);
  }

  uint16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  /** The only big-endian number of the format. */
  float64(): number {
    return this.view.getFloat64(this.skip(8), false);
  }
}
