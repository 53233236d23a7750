/** @file Whether batches are degraded, and the sides of their images on the way, pixels. */
import type { DataConfig } from './schema.js';
import type { RealEsrganConfig } from './sections/degradation.js';

/** The settings where LQ images are made for whole batches on the device; undefined where they are not. */
export function batchDegradation({
  lq,
  degradation,
}: Pick<DataConfig, 'lq' | 'degradation'>): RealEsrganConfig | undefined {
  return lq === null && degradation.kind === 'realesrgan' ? degradation : undefined;
}

/** How much larger a resize makes an image, as it was drawn. */
interface ResizeFactor {
  readonly factor: number;
}

/** Sides at both ends of a degradation. */
export interface DegradationSides {
  /** HR as it is degraded. */
  readonly hr: number;
  /** The part of it that is kept. */
  readonly crop: number;
  /** HR pixels per LQ pixel. */
  readonly factor: number;
}

/** Side of the HR crop that is degraded; `gtSize` of it is kept. */
export function degradedSide({ rescale, cropPad, gtSize }: Pick<DataConfig, 'rescale' | 'cropPad' | 'gtSize'>): number {
  return rescale ? gtSize : (cropPad ?? gtSize);
}

/** Sides of a run's images. */
export function degradationSides(
  data: Pick<DataConfig, 'rescale' | 'cropPad' | 'gtSize' | 'scale'>,
  { resizeBack }: Pick<RealEsrganConfig, 'resizeBack'>,
): DegradationSides {
  return { hr: degradedSide(data), crop: data.gtSize, factor: resizeBack ?? data.scale };
}

/** Side of the image after the first resize. */
export const firstSide = ({ hr }: DegradationSides, { factor }: ResizeFactor): number => Math.floor(hr * factor);

/** Side of the image after the second resize, which is measured on LQ. */
export const secondSide = ({ hr, factor }: DegradationSides, resize: ResizeFactor): number =>
  Math.floor((hr / factor) * resize.factor);
