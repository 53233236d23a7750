/** @file Evaluation: the tables of the RSD paper (arXiv 2503.13358 v5) by dataset, in the order they have there. */

/** A method's numbers by the name of our metric. */
export interface PublishedRow {
  readonly method: string;
  readonly values: Readonly<Record<string, number>>;
}

/** One table, for one dataset. */
export interface PublishedTable {
  readonly source: string;
  readonly rows: readonly PublishedRow[];
}

/** Rows as the paper prints them: the method, then its numbers in the order of the columns; null where there is none. */
function publishedTable(
  source: string,
  columns: readonly string[],
  rows: readonly (readonly [method: string, ...values: (number | null)[]])[],
): PublishedTable {
  return {
    source: `RSD paper (arXiv 2503.13358 v5), ${source}`,
    rows: rows.map(([method, ...values]) => {
      const present = columns.flatMap((column, i): [string, number][] =>
        values[i] === null || values[i] === undefined ? [] : [[column, values[i]]],
      );
      return { method, values: Object.fromEntries(present) };
    }),
  };
}

const FULL_SIZE = ['psnr', 'ssim', 'lpips-alex', 'clipiqa', 'musiq-koniq'];
const UNPAIRED = ['clipiqa', 'musiq-koniq'];
const CROPS = ['psnr', 'ssim', 'lpips-alex', 'dists', 'niqe', 'musiq-koniq', 'maniqa-pipal', 'clipiqa', 'fid'];

/** Table 1, left part. */
export const REALSR_FULL = publishedTable('table 1, RealSR', FULL_SIZE, [
  ['SUPIR', 24.38, 0.698, 0.331, 0.5449, 63.676],
  ['OSEDiff', 25.25, 0.737, 0.299, 0.6772, 67.602],
  ['ResShift', 26.49, 0.754, 0.36, 0.5958, 59.873],
  ['CTMSR', 26.18, 0.765, 0.294, 0.6449, 64.796],
  ['SinSR (distill only)', 26.14, 0.732, 0.357, 0.6119, 57.118],
  ['SinSR', 25.83, 0.717, 0.365, 0.6887, 61.582],
  ['ResShift-VSD', 23.96, 0.616, 0.466, 0.7479, 63.298],
  ['RSD (distill only)', 24.92, 0.696, 0.355, 0.7518, 66.43],
  ['RSD', 25.91, 0.754, 0.273, 0.706, 65.86],
]);

/** Table 1, right part. */
export const REALSET65 = publishedTable('table 1, RealSet65', UNPAIRED, [
  ['SUPIR', 0.6133, 66.46],
  ['OSEDiff', 0.6836, 68.853],
  ['ResShift', 0.6537, 61.33],
  ['CTMSR', 0.6893, 67.173],
  ['SinSR (distill only)', 0.6822, 61.267],
  ['SinSR', 0.715, 62.169],
  ['ResShift-VSD', 0.7606, 66.701],
  ['RSD (distill only)', 0.7534, 68.383],
  ['RSD', 0.7267, 69.172],
]);

/** Table 2. */
export const IMAGENET_TEST = publishedTable(
  'table 2',
  [...FULL_SIZE, 'fid'],
  [
    ['OSEDiff', 23.02, 0.619, 0.253, 0.677, 60.755, 23.13],
    ['ResShift', 25.01, 0.677, 0.231, 0.592, 53.66, 30.34],
    ['CTMSR', 24.73, 0.666, 0.197, 0.691, 60.142, 24.19],
    ['SinSR', 24.56, 0.657, 0.221, 0.611, 53.357, 25.85],
    ['ResShift-VSD', 23.69, 0.624, 0.23, 0.665, 58.63, 32.22],
    ['RSD (distill only)', 23.97, 0.643, 0.217, 0.66, 57.831, 28.93],
    ['RSD', 24.31, 0.657, 0.193, 0.681, 58.947, 25.46],
  ],
);

/** Table 3, DIV2K-Val. */
export const DIV2K_VAL_CROPS = publishedTable('table 3, DIV2K-Val', CROPS, [
  ['OSEDiff', 23.72, 0.6108, 0.2941, 0.1976, 4.7097, 67.97, 0.6148, 0.6683, 26.32],
  ['ResShift', 24.65, 0.6181, 0.3349, 0.2213, 6.8212, 61.09, 0.5454, 0.6071, 36.11],
  ['SinSR', 24.41, 0.6018, 0.324, 0.2066, 6.0159, 62.82, 0.5386, 0.6471, 35.57],
  ['RSD', 23.91, 0.6042, 0.2857, 0.194, 5.1987, 68.05, 0.5937, 0.6967, 34.84],
]);

/** Table 3, DRealSR. */
export const DREALSR_CROPS = publishedTable('table 3, DRealSR', CROPS, [
  ['OSEDiff', 27.92, 0.7835, 0.2968, 0.2165, 6.4902, 64.65, 0.5899, 0.6963, 135.3],
  ['ResShift', 28.46, 0.7673, 0.4006, 0.2656, 8.1249, 50.6, 0.4586, 0.5342, 172.26],
  ['SinSR', 28.36, 0.7515, 0.3665, 0.2485, 6.9907, 55.33, 0.4884, 0.6383, 170.57],
  ['RSD', 27.4, 0.7559, 0.3042, 0.2343, 6.2577, 62.03, 0.5625, 0.7019, 167.47],
]);

/** Table 3, RealSR. */
export const REALSR_CROPS = publishedTable('table 3, RealSR', CROPS, [
  ['OSEDiff', 25.15, 0.7341, 0.2921, 0.2128, 5.6476, 69.09, 0.6326, 0.6693, 123.49],
  ['ResShift', 26.31, 0.7421, 0.3421, 0.2498, 7.2365, 58.43, 0.5285, 0.5442, 141.71],
  ['SinSR', 26.28, 0.7347, 0.3188, 0.2353, 6.2872, 60.8, 0.5385, 0.6122, 135.93],
  ['RSD', 25.61, 0.742, 0.2675, 0.2205, 5.75, 66.02, 0.593, 0.6793, 138.23],
]);
