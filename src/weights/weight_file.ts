/**
 * @file A weight file of any supported format (safetensors, `.pth` zip or legacy, told apart by content) that is listed
 * without reading its tensors, and read one tensor at a time.
 */
import { UserError } from '../errors/user_error.js';
import { printable } from './printable.js';
import { byStorage, openPth, type PthFile } from './pth/open.js';
import { LazyTensor } from './pth/tensors.js';
import type { TensorHeader } from './raw_tensor.js';
import { isSafetensors, openSafetensors } from './safetensors.js';

/** Networks of an RSD training checkpoint. */
export type CheckpointModel = 'student' | 'fake';

export const CHECKPOINT_MODELS: readonly CheckpointModel[] = ['student', 'fake'];

/** A tensor of the file. `name` is its own key, `folder` the keys of the dictionaries around it, each followed by a dot. */
export interface FileTensor extends TensorHeader {
  readonly folder: string;
}

/** An open weight file. Close it when done. */
export interface WeightFile {
  readonly format: 'safetensors' | 'pth (zip)' | 'pth (legacy)';
  /** Bytes in the file. */
  readonly size: number;
  /** Strings of a safetensors header; empty for other formats. */
  readonly metadata: Readonly<Record<string, string>>;
  /** All tensors, also those of optimizers; neighbours share a storage where the file has shared ones. */
  readonly tensors: readonly FileTensor[];
  /** Raw bytes of tensors of this file, one at a time in the order given. */
  read(tensors: readonly FileTensor[]): AsyncGenerator<Uint8Array, void>;
  close(): Promise<void>;
}

/**
 * Opens a weight file; nothing in it is executed.
 * @throws UserError naming the file and what is wrong with it.
 */
export async function openWeightFile(file: string): Promise<WeightFile> {
  if (file.endsWith('.safetensors') || (await isSafetensors(file))) return openedSafetensors(file);
  const checkpoint = await openPth(file);
  try {
    return openedPth(file, checkpoint);
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

async function openedSafetensors(file: string): Promise<WeightFile> {
  const { tensors: placed, metadata, size, read, close } = await openSafetensors(file);
  const tensors = placed.map((tensor) => ({ ...tensor, folder: '' }));
  const places = new Map<FileTensor, (typeof placed)[number]>(tensors.map((tensor) => [tensor, tensor]));
  return {
    format: 'safetensors',
    size,
    metadata,
    tensors,
    read: async function* (wanted) {
      for (const tensor of wanted) yield await read(places.get(tensor)!);
    },
    close,
  };
}

function openedPth(file: string, { container, size, root, read, close }: PthFile): WeightFile {
  const found = byStorage(collectTensors(file, root));
  const lazy = new Map<FileTensor, LazyTensor>(found.map(({ header, tensor }) => [header, tensor]));
  return {
    format: `pth (${container})`,
    size,
    metadata: {},
    tensors: [...lazy.keys()],
    read: (wanted) => read(wanted.map((tensor) => lazy.get(tensor)!)),
    close,
  };
}

/** Runs `use` with the opened weight file and closes it in any case. */
export async function withWeightFile<T>(file: string, use: (opened: WeightFile) => Promise<T>): Promise<T> {
  const opened = await openWeightFile(file);
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

/** Deeper than any checkpoint nests. */
const MAX_DEPTH = 32;
/** More than any checkpoint has, counting every number and text; a pickle may refer to one list from everywhere. */
const MAX_VISITS = 2 ** 20;

interface Found {
  readonly header: FileTensor;
  readonly tensor: LazyTensor;
}

/** Tensors below dictionaries and lists. */
function collectTensors(file: string, root: unknown): Found[] {
  const found: Found[] = [];
  let visits = 0;
  const visit = (value: unknown, name: string, folder: string, depth: number): void => {
    if (value instanceof LazyTensor) {
      const { shape, storage } = value;
      found.push({ header: { name, folder, dtype: storage.dtype, shape }, tensor: value });
      return;
    }
    if (!(value instanceof Map || Array.isArray(value))) return;
    if (depth === MAX_DEPTH || visits > MAX_VISITS)
      throw new UserError('the checkpoint is nested too deeply', { file });
    visits += value instanceof Map ? value.size : value.length;
    const inside = depth === 0 ? '' : `${folder}${name}.`;
    for (const [key, item] of value.entries()) visit(item, String(key), inside, depth + 1);
  };
  visit(root, 'tensor', '', 0);
  return found;
}

/** Left by multi-device training and by compilation, in any order. */
const WRAPPER_PREFIX = /^(?:module\.|_orig_mod\.)+/;
/** Tables that the network computes itself. */
const BUFFERS = /(^|\.)(?:attn_mask|relative_position_index)$/;

/** A name without the prefixes that wrappers left. */
export const officialName = (name: string): string => name.replace(WRAPPER_PREFIX, '');

/** Whether an official name is that of a buffer, which files carry and networks compute themselves. */
export const isBuffer = (name: string): boolean => BUFFERS.test(name);

/** Tensors by official name: the prefixes of wrappers removed. @throws UserError if two names become the same. */
export function byOfficialName<T extends TensorHeader>(file: string, tensors: Iterable<T>): Map<string, T> {
  const named = new Map<string, T>();
  for (const tensor of tensors) {
    const name = officialName(tensor.name);
    if (named.has(name)) {
      throw new UserError('two entries have this name once prefixes are removed', { file, key: printable(name) });
    }
    named.set(name, tensor);
  }
  return named;
}

/**
 * The tensors of one network by official name, buffers among them: those at the top, under `state_dict`, or under
 * `state_dict.student` and `state_dict.fake` of an RSD training checkpoint.
 * @param model Network of a training checkpoint; `student` unless given. Only such a file may be asked for one.
 * @throws UserError if there are none there, or if `model` is asked of a file with one network.
 */
export function networkTensors(
  file: string,
  { tensors }: Pick<WeightFile, 'tensors'>,
  model?: CheckpointModel,
): Map<string, FileTensor> {
  const has = (folder: string): boolean => tensors.some((tensor) => tensor.folder.startsWith(folder));
  const base = has('state_dict.') ? 'state_dict.' : '';
  const nested = CHECKPOINT_MODELS.some((name) => has(`${base}${name}.`));
  if (model !== undefined && !nested) {
    throw new UserError(`there is no choice of networks in this file`, { file, remedy: `Do not ask for ${model}` });
  }
  const folder = nested ? `${base}${model ?? 'student'}.` : base;
  const chosen = tensors.filter((tensor) => tensor.folder === folder);
  if (chosen.length === 0) {
    const folders = [...new Set(tensors.map((tensor) => tensor.folder || '(top)'))].slice(0, 8);
    throw new UserError('the file has no tensors where a network is expected', {
      file,
      expected: 'parameters at the top, under state_dict, or under state_dict.student and state_dict.fake',
      found: folders.length > 0 ? `tensors under ${folders.map(printable).join(', ')}` : 'no tensors',
    });
  }
  return byOfficialName(file, chosen);
}
