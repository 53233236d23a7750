/**
 * @file TensorFlow kernels by name, for those TensorFlow.js does not offer.
 *
 * Works op by op and while tracing. No gradient: wrap in `tf.customGrad` where one is needed.
 */
import { tf, type Tensor } from './tfjs.js';

/** An attribute of a TensorFlow op, tagged with its kind. */
export type OpAttribute =
  | { readonly type: 'float32' | 'int32' | 'bool' }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly string: string };

interface BackendAttribute {
  name: string;
  type: number;
  value: unknown;
}

interface NativeBackend {
  binding: Record<string, number>;
  getDTypeInteger(dtype: string): number;
  executeSingleOutput(name: string, attrs: BackendAttribute[], inputs: Tensor[]): Tensor;
  executeMultipleOutputs(name: string, attrs: BackendAttribute[], inputs: Tensor[], count: number): Tensor[];
}

function encode(backend: NativeBackend, name: string, attribute: OpAttribute): BackendAttribute {
  const kind = (key: string): number => backend.binding[key]!;
  if ('type' in attribute) return { name, type: kind('TF_ATTR_TYPE'), value: backend.getDTypeInteger(attribute.type) };
  if ('int' in attribute) return { name, type: kind('TF_ATTR_INT'), value: attribute.int };
  if ('ints' in attribute) return { name, type: kind('TF_ATTR_INT'), value: [...attribute.ints] };
  if ('float' in attribute) return { name, type: kind('TF_ATTR_FLOAT'), value: attribute.float };
  if ('bool' in attribute) return { name, type: kind('TF_ATTR_BOOL'), value: attribute.bool };
  return { name, type: kind('TF_ATTR_STRING'), value: attribute.string };
}

/**
 * Runs one TensorFlow op with a single output.
 * @param name TensorFlow's op name, e.g. `GatherV2`.
 * @param attributes Every attribute without a default; list-valued inputs need their length attribute (`N`).
 */
export function op(
  name: string,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, OpAttribute>> = {},
): Tensor {
  const backend = tf.backend() as unknown as NativeBackend;
  const attrs = Object.entries(attributes).map(([key, value]) => encode(backend, key, value));
  return backend.executeSingleOutput(name, attrs, [...inputs]);
}

/** Rows of `table` [N, ...] at `indices` [B] (int32) -> [B, ...]. Unlike `tf.gather` it never reads the indices on the host. */
export function gatherRows(table: Tensor, indices: Tensor): Tensor {
  const axis = tf.scalar(0, 'int32');
  const rows = op('GatherV2', [table, indices, axis], {
    batch_dims: { int: 0 },
    Tparams: { type: table.dtype as 'float32' },
    Tindices: { type: 'int32' },
    Taxis: { type: 'int32' },
  });
  axis.dispose();
  return rows;
}
