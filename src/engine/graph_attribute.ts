/** @file Attributes of graph operations, from our own code and from TensorFlow.js kernels. */
import { c, packInts, withStatus, type Pointer } from './c_api.js';

/** An attribute's value, tagged with the kind TensorFlow expects. */
export type OpAttributeValue =
  | { readonly type: number }
  | { readonly types: readonly number[] }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly bool: boolean }
  | { readonly string: string }
  | { readonly shape: readonly number[] }
  | { readonly tensor: Pointer };

/** Sets one attribute of an operation that is being described. */
export function setAttribute(description: Pointer, name: string, value: OpAttributeValue): void {
  if ('type' in value) c.setAttrType(description, name, value.type);
  else if ('types' in value) c.setAttrTypeList(description, name, Int32Array.from(value.types), value.types.length);
  else if ('int' in value) c.setAttrInt(description, name, value.int);
  else if ('ints' in value) c.setAttrIntList(description, name, packInts(value.ints), value.ints.length);
  else if ('float' in value) c.setAttrFloat(description, name, value.float);
  else if ('bool' in value) c.setAttrBool(description, name, value.bool ? 1 : 0);
  else if ('string' in value) {
    const bytes = Buffer.from(value.string);
    c.setAttrString(description, name, bytes, bytes.length);
  } else if ('shape' in value) c.setAttrShape(description, name, packInts(value.shape), value.shape.length);
  else {
    withStatus((status) => {
      c.setAttrTensor(description, name, value.tensor, status);
    });
  }
}
