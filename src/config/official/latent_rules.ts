/** @file Official sections `diffusion` and `autoencoder`: the process and the space it runs in. */
import { z } from 'zod';
import { count } from '../fields.js';
import { derived, ignored, mapped, only, same, type Rule } from './rule.js';

const REQUIRED = { absent: 'required' } as const;

/** Rules of the section `diffusion`. What it may leave out has the value that the original builder gives it. */
export const DIFFUSION_RULES: readonly Rule[] = [
  only('diffusion.target', 'models.script_util.create_gaussian_diffusion', 'the residual-shifting process', REQUIRED),
  derived(
    'diffusion.params.sf',
    '`diffusion.sf`, and `data.scale` unless `degradation.sf` says it',
    count,
    (value) => mapped({ 'diffusion.sf': value, 'data.scale': value }),
    REQUIRED,
  ),
  same('diffusion.params.schedule_name', 'diffusion.scheduleName', REQUIRED),
  same('diffusion.params.schedule_kwargs.power', 'diffusion.power', REQUIRED),
  same('diffusion.params.etas_end', 'diffusion.etasEnd', { absent: { value: 0.99 } }),
  same('diffusion.params.steps', 'diffusion.steps', { absent: { value: 1000 } }),
  same('diffusion.params.min_noise_level', 'diffusion.minNoiseLevel', { absent: { value: 0.01 } }),
  same('diffusion.params.kappa', 'diffusion.kappa', { absent: { value: 1 } }),
  derived(
    'diffusion.params.weighted_mse',
    '`resshift.weightedMse`; in the other methods anything but `false` is an error',
    z.boolean(),
    (value, { method }) => {
      if (method === 'resshift') return mapped({ 'resshift.weightedMse': value });
      return value ? { kind: 'refused', expected: 'false' } : { kind: 'ignored', why: 'timesteps weigh the same' };
    },
  ),
  same('diffusion.params.predict_type', 'diffusion.predictType', REQUIRED),
  same('diffusion.params.timestep_respacing', 'diffusion.timestepRespacing'),
  same('diffusion.params.scale_factor', 'diffusion.scaleFactor'),
  same('diffusion.params.normalize_input', 'diffusion.normalizeInput', REQUIRED),
  same('diffusion.params.latent_flag', 'diffusion.latentFlag', { absent: { value: true } }),
  derived(
    'diffusion.params.num_steps',
    '`rsd.timestepCount`; the other methods do not read it',
    count,
    (value, { method }) =>
      method === 'rsd'
        ? mapped({ 'rsd.timestepCount': value })
        : { kind: 'ignored', why: 'student timesteps are of method rsd' },
  ),
];

/** Rules of the section `autoencoder`. */
export const AUTOENCODER_RULES: readonly Rule[] = [
  only('autoencoder.target', 'ldm.models.autoencoder.VQModelTorch', 'the VQ autoencoder', REQUIRED),
  same('autoencoder.ckpt_path', 'autoencoder.weights', REQUIRED),
  ignored('autoencoder.use_fp16', 'networks compute in float32, which is a little more accurate'),
  same('autoencoder.params.embed_dim', 'autoencoder.embedDim', REQUIRED),
  same('autoencoder.params.n_embed', 'autoencoder.nEmbed', REQUIRED),
  only('autoencoder.params.ddconfig.double_z', false, 'latents have no variance'),
  same('autoencoder.params.ddconfig.z_channels', 'autoencoder.zChannels', REQUIRED),
  same('autoencoder.params.ddconfig.resolution', 'autoencoder.resolution', REQUIRED),
  same('autoencoder.params.ddconfig.in_channels', 'autoencoder.inChannels', REQUIRED),
  same('autoencoder.params.ddconfig.out_ch', 'autoencoder.outCh', REQUIRED),
  same('autoencoder.params.ddconfig.ch', 'autoencoder.ch', REQUIRED),
  same('autoencoder.params.ddconfig.ch_mult', 'autoencoder.chMult', REQUIRED),
  same('autoencoder.params.ddconfig.num_res_blocks', 'autoencoder.numResBlocks', REQUIRED),
  same('autoencoder.params.ddconfig.attn_resolutions', 'autoencoder.attnResolutions'),
  ignored('autoencoder.params.ddconfig.dropout', 'the autoencoder is frozen'),
  ignored('autoencoder.params.ddconfig.padding_mode', 'the original does not read it'),
];
