/** @file Tags of TensorBoard are the released trainer's where it has one. */
import { expect, it } from 'vitest';
import { tensorboardTag } from '../../../src/training/tensorboard/tags.js';

it.each([
  ['student/total', 'train_student/student_loss'],
  ['student/loss', 'train_student/loss'],
  ['student/perceptual', 'train_student/lpips_loss'],
  ['fake/total', 'train_fake/fake_loss'],
  ['fake/gan', 'train_fake/gan_loss'],
  ['gradNorm/fake', 'optimizer/grad_norm_fake'],
  ['lr/student', 'optimizer/lr_student'],
  ['validation/psnr', 'Validation PSNR, t=14'],
  ['validation/ssim', 'Validation SSIM, t=14'],
  ['validation/perceptual', 'Validation LPIPS AlexNet, t=14'],
])('%s is %s', (key, tag) => expect(tensorboardTag(key, { lastTimestep: 14, perceptual: 'lpips-alex' })).toBe(tag));

it.each([
  'loss',
  'lr',
  'gradNorm',
  'memory/rssMb',
  'validation/psnrRgb',
  'validation/teacher/psnr',
  'validation/perceptual',
  'student/other',
])('%s, which it does not log, keeps its name', (key) =>
  expect(tensorboardTag(key, { lastTimestep: 14, perceptual: 'st-lpips-alex' })).toBe(key),
);
