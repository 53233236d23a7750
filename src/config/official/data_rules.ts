/** @file Official sections `data` and `degradation`: photos, crops, how LQ is made, validation images. */
import { z } from 'zod';
import { count } from '../fields.js';
import { DEGRADATION_RULES, KERNEL_RULES } from './degradation_rules.js';
import { derived, ignored, mapped, only, same, type Outcome, type Rule, type Surroundings } from './rule.js';

const REQUIRED = { absent: 'required' } as const;
const TRAIN = 'data.train.params';
const VAL = 'data.val.params';

/** Photos come from folders and lists; a single one is written plainly, as our run files have it. */
function photos(around: Surroundings): string | string[] | undefined {
  const listed = ['dir_paths', 'txt_file_path'].flatMap((name) => around.value(`${TRAIN}.${name}`) ?? []) as string[];
  return listed.length > 1 ? listed : listed[0];
}

function photoPaths(name: string, what: string): Rule {
  return derived(
    `${TRAIN}.${name}`,
    `\`data.train\`: ${what}; folders and lists together`,
    z.union([z.array(z.string()), z.string(), z.null()]),
    (value, around): Outcome => {
      const all = photos(around);
      if (all !== undefined && (value === null || value.length === 0)) return { kind: 'ignored', why: 'it is empty' };
      // Without any photos the empty list is refused later, unless the command line sets data.train.
      return mapped({ 'data.train': all ?? [] });
    },
    { absent: { value: null } },
  );
}

const PHOTOS: readonly Rule[] = [
  derived(
    'data.train.type',
    '`data.degradation.kind`: `bicubic` for `bicubic` (as MATLAB reduces; HR photos are shrunk by area); `realesrgan` for `realesrgan`; other types are errors',
    z.unknown(),
    (value) => {
      if (value === 'bicubic')
        return mapped({ 'data.degradation.kind': 'bicubic' }, 'as MATLAB reduces; HR photos are shrunk by area');
      if (value === 'realesrgan') return mapped({ 'data.degradation.kind': 'realesrgan' });
      const remedy = 'Other tasks (faces, inpainting, BSRGAN) can be described but not trained here';
      return { kind: 'refused', expected: '"realesrgan" or "bicubic"', remedy };
    },
    REQUIRED,
  ),
  photoPaths('dir_paths', 'its folders'),
  photoPaths('txt_file_path', 'its text lists of files (relative lines are looked up beside the list)'),
  ignored(`${TRAIN}.im_exts`, 'photos of every format that can be read are taken'),
  only(`${TRAIN}.io_backend.type`, 'disk', 'photos are files'),
  same(`${TRAIN}.length`, 'data.length'),
  same(`${TRAIN}.gt_size`, 'data.gtSize', REQUIRED),
  derived(`${TRAIN}.sf`, '`data.scale`', count, (value) => mapped({ 'data.scale': value })),
  derived(
    `${TRAIN}.crop_pad_size`,
    '`data.cropPad` with `rescale_gt: false`; not read otherwise',
    count,
    (value, around): Outcome =>
      around.value(`${TRAIN}.rescale_gt`) === false
        ? mapped({ 'data.cropPad': value })
        : { kind: 'ignored', why: 'photos are rescaled' },
  ),
  same(`${TRAIN}.use_hflip`, 'data.flip'),
  only(`${TRAIN}.use_rot`, false, 'photos are not rotated'),
  same(`${TRAIN}.rescale_gt`, 'data.rescale'),
  ...KERNEL_RULES,
];

const VALIDATION: readonly Rule[] = [
  only('data.val.type', 'folder', 'validation images are files'),
  derived(
    `${VAL}.dir_path`,
    '`data.validation.lq`; without HR images (`dir_path_extra`) there are sample images and no metrics',
    z.string().nullable(),
    (value, around): Outcome => {
      if (typeof around.value(`${VAL}.dir_path_extra`) === 'string') return mapped({ 'data.validation.lq': value });
      if (value === null) return mapped({ 'data.validation.hr': null }, 'no validation');
      return mapped({ 'data.validation.lq': value, 'data.validation.hr': null }, 'sample images, no metrics');
    },
    { absent: { value: null } },
  ),
  derived(`${VAL}.dir_path_extra`, '`data.validation.hr`', z.string().nullable(), (value): Outcome =>
    value === null ? { kind: 'ignored', why: 'no HR images for validation' } : mapped({ 'data.validation.hr': value }),
  ),
  only(`${VAL}.transform_type`, 'default', 'images go to [-1, 1]'),
  only(`${VAL}.transform_kwargs.mean`, 0.5, 'images go to [-1, 1]'),
  only(`${VAL}.transform_kwargs.std`, 0.5, 'images go to [-1, 1]'),
  ignored(`${VAL}.im_exts`, 'images of every format that can be read are taken'),
  same(`${VAL}.length`, 'data.validation.count'),
  ignored(`${VAL}.recursive`, 'folders are searched with those below them'),
];

/** Rules of the sections `data` and `degradation`. */
export const DATA_RULES: readonly Rule[] = [...PHOTOS, ...DEGRADATION_RULES, ...VALIDATION];
