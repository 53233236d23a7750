/**
 * @file Reads a network's weights from any supported file (safetensors, `.pth` zip or legacy), told apart by content.
 */
import { UserError } from '../errors.js';
import { asFloat32 } from './dtypes.js';
import { openPth } from './pth/open.js';
import { LazyTensor } from './pth/tensors.js';
import { isSafetensors, readSafetensors, type StoredTensor } from './safetensors.js';
import type { HostTensor, HostTree } from './tree.js';

/** Networks of an RSD training checkpoint. */
export type CheckpointModel = 'student' | 'fake';

/** Left by multi-device training and by compilation, in any order. */
const WRAPPER_PREFIX = /^(?:module\.|_orig_mod\.)+/;
/** Tables that the network computes itself. */
const BUFFERS = /(^|\.)(?:attn_mask|relative_position_index)$/;

/** Official parameter names: wrappers' prefixes removed, buffers dropped. */
function byOfficialName<T>(file: string, entries: Iterable<readonly [string, T]>): Map<string, T> {
  const named = new Map<string, T>();
  for (const [key, value] of entries) {
    const name = key.replace(WRAPPER_PREFIX, '');
    if (BUFFERS.test(name)) continue;
    if (named.has(name))
      throw new UserError('two entries have this name once prefixes are removed', { file, key: name });
    named.set(name, value);
  }
  return named;
}

/** Descends to the dictionary that holds the tensors. */
function findStateDict(file: string, root: unknown, model: CheckpointModel): Map<string, LazyTensor> {
  let dict = root;
  let where = '';
  for (const key of ['state_dict', model]) {
    if (dict instanceof Map && dict.get(key) instanceof Map) {
      dict = (dict as Map<unknown, unknown>).get(key);
      where += `${key}.`;
    }
  }
  if (!(dict instanceof Map)) throw new UserError('the checkpoint is no dictionary of tensors', { file });
  const tensors = [...(dict as Map<unknown, unknown>)].filter(
    (entry): entry is [string, LazyTensor] => typeof entry[0] === 'string' && entry[1] instanceof LazyTensor,
  );
  if (tensors.length === 0) {
    const keys = [...(dict as Map<unknown, unknown>).keys()].slice(0, 8).map(String).join(', ');
    throw new UserError('the checkpoint has no tensors where a network is expected', {
      file,
      key: where || undefined,
      expected: 'parameters at the top, under state_dict, or under state_dict.student and state_dict.fake',
      found: keys || 'nothing',
    });
  }
  return byOfficialName(file, tensors);
}

/**
 * Reads a network's parameters.
 * @param model Which network of an RSD training checkpoint; other files hold only one.
 * @returns Official layout, float32 (other number formats are converted), prefixes removed, buffers dropped, file order.
 * @throws UserError naming the file and what is wrong with it.
 */
export async function readWeights(
  file: string,
  { model = 'student' }: { model?: CheckpointModel } = {},
): Promise<HostTree> {
  const stored = await readStored(file, model);
  return new Map(
    [...stored].map(([name, { shape, data }]): [string, HostTensor] => [name, { shape, data: asFloat32(data) }]),
  );
}

async function readStored(file: string, model: CheckpointModel): Promise<Map<string, StoredTensor>> {
  if (await isSafetensors(file)) return byOfficialName(file, (await readSafetensors(file)).tensors);
  const checkpoint = await openPth(file);
  try {
    return await checkpoint.readTensors(findStateDict(file, checkpoint.root, model));
  } finally {
    await checkpoint.close();
  }
}
