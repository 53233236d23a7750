/** @file Parameters on the host: named float32 arrays, in file order. */

/** One parameter: `data.length` is the product of `shape`. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Named parameters in order. Which layout they are in (official or memory) is said where a tree is passed. */
export type HostTree = ReadonlyMap<string, HostTensor>;
