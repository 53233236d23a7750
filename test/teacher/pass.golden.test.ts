import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUTOENCODER_GROUP } from '../../src/autoencoder/first_stage.js';
import { createProcess } from '../../src/diffusion/denoiser.js';
import type { NoiseSource } from '../../src/diffusion/picture_noise.js';
import { createEngine } from '../../src/engine/engine.js';
import type { HostArray } from '../../src/engine/host_array.js';
import type { Engine } from '../../src/engine/types.js';
import type { Picture } from '../../src/images/picture.js';
import { treeToMemory } from '../../src/models/layout.js';
import { oneStepPass } from '../../src/student/pass.js';
import { multiStepPass, type Pass } from '../../src/teacher/pass.js';
import { UNET_GROUP, type RestorationModel } from '../../src/teacher/restoration_model.js';
import { engineKinds } from '../helpers/evaluate.js';
import { goldenTensors, item, maxDifference } from '../helpers/golden_tensors.js';
import { goldenTeacher } from '../helpers/micro_models.js';

/** Of the golden README, for images none of whose latents lies so near to two codes that float32 may choose the other. */
const IMAGE_TOLERANCE = 1e-3;

const golden = await goldenTensors('diffusion', 'image_micro.safetensors');
const teacher = await goldenTeacher();
const model: RestorationModel = {
  process: createProcess(teacher.diffusion!),
  unet: teacher.unet!.config,
  autoencoder: teacher.autoencoder!.config,
};
const lr: Picture = {
  height: golden['lr']!.shape[1]!,
  width: golden['lr']!.shape[2]!,
  data: golden['lr']!.data as Float32Array,
};
const lastStep = model.process.schedule.steps - 1;

/** The draws of the reference: the prior's first, then one a step from the last timestep down. */
const goldenNoise: NoiseSource = (purpose, _shape, step = 0) =>
  item(golden['noises']!, purpose === 'prior' ? 0 : 1 + lastStep - step);

describe.each(engineKinds)('%s', (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = createEngine({ kind });
    const groups = {
      [UNET_GROUP]: treeToMemory(teacher.unet!.tree),
      [AUTOENCODER_GROUP]: treeToMemory(teacher.autoencoder!.tree),
    };
    await engine.define(groups, { constants: true });
  });
  afterAll(() => engine.dispose());

  async function restore(pass: Pass): Promise<HostArray> {
    let evaluations = 0;
    const [restored] = await pass.run([lr], [goldenNoise], () => {
      evaluations++;
    });
    expect(evaluations).toBe(pass.evaluations);
    const { height, width, data } = restored!;
    return { shape: [1, height, width, 3], data };
  }

  it('one step gives the reference image', async () => {
    const found = await restore(oneStepPass(engine, model));
    expect(maxDifference(found, golden['one_step_image']!)).toBeLessThanOrEqual(IMAGE_TOLERANCE);
  });

  it('all stochastic steps give the reference image', async () => {
    const found = await restore(multiStepPass(engine, model, 'stochastic'));
    expect(maxDifference(found, golden['final_image']!)).toBeLessThanOrEqual(IMAGE_TOLERANCE);
  });
});
