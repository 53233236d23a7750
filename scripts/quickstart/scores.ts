/** @file How near restorations are to the truth, and the quickstart's table of it. */
import { createEngine, type EngineOptions } from '../../src/engine/engine.js';
import type { HostArray } from '../../src/engine/host_array.js';
import type { Picture } from '../../src/images/picture.js';
import { perceptualMetrics } from '../../src/losses/perceptual.js';
import { throughFile } from '../../src/metrics/planes.js';
import { evaluationPsnr } from '../../src/metrics/psnr.js';
import { evaluationSsim } from '../../src/metrics/ssim.js';
import { treeToMemory } from '../../src/models/layout.js';
import { readPerceptual } from '../../src/models/perceptual_files.js';
import type { Restorations } from './contenders.js';

/** Means over the pictures, of 8-bit values, by the definitions of the published evaluation script. */
export interface Scores {
  readonly label: string;
  /** dB, higher is better. */
  readonly psnrY: number;
  /** At most 1, higher is better. */
  readonly ssimY: number;
  /** ST-LPIPS, at least 0, lower is better. */
  readonly stLpips: number;
  readonly secondsPerImage: number;
}

const unit = ({ height, width, data }: Picture): Picture => ({ height, width, data: data.map((v) => v * 0.5 + 0.5) });
const signed = ({ height, width, data }: Picture): HostArray => ({
  shape: [1, height, width, 3],
  data: data.map((v) => v * 2 - 1),
});

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Scores of contenders.
 * @param truth HR pictures of one size, [H, W, 3] in [-1, 1], in the order of the restorations.
 * @param weights ST-LPIPS weights.
 * @throws UserError if the weights cannot be read.
 */
export async function scoreAll(
  contenders: readonly Restorations[],
  truth: readonly Picture[],
  weights: string,
  engineOptions: EngineOptions,
): Promise<Scores[]> {
  const tree = treeToMemory(await readPerceptual('st-lpips-alex', weights));
  const engine = createEngine(engineOptions);
  try {
    await engine.define({ metric: tree }, { constants: true });
    const spec = { shape: [1, truth[0]!.height, truth[0]!.width, 3], dtype: 'float32' } as const;
    const program = engine.prepare({
      name: 'ST-LPIPS',
      inputs: { a: spec, b: spec },
      body: ({ a, b }, state) => ({
        distance: perceptualMetrics['st-lpips-alex'].distance(state.read('metric'), a!, b!),
      }),
    });
    const real = truth.map(unit);
    const scores: Scores[] = [];
    for (const { label, pictures, secondsPerImage } of contenders) {
      const restored = pictures.map((picture) => throughFile(unit(picture)));
      const distances: number[] = [];
      for (const [i, picture] of restored.entries()) {
        const { distance } = await program.run({ a: signed(picture), b: signed(real[i]!) });
        distances.push(distance!.data[0]!);
      }
      scores.push({
        label,
        psnrY: mean(restored.map((picture, i) => evaluationPsnr(picture, real[i]!))),
        ssimY: mean(restored.map((picture, i) => evaluationSsim(picture, real[i]!))),
        stLpips: mean(distances),
        secondsPerImage,
      });
    }
    return scores;
  } finally {
    engine.dispose();
  }
}

const HEADER = ['', 'PSNR-Y, dB', 'SSIM-Y', 'ST-LPIPS', 's/image'];

/** The scores as lines of aligned columns. */
export function formatScores(scores: readonly Scores[]): string {
  const rows = scores.map(({ label, psnrY, ssimY, stLpips, secondsPerImage }) => [
    label,
    psnrY.toFixed(2),
    ssimY.toFixed(4),
    stLpips.toFixed(4),
    secondsPerImage.toFixed(secondsPerImage < 10 ? 2 : 1),
  ]);
  const lines = [HEADER, ...rows];
  const widths = HEADER.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  return lines
    .map((cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('   '))
    .join('\n');
}
