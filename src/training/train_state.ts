/** @file Everything of a training that must outlive a crash, and its files: one safetensors file a group. */
import path from 'node:path';
import type { HostTensor, HostTree } from '../weights/tree.js';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.js';

/**
 * The whole state after `iteration` finished iterations. Random draws need no state: they are counted from (seed,
 * purpose, iteration, sample).
 */
export interface TrainState {
  readonly iteration: number;
  /** Counts that go on, e.g. the step counts of both optimizers. */
  readonly counters: Readonly<Record<string, number>>;
  /** Groups of tensors in official layout by name, e.g. `student`, `student.m`, `student.v`, `ema`, `pool`. */
  readonly groups: Readonly<Record<string, HostTree>>;
}

/** A state to be written: its groups are there, or are fetched one at a time as their turn comes. */
export type TrainStateSource = Omit<TrainState, 'groups'> & {
  readonly groups: Readonly<Record<string, HostTree | (() => Promise<HostTree>)>>;
};

/** Writes one group's file; replaceable in tests, which need a disk that fills up. */
export type GroupWriter = (file: string, tree: HostTree, metadata: Record<string, string>) => Promise<void>;

/** File name of a group inside a checkpoint. */
export function groupFileName(group: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(group)) throw new Error(`group name "${group}" cannot name a file`);
  return `${group}.safetensors`;
}

/** Writes every group of a state into an existing folder and returns the file names by group. */
export async function writeGroups(
  folder: string,
  state: TrainStateSource,
  write: GroupWriter = writeSafetensors,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const [group, source] of Object.entries(state.groups)) {
    const name = groupFileName(group);
    const tree = typeof source === 'function' ? await source() : source;
    await write(path.join(folder, name), tree, { format: 'rsd-train-state', group, iteration: `${state.iteration}` });
    files[group] = name;
  }
  return files;
}

/**
 * Reads one group's file.
 *
 * @throws Error if a tensor is not float32, which no group of ours ever is.
 */
export async function readGroup(file: string): Promise<HostTree> {
  const { tensors } = await readSafetensors(file);
  const tree = new Map<string, HostTensor>();
  for (const [name, { shape, data, dtype }] of tensors) {
    if (!(data instanceof Float32Array)) throw new Error(`${file}: ${name} is ${dtype}, not float32`);
    tree.set(name, { shape, data });
  }
  return tree;
}
