/**
 * @file Reads a network's weights from any supported file (safetensors, `.pth` zip or legacy), told apart by content.
 */
import { asFloat32, decodeNumbers } from './dtypes.js';
import type { HostTensor, HostTree } from './tree.js';
import {
  isBuffer,
  networkTensors,
  withWeightFile,
  type CheckpointModel,
  type FileTensor,
  type WeightFile,
} from './weight_file.js';

/** Tensors as float32, read one at a time; names and order are the map's. */
export async function readTree(opened: WeightFile, tensors: ReadonlyMap<string, FileTensor>): Promise<HostTree> {
  const tree = new Map<string, HostTensor>();
  const names = [...tensors.keys()];
  for await (const bytes of opened.read([...tensors.values()])) {
    const name = names[tree.size]!;
    const { dtype, shape } = tensors.get(name)!;
    tree.set(name, { shape, data: asFloat32(decodeNumbers(dtype, bytes)) });
  }
  return tree;
}

/**
 * Reads a network's parameters.
 * @param model Which network of an RSD training checkpoint; other files hold only one.
 * @returns Official layout, float32 (other number formats are converted), prefixes removed, buffers dropped, file order.
 * @throws UserError naming the file and what is wrong with it.
 */
export function readWeights(file: string, { model }: { model?: CheckpointModel } = {}): Promise<HostTree> {
  return withWeightFile(file, (opened) => {
    const tensors = [...networkTensors(file, opened, model)].filter(([name]) => !isBuffer(name));
    return readTree(opened, new Map(tensors));
  });
}
