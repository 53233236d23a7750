/** @file Query, key and value of an attention as one linear layer. */
import type { HostTensor, HostTree } from '../weights/tree.js';

/** Parameters `<part>.<kind>` below one another: [C,...] three times -> [3C,...]. Official layout. */
export function joinedQkv(tree: HostTree, parts: readonly string[], kind: string): HostTensor {
  const tensors = parts.map((part) => tree.get(`${part}.${kind}`)!);
  const data = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0));
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data, at);
    at += tensor.data.length;
  }
  return { shape: [parts.length * tensors[0]!.shape[0]!, ...tensors[0]!.shape.slice(1)], data };
}
