/**
 * @file MANIQA (Yang et al., "MANIQA: multi-dimension attention network for no-reference image quality assessment", CVPRW 2022),
 * PIPAL weights: opinion of an image, about 0 to 1, higher is better. Needs no reference.
 *
 * The mean over 20 random crops of 224x224. The published programs draw other crops at every call; here they are a function
 * of the image's size (seed 0), so that numbers repeat and the images of different models are looked at in the same places.
 * Images with a side of 224 or less are enlarged first, bilinearly, to a shorter side of 225, as the toolbox does it.
 */
import type { Pixels } from '../images/pixels.js';
import { resizeByFactor } from '../images/resize.js';
import { treeToMemory } from '../models/layout.js';
import { readTogether } from '../models/perceptual_files.js';
import { CountedRandom } from '../random/counted.js';
import { maniqa } from './maniqa/network.js';
import { CROP, maniqaSpecs, neededName, preparedManiqa } from './maniqa/weights.js';
import { opinionMetric } from './metric.js';
import { MetricNetwork } from './metric_network.js';

const CROPS = 20;
/** What small images' shorter side is enlarged to. */
const LEAST_SIDE = CROP + 1;

function enlarged(image: Pixels): Pixels {
  const shorter = Math.min(image.height, image.width);
  return shorter < LEAST_SIDE ? resizeByFactor(image, 'bilinear', LEAST_SIDE / shorter) : image;
}

interface Corner {
  readonly top: number;
  readonly left: number;
}

/** Upper left corners of the crops of an image of this size, sides of 224 or more. */
export function maniqaCorners({ height, width }: Pick<Pixels, 'height' | 'width'>): Corner[] {
  return Array.from({ length: CROPS }, (_, sample) => {
    const random = new CountedRandom({ seed: 0, purpose: 'maniqa crop', iteration: 0, sample });
    return { top: random.integer(height - CROP + 1), left: random.integer(width - CROP + 1) };
  });
}

/** A crop in [-1,1]. */
function cropAt({ width, data }: Pixels, { top, left }: Corner): Float32Array {
  const out = new Float32Array(CROP * CROP * 3);
  for (let y = 0; y < CROP; y++) {
    const from = ((top + y) * width + left) * 3;
    out.set(data.subarray(from, from + CROP * 3), y * CROP * 3);
  }
  return out.map((value) => 2 * value - 1);
}

const title = 'MANIQA (PIPAL)';

/** MANIQA with PIPAL weights. */
export const maniqaMetric = opinionMetric(title, "the Python toolbox's MANIQA_PIPAL", async (files) => {
  const tree = preparedManiqa(await readTogether(files, maniqaSpecs(), neededName));
  const network = new MetricNetwork(treeToMemory(tree), (params, { crop }) => ({ quality: maniqa(params, crop!) }));
  return {
    measure: async (given) => {
      const image = enlarged(given);
      // Crops of small images coincide; none is computed twice.
      const qualities = new Map<string, number>();
      let sum = 0;
      for (const corner of maniqaCorners(image)) {
        const key = `${corner.top} ${corner.left}`;
        const known = qualities.get(key);
        const crop = { shape: [1, CROP, CROP, 3], data: cropAt(image, corner) };
        const quality = known ?? (await network.run({ crop }))['quality']!.data[0]!;
        qualities.set(key, quality);
        sum += quality;
      }
      return sum / CROPS;
    },
    dispose: () => network.dispose(),
  };
});
