/** @file TensorBoard's event files: TFRecord, one frame of length and checksums around each message. */
import { maskedCrc32c } from './crc32c.js';

const LENGTH_BYTES = 8;
const CRC_BYTES = 4;

/** One record: length (uint64, little endian), its masked CRC-32C, the message, its masked CRC-32C. */
export function frameRecord(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(LENGTH_BYTES + CRC_BYTES + message.length + CRC_BYTES);
  frame.writeBigUInt64LE(BigInt(message.length), 0);
  frame.writeUInt32LE(maskedCrc32c(frame.subarray(0, LENGTH_BYTES)), LENGTH_BYTES);
  frame.set(message, LENGTH_BYTES + CRC_BYTES);
  frame.writeUInt32LE(maskedCrc32c(message), LENGTH_BYTES + CRC_BYTES + message.length);
  return frame;
}
