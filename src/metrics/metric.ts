/** @file What a metric is: how its numbers are read, what it needs, and how it is applied to images. */
import { UserError } from '../errors/user_error.js';
import type { Pixels } from '../images/pixels.js';

/** Weights a metric needs. */
export interface MetricWeights {
  /** Which files, for `--help` and error messages. */
  readonly files: string;
  /** Whether it runs without any given. */
  readonly shipped: boolean;
}

/** How to read a metric's numbers and what it needs. */
export interface MetricDescription {
  /** For table headings, with the unit if it has one. */
  readonly title: string;
  /** Which direction is better. */
  readonly direction: 'higher' | 'lower';
  /** Whether restored images are compared with reference images. */
  readonly needsReference: boolean;
  /** Whether exchanging restored and reference images leaves the value as it is (to rounding); false without a reference. */
  readonly symmetric: boolean;
  /** Value of an image compared with itself; undefined without a reference. */
  readonly ideal?: number;
  /** Undefined: none. */
  readonly weights?: MetricWeights;
}

export interface MetricOptions {
  /** Weight files, where {@link MetricDescription.weights} asks for them. */
  readonly weights?: string | readonly string[];
}

/** A loaded metric of single images. Calls follow one another; memory does not grow with their number. */
export interface Measure {
  /**
   * @param restored,reference RGB in [0,1], of one size, as they come from 8-bit files. The reference is given exactly if
   *   the metric needs one.
   * @throws UserError if the images are too small or too large for the metric.
   */
  measure(restored: Pixels, reference?: Pixels): Promise<number>;
  /** Frees the network. */
  dispose(): void;
}

/** A metric of single images, with or without a reference. */
export interface ImageMetric extends MetricDescription {
  /** @throws UserError if weights are needed and missing, or do not fit. */
  load(options?: MetricOptions): Promise<Measure>;
}

/** A loaded metric of two sets of images. */
export interface SetMeasure {
  /** @param image RGB in [0,1]; sizes may differ. */
  addRestored(image: Pixels): Promise<void>;
  addReference(image: Pixels): Promise<void>;
  /** Of all images added so far. @throws UserError if a set has fewer than two. */
  result(): number;
  dispose(): void;
}

/** A metric of two sets of images, which need not be pairs. */
export interface SetMetric extends MetricDescription {
  /** @throws UserError if weights are needed and missing, or do not fit. */
  load(options?: MetricOptions): Promise<SetMeasure>;
}

/** The reference image; a plain Error (a bug of the caller) when there is none. */
export function requireReference(reference: Pixels | undefined): Pixels {
  if (!reference) throw new Error('this metric compares with a reference image');
  return reference;
}

/** @throws UserError unless weight files are given. */
export function requireWeights(title: string, needed: MetricWeights, { weights }: MetricOptions): string[] {
  const files = weights === undefined ? [] : [weights].flat();
  if (files.length > 0) return files;
  throw new UserError(`${title} needs weights`, {
    expected: needed.files,
    remedy: 'docs/metrics.md says where they are',
  });
}

/** A network's opinion of an image, without reference, higher being better; its weights are the user's. */
export function opinionMetric(
  title: string,
  files: string,
  load: (files: readonly string[]) => Promise<Measure>,
): ImageMetric {
  const weights = { files, shipped: false };
  return {
    title,
    weights,
    direction: 'higher',
    needsReference: false,
    symmetric: false,
    load: async (options = {}) => load(requireWeights(title, weights, options)),
  };
}

/** @throws UserError if a side is shorter than `least`. */
export function requireSides({ height, width }: Pixels, least: number, title: string): void {
  if (Math.min(height, width) >= least) return;
  throw new UserError(`the image is too small for ${title}`, {
    expected: `${least}x${least} pixels or more`,
    found: `${width}x${height}`,
  });
}

/**
 * @param mostPixels Beyond which the network's activations would take more memory than computers have.
 * @throws UserError if there are more.
 */
export function requireBounded({ height, width }: Pixels, mostPixels: number, title: string): void {
  if (height * width <= mostPixels) return;
  throw new UserError(`the image is too large for ${title}`, {
    expected: `${(mostPixels / 1e6).toFixed(1)} megapixels at most`,
    found: `${width}x${height}`,
    remedy: 'Compare crops of it',
  });
}
