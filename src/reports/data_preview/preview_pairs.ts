/** @file Training pairs as a run would get them, with what was drawn for each. */
import type { DataConfig } from '../../config/schema.js';
import type { PairBatch } from '../../data/batch_maker.js';
import { describeDraws } from '../../data/degradation/describe_draws.js';
import { drawMild } from '../../data/degrade_mild.js';
import type { PhotoFailure } from '../../data/photo_reader.js';
import { createPairStream } from '../../data/stream.js';
import type { GridImage } from '../../images/canvas.js';
import { CountedRandom } from '../../random/counted.js';

/** One pair to look at. */
export interface PreviewPair {
  /** File the HR crop is from. */
  readonly file: string;
  readonly hr: GridImage;
  readonly lq: GridImage;
  /** What was drawn, in the order in which it is applied. */
  readonly drawn: Readonly<Record<string, string>>;
}

/** Which run. */
export interface PreviewSource {
  readonly data: DataConfig;
  readonly seed: number;
  /** Images of a batch: some draws are one for the whole batch. */
  readonly batch: number;
  readonly log?: (line: string) => void;
}

/** The first pairs, and the photos that could not be read on the way. */
export interface Preview {
  readonly pairs: readonly PreviewPair[];
  readonly failures: readonly PhotoFailure[];
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

/** Draws of a degradation that works image by image, drawn once more. */
function describeOwn({ data, seed }: PreviewSource, iteration: number, sample: number): Record<string, string> {
  const { degradation } = data;
  if (data.lq !== null) return { pair: 'stored' };
  if (degradation.kind !== 'mild') return { reduction: 'imresize' };
  const random = new CountedRandom({ seed, purpose: 'degradation', iteration, sample });
  const { blur, filter, noise, quality } = drawMild(degradation, random);
  return { blur: `sigma ${short(blur)}`, reduction: filter, noise: `sigma ${short(noise)}`, jpeg: String(quality) };
}

function imageOf(batch: Float32Array, side: number, sample: number): GridImage {
  const length = side * side * 3;
  return { data: batch.subarray(sample * length, (sample + 1) * length), height: side, width: side };
}

function pairsOf(source: PreviewSource, batch: PairBatch, index: number): PreviewPair[] {
  const side = (images: Float32Array): number => Math.sqrt(images.length / 3 / source.batch);
  return batch.names.map((file, sample) => ({
    file,
    hr: imageOf(batch.hr, side(batch.hr), sample),
    lq: imageOf(batch.lq, side(batch.lq), sample),
    drawn: batch.draws ? describeDraws(batch.draws, sample) : describeOwn(source, index, sample),
  }));
}

/**
 * The first `count` pairs of a run, batch by batch.
 * @throws UserError as `createPairStream`
 */
export async function previewPairs(source: PreviewSource, count: number): Promise<Preview> {
  const { data, ...options } = source;
  // For a few batches, starting threads and compiling programs would take longer than the work.
  const stream = await createPairStream(
    { ...data, workers: 0, prefetch: 0 },
    { ...options, engine: { kind: 'eager' } },
  );
  try {
    const pairs: PreviewPair[] = [];
    for (let index = 0; pairs.length < count; index++) {
      pairs.push(...pairsOf(source, await stream.batch(index), index));
    }
    return { pairs: pairs.slice(0, count), failures: stream.failures() };
  } finally {
    await stream.close();
  }
}
