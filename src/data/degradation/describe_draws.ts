/** @file What was drawn for one image of a batch, in words. */
import type { DegradationDraws, ResizeDraw } from './draws.js';
import type { KernelChoice } from './kernel_draw.js';
import type { NoiseDraws } from './noise_draws.js';

const short = (value: number): string => String(Number(value.toPrecision(3)));
const degrees = (radians: number): string => `${Math.round((radians * 180) / Math.PI)} deg`;

function kernelText(choice: KernelChoice | undefined): string {
  if (!choice) return 'given';
  if (choice.kind === 'none') return 'none';
  const { size } = choice;
  if (choice.kind === 'sinc') return `sinc ${size}x${size}, cutoff ${short(choice.cutoff / Math.PI)} pi`;
  const { family, sigmaX, sigmaY, theta, beta } = choice;
  const sigma = family.endsWith('aniso')
    ? `sigma ${short(sigmaX)} and ${short(sigmaY)}, ${degrees(theta)}`
    : `sigma ${short(sigmaX)}`;
  const exponent = /^(generalized|plateau)/.test(family) ? `, beta ${short(beta)}` : '';
  return `${family.replaceAll('_', ' ')} ${size}x${size}, ${sigma}${exponent}`;
}

const resizeText = ({ direction, factor, filter }: ResizeDraw, side: number): string =>
  `${direction === 'keep' ? 'keep' : `${direction} ${short(factor)}`} (${filter}) to ${side}`;

function noiseText({ kind, level, isGrey }: NoiseDraws, sample: number): string {
  const amount = short(level[sample]!);
  const strength = kind === 'gaussian' ? `gaussian, sigma ${amount}` : `poisson, scale ${amount}`;
  return `${strength}, ${isGrey[sample] ? 'grey' : 'colour'}`;
}

/**
 * Draws of one image, in the order in which they are applied.
 * @param sample index in the batch
 * @returns readable values by the name of the stage, e.g. `first noise`: `gaussian, sigma 12.3, grey`
 */
export function describeDraws(draws: DegradationDraws, sample: number): Record<string, string> {
  const { kernels, first, second, final } = draws;
  const last = {
    'last resize': final.filter,
    'last filter': kernelText(kernels.final.choices[sample]),
  };
  const jpeg = { 'last jpeg': short(final.quality[sample]!) };
  return {
    'first kernel': kernelText(kernels.first.choices[sample]),
    'first resize': resizeText(first.resize, first.noise.side),
    'first noise': noiseText(first.noise, sample),
    'first jpeg': short(first.quality[sample]!),
    ...(second
      ? {
          'second kernel': second.blur ? kernelText(kernels.second.choices[sample]) : 'none',
          'second resize': resizeText(second.resize, second.noise.side),
          'second noise': noiseText(second.noise, sample),
        }
      : { 'second pass': 'none' }),
    ...(final.jpegFirst ? { ...jpeg, ...last } : { ...last, ...jpeg }),
  };
}
