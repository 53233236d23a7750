/**
 * @file MUSIQ (Ke, Wang, Wang, Milanfar and Yang, "MUSIQ: multi-scale image quality transformer", ICCV 2021), KonIQ-10k
 * weights: opinion of an image, about 0 to 100, higher is better. Needs no reference.
 *
 * Sizes: longer side 224 and 384 (bicubic without antialiasing, a = -0.75, as the evaluation script's toolbox has it) and the
 * image's own. Patches that only fill a batch up are masked in the published programs and absent here, which is the same.
 */
import { treeToMemory } from '../models/layout.js';
import { readTogether } from '../models/perceptual_files.js';
import { opinionMetric, requireBounded } from './metric.js';
import { MetricNetwork } from './metric_network.js';
import { musiq } from './musiq/network.js';
import { cutPatches, PATCH } from './musiq/patches.js';
import { musiqSpecs, preparedMusiq } from './musiq/weights.js';

/** The attention is between all pairs of patches: 8,000 of the image's own size take 1.5 GB of logits. */
const MOST_PIXELS = 8000 * PATCH * PATCH;

const title = 'MUSIQ (KonIQ)';

/** MUSIQ with KonIQ-10k weights. */
export const musiqMetric = opinionMetric(title, "the Python toolbox's musiq_koniq_ckpt", async (files) => {
  const tree = preparedMusiq(await readTogether(files, musiqSpecs(), (name) => name));
  const network = new MetricNetwork(treeToMemory(tree), (params, { patches, places, sizes }) => ({
    quality: musiq(params, patches!, places!, sizes!),
  }));
  return {
    measure: async (image) => {
      requireBounded(image, MOST_PIXELS, title);
      const { count, values, places, sizes } = cutPatches(image);
      const result = await network.run({
        patches: { shape: [count, PATCH, PATCH, 3], data: values },
        places: { shape: [count], data: places },
        sizes: { shape: [count], data: sizes },
      });
      return result['quality']!.data[0]!;
    },
    dispose: () => network.dispose(),
  };
});
