/** @file Giving a teacher's copy a second timestep, for a fake that is told the student's. */
import { TIME_EMBEDDING } from '../nn/time_embedding.js';
import type { UNetConfig } from '../nn/unet_config.js';
import { widenInput } from '../models/match.js';
import type { HostTree } from '../weights/tree.js';

/**
 * A fake of the configured structure with a teacher's parameters: inputs for the second timestep, if there is one, have zero
 * weights, so that the fake starts as the teacher.
 * @param tree The teacher's U-Net parameters in the official layout; left as it is.
 */
export function fakeFromTeacher(tree: HostTree, { studentTimestep, modelChannels }: UNetConfig): HostTree {
  return studentTimestep ? widenInput(tree, `${TIME_EMBEDDING}.weight`, modelChannels) : tree;
}
