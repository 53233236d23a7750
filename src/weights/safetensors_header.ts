/**
 * @file The header of a safetensors file: JSON that says where each tensor is, held to every rule of the format.
 */
import { UserError } from '../errors/user_error.js';
import { isDType } from './dtypes.js';
import { parseHeaderJson } from './header_json.js';
import { printable } from './printable.js';
import { tensorBytes, type TensorHeader } from './raw_tensor.js';

/** A tensor and where its bytes are, counted from the end of the header. */
export interface PlacedTensor extends TensorHeader {
  readonly begin: number;
  readonly end: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseTensor(file: string, name: string, value: unknown): PlacedTensor {
  const fail = (message: string): UserError => new UserError(message, { file, key: printable(name) });
  if (typeof value !== 'object' || value === null) throw fail('the tensor has no description');
  const { dtype, shape, data_offsets: offsets, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0) throw fail(`unknown header field ${printable(Object.keys(rest)[0]!)}`);
  if (!isDType(dtype))
    throw fail(`number format ${printable(typeof dtype === 'string' ? dtype : typeof dtype)} is not supported`);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw fail('the shape is no list of sizes');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw fail('data_offsets is no pair of sizes');
  const [begin, end] = offsets as [number, number];
  const bytes = tensorBytes({ dtype, shape });
  if (end - begin !== bytes) {
    throw fail(
      `offsets and shape disagree: ${dtype} [${printable(shape.join(','))}] is ${bytes} bytes, offsets span ${end - begin}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function parseMetadata(file: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    !Object.values(value).every((v) => typeof v === 'string')
  ) {
    throw new UserError('must map names to strings', { file, key: '__metadata__' });
  }
  return value as Record<string, string>;
}

/**
 * Parses a header.
 * @param dataBytes Bytes of the file behind the header.
 * @returns Tensors in header order, which tile these bytes exactly, and the metadata.
 * @throws UserError naming the tensor and the rule of the format that is broken.
 */
export function parseHeader(
  file: string,
  text: string,
  dataBytes: number,
): { entries: PlacedTensor[]; metadata: Record<string, string> } {
  let header: unknown;
  try {
    header = parseHeaderJson(text);
  } catch (error) {
    const reason = printable((error as Error).message);
    throw new UserError(`the header is no valid JSON: ${reason}`, { file }, { cause: error });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new UserError('the header is no JSON object', { file });
  }
  const { __metadata__: metadata, ...tensors } = header as Record<string, unknown>;
  const entries = Object.entries(tensors).map(([name, value]) => parseTensor(file, name, value));
  let position = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== position) {
      const problem = entry.begin < position ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new UserError(problem, {
        file,
        key: printable(entry.name),
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
