/**
 * @file FID (Heusel et al., "GANs trained by a two time-scale update rule", NeurIPS 2017): Fréchet distance of the Inception
 * features of two sets of images. Lower is better; it falls with the number of images, so that only equal numbers compare.
 *
 * How images become 299x299 changes the number: `fid` resizes like clean-fid (Parmar, Zhang and Zhu, CVPR 2022: bicubic,
 * antialiased), `fid-pytorch` like pytorch-fid (bilinear, not antialiased).
 */
import { UserError } from '../errors/user_error.js';
import type { Pixels } from '../images/pixels.js';
import { resize } from '../images/resize.js';
import { treeToMemory } from '../models/layout.js';
import { readTogether } from '../models/perceptual_files.js';
import { frechetDistance } from './fid/frechet.js';
import { foldedInception, inceptionFeatures, inceptionSpecs } from './fid/inception.js';
import { imageArray } from './image_array.js';
import { requireWeights, type SetMetric } from './metric.js';
import { MetricNetwork } from './metric_network.js';

const SIDE = 299;

/** Of the published file: its classifier, and counts of training steps. */
const NOT_NEEDED = /^fc\.|\.num_batches_tracked$/;

function mapped(image: Pixels, change: (value: number) => number): Pixels {
  return { ...image, data: image.data.map(change) };
}

/** The image as clean-fid feeds it: resized in 0..255 and brought to about [-1,1] by 128. */
function cleanInput(image: Pixels): Pixels {
  const resized = resize(
    mapped(image, (value) => value * 255),
    'antialiased-bicubic',
    SIDE,
    SIDE,
  );
  return mapped(resized, (value) => (Math.min(Math.max(value, 0), 255) - 128) / 128);
}

/** The image as pytorch-fid feeds it, in [-1,1]. */
function pytorchInput(image: Pixels): Pixels {
  return mapped(resize(image, 'bilinear', SIDE, SIDE), (value) => 2 * value - 1);
}

function fid(title: string, input: (image: Pixels) => Pixels): SetMetric {
  const weights = { files: 'the Inception v3 weights of pytorch-fid (pt_inception-2015-12-05)', shipped: false };
  return {
    title,
    weights,
    direction: 'lower',
    needsReference: true,
    symmetric: true,
    ideal: 0,
    load: async (options = {}) => {
      const files = requireWeights(title, weights, options);
      const tree = await readTogether(files, inceptionSpecs(), (name) => (NOT_NEEDED.test(name) ? undefined : name));
      const network = new MetricNetwork(treeToMemory(foldedInception(tree)), (params, { image }) => ({
        features: inceptionFeatures(params, image!),
      }));
      const features = async (image: Pixels): Promise<Float32Array> => {
        const result = await network.run({ image: imageArray(input(image)) });
        return result['features']!.data as Float32Array;
      };
      const [restored, reference]: [Float32Array[], Float32Array[]] = [[], []];
      return {
        addRestored: async (image) => void restored.push(await features(image)),
        addReference: async (image) => void reference.push(await features(image)),
        result: () => {
          const found = Math.min(restored.length, reference.length);
          if (found >= 2) return frechetDistance(restored, reference);
          throw new UserError(`${title} needs sets of images`, { expected: 'two or more of each', found: `${found}` });
        },
        dispose: () => network.dispose(),
      };
    },
  };
}

/** FID with clean-fid's resizing. */
export const fidMetric = fid('FID', cleanInput);

/** FID with pytorch-fid's resizing. */
export const fidPytorchMetric = fid('FID (pytorch-fid)', pytorchInput);
