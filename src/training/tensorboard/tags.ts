/**
 * @file TensorBoard's event files: the released trainer's names of what this package logs, so that runs of both can be laid
 * over each other.
 */

/** Loss terms of the released trainer by ours. */
const TERMS: Readonly<Record<string, string>> = {
  loss: 'loss',
  gan: 'gan_loss',
  mse: 'mse_loss',
  perceptual: 'lpips_loss',
};

/** Validation metrics of the released trainer by ours; it appends the timestep. */
const METRICS: Readonly<Record<string, string>> = {
  psnr: 'PSNR',
  ssim: 'SSIM',
  'lpips-alex': 'LPIPS AlexNet',
  'lpips-vgg': 'LPIPS VGG',
};

/** What tags depend on besides the number's name. */
export interface TaggedRun {
  /** Of the process, 0-based: the one a student is validated at. */
  readonly lastTimestep: number;
  /** The metric that `validation/perceptual` is. */
  readonly perceptual?: string;
}

/**
 * TensorBoard tag of a number of `stats.jsonl`: the released trainer's where it logs the same quantity, else our own key.
 * @param key Such as `student/gan` or `validation/psnr`.
 */
export function tensorboardTag(key: string, { lastTimestep, perceptual }: TaggedRun): string {
  const [group = '', name = '', ...rest] = key.split('/');
  if (rest.length > 0) return key;
  switch (group) {
    case 'student':
    case 'fake':
      if (name === 'total') return `train_${group}/${group}_loss`;
      return TERMS[name] ? `train_${group}/${TERMS[name]}` : key;
    case 'gradNorm':
      return name ? `optimizer/grad_norm_${name}` : key;
    case 'lr':
      return name ? `optimizer/lr_${name}` : key;
    case 'validation': {
      const metric = METRICS[name === 'perceptual' && perceptual ? perceptual : name];
      return metric ? `Validation ${metric}, t=${lastTimestep}` : key;
    }
    default:
      return key;
  }
}
