/** @file Several networks' parameters as feeds of one evaluated function. */
import type { HostArray } from '../../src/engine/host_array.js';
import type { Params, Tensors } from '../../src/engine/tfjs.js';
import { treeToMemory } from '../../src/models/layout.js';
import type { HostTree } from '../../src/weights/tree.js';

/** Parameters (official layout) as feeds named `<group>/<parameter>` in memory layout. */
export function groupFeeds(trees: Readonly<Record<string, HostTree>>): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(trees).flatMap(([group, tree]) =>
      [...treeToMemory(tree)].map(([name, tensor]) => [`${group}/${name}`, tensor] as const),
    ),
  );
}

/** The tensors of one group among an evaluated function's inputs or results. */
export function groupOf<T>(values: Readonly<Record<string, T>>, group: string): Record<string, T> {
  const prefix = `${group}/`;
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

/** Tensors of a group as results of an evaluated function. */
export function groupResults(group: string, tensors: Params): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${group}/${name}`, tensor]));
}
