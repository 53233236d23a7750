/** @file What a run keeps resident and how it updates it, from its config alone: nothing is read, nothing allocated. */
import type { GroupShapes } from '../engine/graph_state.js';
import type { Engine, Program } from '../engine/types.js';
import { toMemoryShape } from '../models/layout.js';
import type { ParamSpec } from '../nn/param_spec.js';
import type { HostTree } from '../weights/tree.js';
import { momentsLike } from './adamw.js';
import { accumulatorGroup, type UpdateSpec } from './update.js';

/** Group of the moving average, which every method keeps: what a run is for. */
export const EMA = 'ema';

/** A network of a run. */
export interface OutlinedNetwork {
  readonly group: string;
  /** Official layout. */
  readonly specs: readonly ParamSpec[];
  /** `trained`: has an optimizer; `averaged`: has a moving average besides. */
  readonly role: 'frozen' | 'trained' | 'averaged';
}

/** An update and how often an iteration makes it. */
export interface OutlinedUpdate {
  readonly spec: UpdateSpec;
  readonly times: number;
}

/** A program that is no part of an update, for one micro-batch, and how often an iteration runs it. */
export interface OutlinedProgram {
  readonly program: Program;
  readonly times: number;
}

/** A run: its networks, and the updates of one iteration by name. */
export interface Outline {
  readonly networks: readonly OutlinedNetwork[];
  readonly updates: Readonly<Record<string, OutlinedUpdate>>;
  /** Programs that run before updates for what these take as inputs. */
  readonly programs?: Readonly<Record<string, OutlinedProgram>>;
  /** Parts into which each update's batch is split. */
  readonly microBatches: number;
}

/** A resident group that belongs to a network. */
export interface ResidentGroup {
  readonly group: string;
  /** How it starts. */
  readonly starts: 'as the network' | 'as zeros';
  readonly purpose: 'weights' | 'moments' | 'moving average' | 'gradient sums';
}

/** The groups that a network has in the engine. */
export function groupsOf(
  { group, role }: Pick<OutlinedNetwork, 'group' | 'role'>,
  microBatches: number,
): ResidentGroup[] {
  const weights: ResidentGroup = { group, starts: 'as the network', purpose: 'weights' };
  if (role === 'frozen') return [weights];
  const moments = [`${group}.m`, `${group}.v`];
  return [
    weights,
    ...moments.map((name) => ({ group: name, starts: 'as zeros', purpose: 'moments' }) as const),
    ...(role === 'averaged' ? [{ group: EMA, starts: 'as the network', purpose: 'moving average' } as const] : []),
    ...(microBatches > 1
      ? [{ group: accumulatorGroup(group), starts: 'as zeros', purpose: 'gradient sums' } as const]
      : []),
  ];
}

/** Groups that make the train state: all of trained networks but sums that live for one update. */
export function stateGroups({ networks, microBatches }: Pick<Outline, 'networks' | 'microBatches'>): string[] {
  return networks
    .filter(({ role }) => role !== 'frozen')
    .flatMap((network) => groupsOf(network, microBatches))
    .filter(({ purpose }) => purpose !== 'gradient sums')
    .map(({ group }) => group);
}

/** A network's resident groups at the start of a run. @param tree Its parameters, memory layout. */
export function startingGroups(
  network: Pick<OutlinedNetwork, 'group' | 'role'>,
  microBatches: number,
  tree: HostTree,
): Record<string, HostTree> {
  const zeros = momentsLike(tree);
  return Object.fromEntries(
    groupsOf(network, microBatches).map(({ group, starts }) => [group, starts === 'as zeros' ? zeros : tree]),
  );
}

/**
 * Makes all networks resident, one after the other, so that the host holds few of them at a time.
 * @param treeOf Parameters by group, memory layout.
 */
export async function defineNetworks(
  engine: Engine,
  { networks, microBatches }: Pick<Outline, 'networks' | 'microBatches'>,
  treeOf: Readonly<Record<string, () => Promise<HostTree> | HostTree>>,
): Promise<void> {
  for (const network of networks) {
    const tree = treeOf[network.group];
    if (!tree) throw new Error(`nobody provides the parameters of ${network.group}`);
    await engine.define(startingGroups(network, microBatches, await tree()));
  }
}

/** Names and shapes of a network's parameters, memory layout. */
export function memoryShapes({ specs }: Pick<OutlinedNetwork, 'specs'>): GroupShapes {
  return new Map(specs.map(({ name, shape }) => [name, { shape: toMemoryShape(name, shape) }]));
}
