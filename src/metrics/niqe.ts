/**
 * @file NIQE (Mittal, Soundararajan and Bovik, "Making a 'completely blind' image quality analyzer", SPL 2013): distance of
 * an image's statistics from those of pristine photographs. Blocks of 96x96 at two scales; lower is better.
 *
 * The pristine statistics ship (Apache-2.0, of basicsr 1.4.2). Two conventions differ in luma and rounding: `niqe` is that of
 * the evaluation script of the published tables, `niqe-basicsr` that of the Python package basicsr.
 */
import { Matrix } from 'ml-matrix';
import { UserError } from '../errors/user_error.js';
import type { Pixels } from '../images/pixels.js';
import { matchParams } from '../models/match.js';
import { readWeights } from '../weights/read.js';
import { requireSides, type ImageMetric } from './metric.js';
import type { Rounding } from './niqe/normalised_rows.js';
import {
  BLOCK,
  blockStatistics,
  imageFeatures,
  statisticsDistance,
  type FeatureStatistics,
} from './niqe/statistics.js';
import { roundedPlanes, yiqLuma, type Plane } from './planes.js';
import { shippedFile } from './shipped.js';

const FEATURES = 36;
const init = { kind: 'constant', value: 0 } as const;
const SPECS = [
  { name: 'mu', shape: [FEATURES], init },
  { name: 'cov', shape: [FEATURES, FEATURES], init },
];

/** The pristine statistics. */
export async function readPristine(file: string): Promise<FeatureStatistics> {
  const tree = matchParams(await readWeights(file), SPECS, file);
  const cov = Array.from(tree.get('cov')!.data);
  return { mean: Matrix.columnVector(tree.get('mu')!.data), covariance: Matrix.from1DArray(FEATURES, FEATURES, cov) };
}

function niqe(title: string, luma: (image: Pixels) => Plane, rounding: Rounding): ImageMetric {
  return {
    title,
    direction: 'lower',
    needsReference: false,
    symmetric: false,
    load: async () => {
      const pristine = await readPristine(shippedFile('niqe-pristine.safetensors'));
      return {
        measure: async (image) => {
          requireSides(image, BLOCK, title);
          const statistics = blockStatistics(imageFeatures(luma(image), rounding));
          if (statistics) return Promise.resolve(statisticsDistance(statistics, pristine));
          const found = `${image.width}x${image.height}`;
          throw new UserError(`${title} needs two blocks of ${BLOCK}x${BLOCK} with contrast`, { found });
        },
        dispose: () => undefined,
      };
    },
  };
}

/** NIQE of the evaluation script: luma 0.299 R + 0.587 G + 0.114 B. */
export const niqeMetric = niqe('NIQE', yiqLuma, 'window');

/** NIQE of basicsr: Y of BT.601 in studio range. */
export const niqeBasicsrMetric = niqe('NIQE (basicsr)', (image) => roundedPlanes(image, 'y', 0)[0]!, 'results');
