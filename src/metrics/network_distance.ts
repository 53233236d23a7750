/** @file How a network's distance of two images becomes a metric: what images it takes, and its run. */
import type { Params, Tensor } from '../engine/tfjs.js';
import type { HostTree } from '../weights/tree.js';
import { imageArray } from './image_array.js';
import { requireBounded, requireReference, requireSides, type Measure } from './metric.js';
import { MetricNetwork } from './metric_network.js';
import { requireSameSize } from './planes.js';

/** A network that compares two images. */
export interface NetworkDistance {
  /** For messages. */
  readonly title: string;
  readonly leastSide: number;
  readonly mostPixels: number;
  /** In memory layout. */
  readonly tree: HostTree;
  /** Of images [1,H,W,3] in [0,1]: [1]. */
  readonly distance: (params: Params, restored: Tensor, reference: Tensor) => Tensor;
}

/** What {@link NetworkDistance} describes, loaded. */
export function networkDistance({ title, leastSide, mostPixels, tree, distance }: NetworkDistance): Measure {
  const network = new MetricNetwork(tree, (params, { restored, reference }) => ({
    distance: distance(params, restored!, reference!),
  }));
  return {
    measure: async (restored, given) => {
      const reference = requireReference(given);
      requireSameSize(restored, reference);
      requireSides(restored, leastSide, title);
      requireBounded(restored, mostPixels, title);
      const result = await network.run({ restored: imageArray(restored), reference: imageArray(reference) });
      return result['distance']!.data[0]!;
    },
    dispose: () => network.dispose(),
  };
}
