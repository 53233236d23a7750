/** @file Official files told apart by content: from our run files, and by the method they configure. */
import { valueAt } from '../keys.js';
import type { OfficialMethod } from './rule.js';

const MARKED_SECTIONS = ['model', 'diffusion', 'autoencoder'];
const RSD_MARKS = [
  'model.target_gan',
  'model.add_noise',
  'model.gan_loss',
  'train.n_fake_loop',
  'train.sid_normalization',
];
const SINSR_MARKS = ['model.teacher_ckpt_path', 'train.learn_xT', 'train.finetune_use_gt'];

/** Whether a YAML file is one of the ResShift family's: its sections name the classes they configure (`target`). */
export function isOfficial(values: Record<string, unknown>): boolean {
  return MARKED_SECTIONS.some((section) => typeof valueAt(values, `${section}.target`) === 'string');
}

/** The method that an official file configures, by keys that only files of that method have. */
export function methodOf(values: Record<string, unknown>): OfficialMethod {
  const has = (key: string): boolean => valueAt(values, key) !== undefined;
  if (RSD_MARKS.some(has)) return 'rsd';
  return SINSR_MARKS.some(has) ? 'sinsr' : 'resshift';
}
