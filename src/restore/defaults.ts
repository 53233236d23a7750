/** @file Images in, images out: choices and defaults, in a file that does not start TensorFlow (help texts show them). */

/** Where tiles overlap: `average` counts all the same, as the published programs do; `feather` fades each tile out. */
export const BLENDS = ['average', 'feather'] as const;
export type Blend = (typeof BLENDS)[number];

/** What takes the colours of the input over into the result; see `color_fix.ts`. */
export const COLOR_FIXES = ['none', 'adain', 'wavelet'] as const;
export type ColorFix = (typeof COLOR_FIXES)[number];

/** How transparency grows with the picture: `bicubic`, through the `network` as a grey picture, or not at all. */
export const ALPHA_MODES = ['bicubic', 'network', 'drop'] as const;
export type AlphaMode = (typeof ALPHA_MODES)[number];

/** Seed of the published programs. */
export const DEFAULT_SEED = 12345;

/**
 * Side of a tile in input pixels. The published programs have 512, which is hours on a CPU: time grows with the fourth
 * power of the side, since the autoencoder's middle attends from every latent pixel to every other.
 */
export const DEFAULT_TILE = 128;

/** Overlap of neighbouring tiles: the published programs' eighth of a tile. */
export function defaultOverlap(tile: number): number {
  return Math.floor(tile / 8);
}

/** Tiles a call of the networks. On a CPU more of them cost memory and gain little (docs/restore.md has numbers). */
export const DEFAULT_BATCH = 1;
