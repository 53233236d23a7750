/** @file Converts a network's weights between `.pth` and safetensors, one tensor at a time. */
import { extname, resolve } from 'node:path';
import { UserError } from '../errors/user_error.js';
import { streamPth } from './pth/write.js';
import { halved, halvedHeader, tensorBytes, type TensorHeader } from './raw_tensor.js';
import { streamSafetensors } from './safetensors.js';
import { networkTensors, withWeightFile, type CheckpointModel } from './weight_file.js';

export interface ConvertOptions {
  /** Network of an RSD training checkpoint; `student` unless given. */
  readonly model?: CheckpointModel;
  /** Rounds floating-point numbers to half precision. */
  readonly half?: boolean;
  /** Called after each tensor with the bytes read so far and in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was written. */
export interface Converted {
  readonly tensors: number;
  readonly numbers: number;
  /** Strings of a safetensors header that a `.pth` file has no place for. */
  readonly droppedMetadata: readonly string[];
}

const PTH_ENDINGS = ['.pth', '.pt', '.ckpt'];

/** The file system's refusals that the user can mend; anything else is a bug. */
const REFUSALS = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'EISDIR',
  'ENOTDIR',
  'EEXIST',
  'ENAMETOOLONG',
]);

function formatOf(file: string): 'pth' | 'safetensors' {
  const ending = extname(file).toLowerCase();
  if (ending === '.safetensors') return 'safetensors';
  if (PTH_ENDINGS.includes(ending)) return 'pth';
  throw new UserError('the ending says no format', {
    file,
    expected: `.safetensors, ${PTH_ENDINGS.join(', ')}`,
    found: ending || 'none',
  });
}

/**
 * Copies the tensors of one network into a new file, whose ending says its format. Names are the official ones (nesting and
 * the prefixes of wrappers removed); number formats and bits stay as they are unless `half` is set; buffers stay.
 * @returns after the file is whole under its name; nothing is left behind on failure.
 * @throws UserError if `from` cannot be read, `to` cannot be written or says no format, or a number does not fit into half.
 */
export async function convertWeights(
  from: string,
  to: string,
  { model, half = false, onProgress }: ConvertOptions = {},
): Promise<Converted> {
  const format = formatOf(to);
  if (resolve(from) === resolve(to)) throw new UserError('input and output are the same file', { file: to });
  return withWeightFile(from, async (opened) => {
    const network = networkTensors(from, opened, model);
    const stored = [...network].map(([name, { dtype, shape }]): TensorHeader => ({ name, dtype, shape }));
    const total = stored.reduce((sum, header) => sum + tensorBytes(header), 0);
    const stream = {
      headers: half ? stored.map(halvedHeader) : stored,
      bytes: async function* () {
        let [index, done] = [0, 0];
        for await (const bytes of opened.read([...network.values()])) {
          const header = stored[index++]!;
          yield half ? halved(header, bytes) : bytes;
          onProgress?.((done += tensorBytes(header)), total);
        }
      },
    };
    await writing(to, () =>
      format === 'pth' ? streamPth(to, stream) : streamSafetensors(to, stream, { format: 'pt', ...opened.metadata }),
    );
    return {
      tensors: stored.length,
      numbers: stored.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
      droppedMetadata: format === 'pth' ? Object.keys(opened.metadata) : [],
    };
  });
}

async function writing(file: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !REFUSALS.has(code)) throw error;
    throw new UserError(`cannot be written (${code})`, { file }, { cause: error });
  }
}
