/**
 * @file What a state dict is, from the names and shapes of its tensors alone: which network, with which config, and what of
 * the config shapes cannot tell.
 */
import { UserError } from '../errors/user_error.js';
import { printable } from '../weights/printable.js';
import { ENCODER_CONVOLUTION, recogniseAutoencoder } from './recognise_autoencoder.js';
import { FIRST_CONVOLUTION, recogniseUNet } from './recognise_unet.js';
import type { Recognised } from './recognised.js';
import { Shapes } from './shapes.js';

/** Whether names have the one that tells a network of this package. */
export function isRecognisable(names: { has(name: string): boolean }): boolean {
  return names.has(FIRST_CONVOLUTION) || names.has(ENCODER_CONVOLUTION);
}

/**
 * Recognises a state dict; buffers among its tensors help (`attn_mask` tells the nominal size) but are not needed.
 * @param tensors Shapes by official name.
 * @param file Named in errors.
 * @throws UserError if it is no network of this package, or one of a kind that is not supported.
 */
export function recognise(
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  file: string,
): Recognised {
  if (tensors.has(FIRST_CONVOLUTION)) return recogniseUNet(new Shapes(tensors, file));
  if (tensors.has(ENCODER_CONVOLUTION)) return recogniseAutoencoder(new Shapes(tensors, file));
  const [first] = tensors.keys();
  throw new UserError('no model of this package or of ResShift, SinSR, RSD', {
    file,
    expected: `a parameter ${FIRST_CONVOLUTION} (U-Net) or ${ENCODER_CONVOLUTION} (autoencoder)`,
    found: first === undefined ? 'no parameters' : `${tensors.size} others, e.g. ${printable(first)}`,
  });
}
