/** @file The one place that chooses a degradation of single images. */
import type { DegradationConfig } from '../config/schema.js';
import { bicubicDegradation } from './degrade_bicubic.js';
import { mildDegradation } from './degrade_mild.js';
import type { Degradation } from './image_degradation.js';

/** Degradations of one image at a time on the host; the others are of batches, on the device. */
export type HostDegradationConfig = Exclude<DegradationConfig, { kind: 'realesrgan' }>;

/**
 * The degradation a run file asks for.
 * @param scale super-resolution factor
 */
export function createDegradation(config: HostDegradationConfig, scale: number): Degradation {
  switch (config.kind) {
    case 'bicubic':
      return bicubicDegradation(scale);
    case 'mild':
      return mildDegradation(config, scale);
  }
}
