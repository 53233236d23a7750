/** @file Reading protobuf messages field by field; the few fields used here do not justify a protobuf compiler. */

/** Bytes for nested messages and strings, numbers for the rest (exact up to 2^53). */
export interface Field {
  readonly number: number;
  readonly value: Uint8Array | number;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The fields of a message in their order. */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const bytes = (length: number): Uint8Array => message.subarray(at, (at += length));
  while (at < message.length) {
    const tag = varint();
    const number = tag >>> 3;
    switch (tag & 7) {
      case VARINT:
        yield { number, value: varint() };
        break;
      case FIXED64:
        yield { number, value: bytes(8) };
        break;
      case BYTES:
        yield { number, value: bytes(varint()) };
        break;
      case FIXED32:
        yield { number, value: bytes(4) };
        break;
      default:
        throw new Error(`field ${number} has a wire type that is not in use: ${tag & 7}`);
    }
  }
}

/** The nested messages (or strings) of one field. */
export function messagesOf(message: Uint8Array, number: number): Uint8Array[] {
  return [...fieldsOf(message)].flatMap((field) =>
    field.number === number && typeof field.value !== 'number' ? [field.value] : [],
  );
}

/** The last value of a number field; 0 if it is not written. */
export function numberOf(message: Uint8Array, number: number): number {
  let last = 0;
  for (const field of fieldsOf(message)) {
    if (field.number === number && typeof field.value === 'number') last = field.value;
  }
  return last;
}

/** The text of one field; empty if it is not written. */
export function textOf(message: Uint8Array, number: number): string {
  return Buffer.from(messagesOf(message, number).at(-1) ?? []).toString();
}
