/** @file What a state dict was recognised as. */
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import type { UNetConfig } from '../nn/unet_config.js';

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
