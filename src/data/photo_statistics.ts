/** @file What photos a run has: sizes, formats, failures, how fast they are decoded; measured on some of them. */
import { extname } from 'node:path';
import { createPhotoDecoder } from './decode.js';
import type { FileTable } from './file_table.js';
import { requireScale, type PhotoFailure } from './photo_reader.js';

/** Smallest, middle and largest of a number over the sample. */
export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

/** Result of {@link photoStatistics}. */
export interface PhotoStatistics {
  /** Photos of the run. */
  readonly photos: number;
  /** Photos decoded, spread evenly over the list. */
  readonly sample: number;
  /** Absent if none of the sample can be read. */
  readonly sizes?: {
    readonly shortSide: Spread;
    readonly longSide: Spread;
    readonly megapixels: Spread;
    /** Photos with a side below that of a crop: they are continued by reflection. */
    readonly belowCrop: number;
  };
  /** Photos of the sample by the ending of their names, the most frequent first. */
  readonly endings: Readonly<Record<string, number>>;
  readonly failures: readonly PhotoFailure[];
  /** Of one thread. */
  readonly decoding: { readonly photosPerSecond: number; readonly megapixelsPerSecond: number };
}

/** What {@link photoStatistics} looks at. */
export interface StatisticsOptions {
  /** Most photos that are decoded; 0: all. */
  readonly sample: number;
  readonly gtSize: number;
  readonly scale: number;
  readonly maxMegapixels: number;
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { least: sorted[0]!, median: sorted[sorted.length >> 1]!, most: sorted.at(-1)! };
}

function countEndings(files: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const file of files) {
    const ending = extname(file).toLowerCase();
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

/**
 * Decodes photos one after the other, as a data thread does.
 * @param lq LQ photo of each HR photo, whose scale is then checked too
 */
export async function photoStatistics(
  hr: FileTable,
  lq: FileTable | undefined,
  { sample: most, gtSize, scale, maxMegapixels }: StatisticsOptions,
): Promise<PhotoStatistics> {
  const sample = most === 0 ? hr.length : Math.min(most, hr.length);
  const places = Array.from({ length: sample }, (_, i) => Math.floor((i * hr.length) / sample));
  const decode = createPhotoDecoder(maxMegapixels);
  const sizes: [height: number, width: number][] = [];
  const failures: PhotoFailure[] = [];
  const begin = performance.now();
  for (const place of places) {
    const file = hr.at(place);
    try {
      const photo = await decode(file);
      if (lq) requireScale(photo, await decode(lq.at(place)), lq.at(place), scale);
      sizes.push([photo.height, photo.width]);
    } catch (error) {
      failures.push({ file, reason: (error as Error).message.split('\n')[0]! });
    }
  }
  const seconds = (performance.now() - begin) / 1000;
  const megapixels = sizes.map(([height, width]) => (height * width) / 1e6);
  const shortSides = sizes.map(([height, width]) => Math.min(height, width));
  return {
    photos: hr.length,
    sample,
    ...(sizes.length > 0 && {
      sizes: {
        shortSide: spread(shortSides),
        longSide: spread(sizes.map(([height, width]) => Math.max(height, width))),
        megapixels: spread(megapixels),
        belowCrop: shortSides.filter((side) => side < gtSize).length,
      },
    }),
    endings: countEndings(places.map((place) => hr.at(place))),
    failures,
    decoding: {
      photosPerSecond: sizes.length / seconds,
      megapixelsPerSecond: megapixels.reduce((sum, value) => sum + value, 0) / seconds,
    },
  };
}
