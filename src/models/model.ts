/** @file A model: networks with their configs and weights, in the official layout. */
import type { DiffusionConfig } from '../diffusion/config.js';
import type { AutoencoderConfig } from '../nn/autoencoder_config.js';
import type { UNetConfig } from '../nn/unet_config.js';
import type { HostTree } from '../weights/tree.js';

/** What a model file holds: a one-step student, a T-step teacher (both usually with autoencoder), or an autoencoder alone. */
export type ModelKind = 'student' | 'teacher' | 'autoencoder';

/** A network's weights (official names and layout) and the options that make them a network. */
export interface Weighted<Config> {
  readonly config: Config;
  readonly tree: HostTree;
}

/** The content of a model file. */
export interface Model {
  readonly kind: ModelKind;
  /** Present unless `kind` is `autoencoder`. */
  readonly unet?: Weighted<UNetConfig>;
  /** The process of the U-Net; present with it. */
  readonly diffusion?: DiffusionConfig;
  readonly autoencoder?: Weighted<AutoencoderConfig>;
  /** Options of a state dict that neither its shapes nor the caller told, e.g. `imageSize 64`: official values were taken. */
  readonly assumed?: readonly string[];
  /** Further strings of the header, e.g. `timesteps`, `training`. */
  readonly extra: Readonly<Record<string, string>>;
}

/** Configs of a state dict that brings none; what is left out is recognised from shapes, and official where they do not tell. */
export interface AssumedConfigs {
  readonly unet?: UNetConfig;
  readonly diffusion?: DiffusionConfig;
  readonly autoencoder?: AutoencoderConfig;
}
