/** @file PSNR and SSIM of both published conventions as metrics of images. */
import type { Pixels } from '../images/pixels.js';
import { requireReference, requireSides, type ImageMetric } from './metric.js';
import type { ColorSpace } from './planes.js';
import { evaluationPsnr, trainerPsnr } from './psnr.js';
import { evaluationSsim, trainerSsim } from './ssim.js';

const common = { direction: 'higher', needsReference: true, symmetric: true } as const;

function hostMetric(
  title: string,
  ideal: number,
  leastSide: number,
  compute: (restored: Pixels, reference: Pixels) => number,
): ImageMetric {
  return {
    ...common,
    title,
    ideal,
    load: () =>
      Promise.resolve({
        measure: async (restored, reference) => {
          requireSides(restored, leastSide, title);
          return Promise.resolve(compute(restored, requireReference(reference)));
        },
        dispose: () => undefined,
      }),
  };
}

/** Side of SSIM's window. */
const WINDOW = 11;

/** `psnr` and `ssim`: Y as the evaluation script of the published tables has it. */
export const evaluationFidelity = {
  psnr: hostMetric('PSNR-Y (dB)', 80, 1, evaluationPsnr),
  ssim: hostMetric('SSIM-Y', 1, WINDOW, evaluationSsim),
};

/** PSNR as training logs it. @param border Pixels left out on every side. */
export function trainerPsnrMetric(color: ColorSpace, border: number): ImageMetric {
  const title = `PSNR-${color.toUpperCase()}, trainer${border > 0 ? `, border ${border}` : ''} (dB)`;
  return hostMetric(title, Infinity, 1 + 2 * border, (a, b) => trainerPsnr(a, b, { color, border }));
}

/** SSIM as training logs it. @param border Pixels left out on every side. */
export function trainerSsimMetric(color: ColorSpace, border: number): ImageMetric {
  const title = `SSIM-${color.toUpperCase()}, trainer${border > 0 ? `, border ${border}` : ''}`;
  return hostMetric(title, 1, WINDOW + 2 * border, (a, b) => trainerSsim(a, b, { color, border }));
}
