/** @file Official files of the ResShift family for tests: their keys and values, from the specification of each release. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';

/** A YAML mapping. */
export type Section = Record<string, unknown>;

const UNET: Section = {
  image_size: 64,
  in_channels: 6,
  model_channels: 160,
  out_channels: 3,
  cond_lq: true,
  attention_resolutions: [64, 32, 16, 8],
  dropout: 0,
  channel_mult: [1, 2, 2, 4],
  num_res_blocks: [2, 2, 2, 2],
  conv_resample: true,
  dims: 2,
  use_fp16: false,
  num_head_channels: 32,
  use_scale_shift_norm: true,
  resblock_updown: false,
  swin_depth: 2,
  swin_embed_dim: 192,
  window_size: 8,
  mlp_ratio: 4,
};

const DIFFUSION: Section = {
  sf: 4,
  schedule_name: 'exponential',
  schedule_kwargs: { power: 0.3 },
  etas_end: 0.99,
  steps: 15,
  min_noise_level: 0.04,
  kappa: 2,
  weighted_mse: false,
  predict_type: 'xstart',
  timestep_respacing: null,
  scale_factor: 1,
  normalize_input: true,
  latent_flag: true,
};

const F4: Section = {
  embed_dim: 3,
  n_embed: 8192,
  ddconfig: {
    double_z: false,
    z_channels: 3,
    resolution: 256,
    in_channels: 3,
    out_ch: 3,
    ch: 128,
    ch_mult: [1, 2, 4],
    num_res_blocks: 2,
    attn_resolutions: [],
    dropout: 0,
    padding_mode: 'zeros',
  },
};

const FACE_F8: Section = {
  embed_dim: 8,
  n_embed: 4096,
  ddconfig: {
    ...(F4['ddconfig'] as Section),
    z_channels: 8,
    resolution: 512,
    ch: 64,
    ch_mult: [1, 2, 4, 8],
    num_res_blocks: [1, 2, 3, 4],
  },
};

const DEGRADATION: Section = {
  sf: 4,
  resize_prob: [0.2, 0.7, 0.1],
  resize_range: [0.15, 1.5],
  gaussian_noise_prob: 0.5,
  noise_range: [1, 30],
  poisson_scale_range: [0.05, 3],
  gray_noise_prob: 0.4,
  jpeg_range: [30, 95],
  second_order_prob: 0.5,
  second_blur_prob: 0.8,
  resize_prob2: [0.3, 0.4, 0.3],
  resize_range2: [0.3, 1.2],
  gaussian_noise_prob2: 0.5,
  noise_range2: [1, 25],
  poisson_scale_range2: [0.05, 2.5],
  gray_noise_prob2: 0.4,
  jpeg_range2: [30, 95],
  gt_size: 256,
  resize_back: false,
  use_sharp: false,
};

const FAMILIES = ['iso', 'aniso', 'generalized_iso', 'generalized_aniso', 'plateau_iso', 'plateau_aniso'];
const FAMILY_PROB = [0.45, 0.25, 0.12, 0.03, 0.12, 0.03];

function trainData(photos: Section): Section {
  return {
    type: 'realesrgan',
    params: {
      ...photos,
      im_exts: ['JPEG'],
      io_backend: { type: 'disk' },
      blur_kernel_size: 21,
      kernel_list: FAMILIES,
      kernel_prob: FAMILY_PROB,
      sinc_prob: 0.1,
      blur_sigma: [0.2, 3],
      betag_range: [0.5, 4],
      betap_range: [1, 2],
      blur_kernel_size2: 15,
      kernel_list2: FAMILIES,
      kernel_prob2: FAMILY_PROB,
      sinc_prob2: 0.1,
      blur_sigma2: [0.2, 1.5],
      betag_range2: [0.5, 4],
      betap_range2: [1, 2],
      final_sinc_prob: 0.8,
      gt_size: 256,
      crop_pad_size: 300,
      use_hflip: true,
      use_rot: false,
      rescale_gt: true,
    },
  };
}

function validationData(lq: string, hr: string | null): Section {
  return {
    type: 'folder',
    params: {
      dir_path: lq,
      dir_path_extra: hr,
      transform_type: 'default',
      transform_kwargs: { mean: 0.5, std: 0.5 },
      im_exts: 'png',
      length: null,
      recursive: false,
    },
  };
}

const COMMON_TRAIN: Section = {
  lr: 5e-5,
  use_fp16: false,
  seed: 123456,
  global_seeding: false,
  prefetch_factor: 4,
  ema_rate: 0.999,
  weight_decay: 0,
  save_images: true,
  use_ema_val: true,
};

const IMAGENET_AND_FACES = { dir_paths: [], txt_file_path: ['traindata/train.txt', 'traindata/ffhq256.txt'] };

function file(model: Section, diffusion: Section, autoencoder: Section, data: Section, train: Section): Section {
  return {
    model: { target: 'models.unet.UNetModelSwin', ckpt_path: null, ...model },
    diffusion: { target: 'models.script_util.create_gaussian_diffusion', params: diffusion },
    autoencoder: { target: 'ldm.models.autoencoder.VQModelTorch', use_fp16: true, ...autoencoder },
    degradation: DEGRADATION,
    data,
    train: { ...COMMON_TRAIN, ...train },
  };
}

const VQ_F4 = { ckpt_path: 'weights/autoencoder_vq_f4.pth', params: F4 };
const TEACHER = 'weights/resshift_realsrx4_s15_v1.pth';
const TEACHER_TRAIN: Section = {
  batch: [64, 8],
  microbatch: 16,
  num_workers: 8,
  iterations: 500000,
  milestones: [5000, 500000],
  save_freq: 10000,
  val_freq: 10000,
  log_freq: [1000, 5000, 1],
};

/** RSD.yaml of the RSD release. */
export function rsdFile(): Section {
  return file(
    {
      target_gan: 'models.unet.UNetModelSwinGanWrapper',
      teacher_ckpt_path: TEACHER,
      add_noise: true,
      noise_channels: 1,
      gan_loss: true,
      ddgan_loss: false,
      condition_student_timesteps: false,
      params: UNET,
    },
    { ...DIFFUSION, num_steps: 4 },
    VQ_F4,
    {
      train: trainData({ dir_paths: ['data/training/imagenet/train'], txt_file_path: [] }),
      val: validationData('data/validation/imagenet256/lq', 'data/validation/imagenet256/gt'),
    },
    {
      n_fake_loop: 5,
      betas: [0.9, 0.95],
      scheduler: 'none',
      scheduler_params: { T_max: 200, warmup_steps: 100, max_lr: 5e-5 },
      batch: [64, 32],
      microbatch: 8,
      num_workers: 4,
      iterations: 3000,
      milestones: [1000, 3000],
      save_freq: 1000,
      val_freq: 1000,
      log_freq: [1, 200, 1],
      tenserborad_writer: true,
      true_data: true,
      diffusion_gan: false,
      gan_loss_weight: 3e-3,
      ddgan_loss_weight: 3e-3,
      distill_iterations: -1,
      mse_loss: false,
      mse_image_space: true,
      mse_loss_weight: 1,
      lpips_loss: true,
      lpips_loss_weight: 2,
      clip_loss: false,
      clip_loss_weight: 1,
      sid_normalization: true,
      normalize_generator_loss_by_t_power_ten: false,
      cycle_loss: false,
      cycle_loss_weight: 1,
      one_step_inference: true,
      ddim_sampler: false,
    },
  );
}

/** SinSR.yaml of the SinSR and RSD releases. */
export function sinsrFile(): Section {
  return file(
    { teacher_ckpt_path: TEACHER, params: UNET },
    DIFFUSION,
    VQ_F4,
    { train: trainData(IMAGENET_AND_FACES), val: validationData('testdata/RealSet128/', null) },
    {
      ...TEACHER_TRAIN,
      learn_xT: true,
      finetune_use_gt: 1,
      microbatch: 64,
      num_workers: 16,
      save_freq: 2000,
      val_freq: 2000,
      log_freq: [200, 5000, 1],
    },
  );
}

/** A ResShift teacher: the 15-step file, with other sizes for the other tasks. */
export function resshiftFile(unet: Section = {}, diffusion: Section = {}, autoencoder: Section = VQ_F4): Section {
  return file(
    { params: { ...UNET, ...unet } },
    { ...DIFFUSION, ...diffusion },
    autoencoder,
    { train: trainData(IMAGENET_AND_FACES), val: validationData('testdata/RealSet128/', null) },
    TEACHER_TRAIN,
  );
}

const FOUR_STEPS = { steps: 4, min_noise_level: 0.2 };

/** 4-step x4 model of the ResShift release (journal version). */
export function journalFile(): Section {
  return resshiftFile({ in_channels: 3, lq_size: 64 }, FOUR_STEPS);
}

/** 4-step x2 model of the ResShift release. */
export function x2File(): Section {
  const official = resshiftFile({ in_channels: 3, lq_size: 128 }, { ...FOUR_STEPS, sf: 2 });
  return { ...official, degradation: { ...DEGRADATION, sf: 2 } };
}

/** 4-step x4 model for bicubic reduction; its photos are not degraded further. */
export function bicubicFile(): Section {
  const { degradation: _, ...official } = journalFile();
  const params = { dir_paths: ['photos'], txt_file_path: null, gt_size: 256, sf: 4, use_hflip: true, use_rot: false };
  const data = { ...(official['data'] as Section), train: { type: 'bicubic', params } };
  return { ...official, data };
}

/** 4-step face restoration: latents of 8 channels at an eighth of the side. */
export function faceFile(): Section {
  const unet = { in_channels: 8, out_channels: 8, lq_size: 512 };
  const weights = 'weights/ffhq512_vq_f8_dim8_face.pth';
  const official = resshiftFile(unet, { ...FOUR_STEPS, sf: 1 }, { ckpt_path: weights, params: FACE_F8 });
  const data = { ...(official['data'] as Section), train: { type: 'face', params: { gt_size: 512 } } };
  return { ...official, degradation: { ...DEGRADATION, sf: 1, gt_size: 512 }, data };
}

/** 4-step inpainting. */
export function inpaintingFile(): Section {
  return resshiftFile({ in_channels: 3, lq_size: 256, cond_mask: true }, { ...FOUR_STEPS, sf: 1 });
}

/** The section at a dotted key. */
export function sectionOf(values: Section, key: string): Section {
  return key.split('.').reduce((section, name) => section[name] as Section, values);
}

/** A copy with the value at a dotted key set, or removed if undefined. */
export function changed(values: Section, key: string, value: unknown): Section {
  const copy = structuredClone(values);
  const path = key.split('.');
  const section = path.length > 1 ? sectionOf(copy, path.slice(0, -1).join('.')) : copy;
  if (value === undefined) delete section[path.at(-1)!];
  else section[path.at(-1)!] = value;
  return copy;
}

/** Writes a file into a folder of its own, which goes when the test ends. */
export async function officialFile(values: Section | string, name = 'official.yaml'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'official-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await writeFile(path, typeof values === 'string' ? values : stringify(values));
  return path;
}
