/** @file Official section `model`: the network, its teacher, what is added to student and fake. */
import { z } from 'zod';
import { countOrZero } from '../fields.js';
import { derived, ignored, mapped, only, same, type Rule } from './rule.js';

const UNET = 'teacher.unet';
const REQUIRED = { absent: 'required' } as const;
const OFF = { absent: { value: false } } as const;

const NETWORK: readonly Rule[] = [
  only('model.target', 'models.unet.UNetModelSwin', 'the Swin U-Net', REQUIRED),
  same('model.params.image_size', `${UNET}.imageSize`, REQUIRED),
  same('model.params.in_channels', `${UNET}.inChannels`, REQUIRED),
  same('model.params.model_channels', `${UNET}.modelChannels`, REQUIRED),
  same('model.params.out_channels', `${UNET}.outChannels`, REQUIRED),
  same('model.params.cond_lq', `${UNET}.condLq`, REQUIRED),
  derived(
    'model.params.lq_size',
    `\`${UNET}.lqSize\`, and \`diffusion.cappedStart: false\`: only files of the ResShift release have it, whose schedule starts without cap`,
    z.unknown(),
    (value) =>
      mapped(
        { [`${UNET}.lqSize`]: value, 'diffusion.cappedStart': false },
        'the ResShift release, whose schedule starts without cap',
      ),
  ),
  derived(
    'model.params.cond_mask',
    'restoring masked parts (inpainting) is not supported; anything but `false` is an error',
    z.boolean().nullable(),
    (value) =>
      value
        ? { kind: 'refused', expected: 'false', remedy: 'Restoring masked parts (inpainting) is not supported' }
        : { kind: 'ignored', why: 'no mask' },
  ),
  same('model.params.attention_resolutions', `${UNET}.attentionResolutions`, REQUIRED),
  only('model.params.dropout', 0, 'networks have no dropout'),
  same('model.params.channel_mult', `${UNET}.channelMult`, REQUIRED),
  same('model.params.num_res_blocks', `${UNET}.numResBlocks`, REQUIRED),
  only('model.params.conv_resample', true, 'resampling has convolutions'),
  only('model.params.dims', 2, 'images'),
  ignored('model.params.use_fp16', 'networks compute in float32, which is a little more accurate'),
  same('model.params.num_head_channels', `${UNET}.numHeadChannels`, REQUIRED),
  only('model.params.use_scale_shift_norm', true, 'timesteps scale and shift the features'),
  only('model.params.resblock_updown', false, 'resampling has layers of its own'),
  same('model.params.swin_depth', `${UNET}.swinDepth`, REQUIRED),
  same('model.params.swin_embed_dim', `${UNET}.swinEmbedDim`, REQUIRED),
  same('model.params.window_size', `${UNET}.windowSize`, REQUIRED),
  same('model.params.mlp_ratio', `${UNET}.mlpRatio`, REQUIRED),
  same('model.params.patch_norm', `${UNET}.patchNorm`),
];

const WEIGHTS: readonly Rule[] = [
  derived(
    'model.ckpt_path',
    '`resshift.initFrom` of a teacher; a student starts from its teacher: there anything but null is an error',
    z.string().nullable(),
    (value, { method }) => {
      if (method === 'resshift') return mapped({ 'resshift.initFrom': value });
      if (value === null) return { kind: 'ignored', why: 'the student starts from its teacher' };
      const remedy = 'A student starts from its teacher; to go on with a run of ours, give its folder as --out';
      return { kind: 'refused', expected: 'null', remedy };
    },
  ),
  derived(
    'model.teacher_ckpt_path',
    '`teacher.weights`; students need it',
    z.string().nullable(),
    (value, { method }) => {
      if (value !== null) return mapped({ 'teacher.weights': value });
      if (method === 'resshift') return { kind: 'ignored', why: 'a teacher has no teacher' };
      return { kind: 'refused', expected: 'the file of the teacher’s weights' };
    },
    { absent: { value: null } },
  ),
  derived(
    'model.params_teacher',
    'a student of another architecture than its teacher is not supported; anything but null is an error',
    z.null(),
    () => ({ kind: 'ignored', why: 'the student has its teacher’s architecture' }),
    { subtree: true },
  ),
];

const STUDENT_AND_FAKE: readonly Rule[] = [
  only('model.target_gan', 'models.unet.UNetModelSwinGanWrapper', 'the GAN head is `rsd.gan.head`'),
  derived(
    'model.add_noise',
    '`rsd.noiseChannels`: 0 when false, else `model.noise_channels`',
    z.boolean(),
    (value, { method }) => {
      if (method !== 'rsd') return { kind: 'ignored', why: 'the networks of this method have no noise channel' };
      return value ? mapped({}, 'rsd.noiseChannels is model.noise_channels') : mapped({ 'rsd.noiseChannels': 0 });
    },
    OFF,
  ),
  derived('model.noise_channels', '`rsd.noiseChannels`, if `model.add_noise`', countOrZero, (value, around) =>
    around.value('model.add_noise') === true
      ? mapped({ 'rsd.noiseChannels': value })
      : { kind: 'ignored', why: 'model.add_noise is off' },
  ),
  derived(
    'model.gan_loss',
    '`rsd.gan.weight`: 0 when false, else `train.gan_loss_weight`',
    z.boolean(),
    (value, { method }) => {
      if (method !== 'rsd') return { kind: 'ignored', why: 'this method has no GAN term' };
      return value ? mapped({}, 'rsd.gan.weight is train.gan_loss_weight') : mapped({ 'rsd.gan.weight': 0 });
    },
    OFF,
  ),
  only('model.ddgan_loss', false, 'no discriminator of pairs of noisy latents'),
  derived('model.condition_student_timesteps', '`rsd.conditionFake`', z.boolean(), (value, { method }) =>
    method === 'rsd' ? mapped({ 'rsd.conditionFake': value }) : { kind: 'ignored', why: 'this method has no fake' },
  ),
];

/** Rules of the section `model`. */
export const MODEL_RULES: readonly Rule[] = [...NETWORK, ...WEIGHTS, ...STUDENT_AND_FAKE];
