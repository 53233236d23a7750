/** @file Tensors on the host. */

/** Values that cross from or to the host. */
export interface HostArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}
