/** @file The fake as a copy of the teacher, which gets a second timestep if it is told the student's. */
import { widenInput } from '../models/match.js';
import { TIME_EMBEDDING } from '../nn/time_embedding.js';
import type { UNetConfig } from '../nn/unet_config.js';
import type { HostTree } from '../weights/tree.js';

/** The fake's network: the teacher's, with a second timestep if it is told the student's (`rsd.conditionFake`). */
export const fakeUnet = (teacher: UNetConfig, conditionFake: boolean): UNetConfig => ({
  ...teacher,
  ...(conditionFake ? { studentTimestep: true } : {}),
});

/**
 * A fake of the configured structure with a teacher's parameters: inputs for the second timestep, if there is one, have zero
 * weights, so that the fake starts as the teacher.
 * @param tree The teacher's U-Net parameters in the official layout; left as it is.
 */
export function fakeFromTeacher(tree: HostTree, { studentTimestep, modelChannels }: UNetConfig): HostTree {
  return studentTimestep ? widenInput(tree, `${TIME_EMBEDDING}.weight`, modelChannels) : tree;
}
