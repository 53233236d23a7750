/** @file Holds a tree of weights against what a network expects, and widens a layer for further inputs. */
import { UserError } from '../errors/user_error.js';
import type { ParamSpec } from '../nn/param_spec.js';
import { printable } from '../weights/printable.js';
import type { HostTree } from '../weights/tree.js';

/** How many names an error message lists. */
const LISTED = 5;

function list(problem: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return [`${names.length} ${problem}: ${names.slice(0, LISTED).join(', ')}${more}`];
}

/**
 * Checks that a tree is exactly a network's parameters.
 * @param tree Official layout; whatever has a shape.
 * @param file Named in the error.
 * @returns The tree in the order of `specs`.
 * @throws UserError naming missing, unexpected and mis-shaped parameters.
 */
export function matchParams<T extends { readonly shape: readonly number[] }>(
  tree: ReadonlyMap<string, T>,
  specs: readonly ParamSpec[],
  file: string,
): Map<string, T> {
  const expected = new Set(specs.map(({ name }) => name));
  const missing = specs.filter(({ name }) => !tree.has(name)).map(({ name }) => name);
  const unexpected = [...tree.keys()].filter((name) => !expected.has(name)).map(printable);
  const misshaped = specs.flatMap(({ name, shape }) => {
    const found = tree.get(name)?.shape;
    return found && found.join() !== shape.join()
      ? [`${name} [${printable(found.join())}] instead of [${shape.join()}]`]
      : [];
  });
  const problems = [
    ...list('missing', missing),
    ...list('unexpected', unexpected),
    ...list('of another shape', misshaped),
  ];
  if (problems.length > 0) {
    throw new UserError(`the weights do not fit the configured network: ${problems.join('; ')}`, {
      file,
      remedy: 'Check that the file belongs to this network and that its configuration is the one it was trained with',
    });
  }
  return new Map(specs.map(({ name }): [string, T] => [name, tree.get(name)!]));
}

/**
 * Appends inputs with zero weights to a layer: the widened network ignores them at first.
 * @param tree Official layout; not changed.
 * @param name Convolution `[out,in,kh,kw]` or linear layer `[out,in]`, e.g. `input_blocks.0.0.weight`.
 * @param extra Inputs to append after the present ones.
 */
export function widenInput(tree: HostTree, name: string, extra: number): HostTree {
  const narrow = tree.get(name);
  if (narrow?.shape.length !== 4 && narrow?.shape.length !== 2) throw new Error(`${name} is no layer of this tree`);
  const [out, inputs, ...kernel] = narrow.shape as [number, number, ...number[]];
  const taps = kernel.reduce((product, side) => product * side, 1);
  const row = inputs * taps;
  const wideRow = (inputs + extra) * taps;
  const data = new Float32Array(out * wideRow);
  for (let o = 0; o < out; o++) data.set(narrow.data.subarray(o * row, (o + 1) * row), o * wideRow);
  return new Map(tree).set(name, { shape: [out, inputs + extra, ...kernel], data });
}
