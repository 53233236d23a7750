/** @file The teacher that a run file names. */
import type { RunConfig } from '../config/schema.js';
import { UserError } from '../errors/user_error.js';
import { readModelFile } from '../models/model_file.js';
import { requireSameConfig } from '../models/same_config.js';
import type { HostTree } from '../weights/tree.js';

/** Reads the teacher's U-Net, official layout. @throws UserError if the file is missing or is not what the run file describes. */
export async function readTeacher(config: RunConfig): Promise<HostTree> {
  const { weights, unet: wanted } = config.teacher;
  const { unet, diffusion } = await readModelFile(weights, {
    unet: { ...wanted, noiseChannels: 0 },
    diffusion: config.diffusion,
  });
  if (!unet) throw new UserError('this file holds no U-Net', { file: weights, key: 'teacher.weights' });
  requireSameConfig(weights, 'teacher.unet', unet.config, { ...wanted, noiseChannels: 0 });
  requireSameConfig(weights, 'diffusion', diffusion ?? {}, config.diffusion);
  return unet.tree;
}
