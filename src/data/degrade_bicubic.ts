/** @file Bicubic degradation: MATLAB's antialiased imresize, nothing drawn. */
import { clampToUnit } from '../images/pixels.js';
import { resize } from '../images/resize.js';
import type { Degradation } from './image_degradation.js';

/** LQ = imresize(HR, 1 / scale), limited to [0, 1], not rounded. */
export function bicubicDegradation(scale: number): Degradation {
  return (hr) => Promise.resolve(clampToUnit(resize(hr, 'imresize', hr.height / scale, hr.width / scale)));
}
