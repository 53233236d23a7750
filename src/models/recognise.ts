/**
 * @file What a state dict is, from the names and shapes of its tensors alone: which network, with which config, and what of
 * the config shapes cannot tell.
 */
import { UserError } from '../errors/user_error.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import type { UNetConfig } from '../nn/unet_config.js';
import { printable } from '../weights/printable.js';
import { ENCODER_CONVOLUTION, recogniseAutoencoder } from './recognise_autoencoder.js';
import { FIRST_CONVOLUTION, recogniseUNet } from './recognise_unet.js';
import { Shapes } from './shapes.js';

/** A recognised network. */
export type Recognised =
  | {
      /** Six input channels (without noise) are a teacher, a SinSR student or a fake: shapes do not tell these apart. */
      readonly kind: 'teacher' | 'student';
      readonly description: string;
      readonly unet: UNetConfig;
      /** Super-resolution factor, given an autoencoder of the usual factor. */
      readonly sf: number;
      /** Options that shapes do not tell, each with the value that was taken, e.g. `imageSize 64`. */
      readonly assumed: readonly string[];
    }
  | {
      readonly kind: 'autoencoder';
      readonly description: string;
      readonly autoencoder: AutoencoderConfig;
      readonly assumed: readonly string[];
    };

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
