/** @file `npm run bench -- data`: from JPEG files to training pairs: the stages one by one, the whole stream, its memory. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { degradationSides, degradedSide } from '../src/config/degradation_sides.js';
import type { DataConfig } from '../src/config/schema.js';
import type { UndegradedBatch } from '../src/data/batch_maker.js';
import { randomCrop } from '../src/data/crop.js';
import { decodePhoto } from '../src/data/decode.js';
import { createDegradation } from '../src/data/degradation.js';
import { BatchDegrader } from '../src/data/degradation/degrade_batch.js';
import { drawDegradation } from '../src/data/degradation/draws.js';
import { listPhotos } from '../src/data/photo_source.js';
import { createPairStream } from '../src/data/stream.js';
import type { Pixels, Rgb8 } from '../src/images/pixels.js';
import { CountedRandom } from '../src/random/counted.js';
import { timed } from './benchmark.js';
import { writePhotos } from './photo_files.js';
import { sizedRun, type Size } from './sizes.js';

/** Degradations that are measured. */
export const DEGRADATIONS = ['realesrgan', 'mild', 'bicubic'] as const;

/** What to measure. */
export interface DataBenchmark {
  readonly size: Size;
  readonly batch: number;
  readonly degradation: (typeof DEGRADATIONS)[number];
  /** Timed batches. */
  readonly rounds: number;
  /** Threads that prepare batches. */
  readonly workers: number;
}

/** Photos of the benchmark. */
const PHOTOS = 96;
/** Batches before the clock starts: threads start, and the programs that draws ask for are compiled. */
const WARM_UP = 16;
/** Most batches that stages are measured on: all their photos are held at a time. */
const STAGE_BATCHES = 10;
/** Lines about memory over a run. */
const MEMORY_LINES = 20;
const MIB = 2 ** 20;
const SEED = 1;

/** The crops of the size's run file; every photo is decoded anew. */
async function dataConfig(train: string, { size, batch, degradation, workers }: DataBenchmark): Promise<DataConfig> {
  const values = { train, degradation: `{ kind: ${degradation} }`, workers, cacheMb: 0 };
  const overrides = Object.entries(values).map(([key, value]) => `data.${key}=${value}`);
  return (await sizedRun(size, batch, overrides)).data;
}

/** Measures and prints JSON lines: each stage alone on one thread, then the stream as a training uses it. */
export async function benchmarkData(options: DataBenchmark): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rsd-bench-'));
  try {
    await writePhotos(folder, PHOTOS);
    const data = await dataConfig(folder, options);
    await measureStages(data, options);
    await measureStream(data, options);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What something takes. */
interface Cost {
  readonly seconds: number;
  /** Processor time, seconds, of all threads. */
  readonly cpu: number;
}

async function costOf(run: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const seconds = await timed(run);
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpu: (user + system) / 1e6 };
}

/** Each stage for all batches together; a stage begins when the one before has done them all. */
async function measureStages(data: DataConfig, { batch, rounds, ...options }: DataBenchmark) {
  const listed = await listPhotos(data.train, 'data.train');
  const files = Array.from({ length: batch * Math.min(rounds, STAGE_BATCHES) }, (_, i) => listed[i % listed.length]!);
  const read = await costOf(() => inTurn(files, (file) => readFile(file)));
  const photos: Rgb8[] = [];
  const decode = await costOf(() => inTurn(files, async (file) => photos.push(await decodePhoto(file))));
  const side = degradedSide(data);
  const crops: Pixels[] = [];
  const crop = await costOf(() =>
    inTurn(photos, (photo, sample) => {
      const random = new CountedRandom({ seed: SEED, purpose: 'crop', sample });
      return Promise.resolve(crops.push(randomCrop(photo, { ...data, gtSize: side }, random)));
    }),
  );
  const degraded = await measureDegradation(data, crops, batch);
  const costs: Record<string, Cost> = { read, 'read and decode': decode, crop, ...degraded };
  const total = decode.cpu + crop.cpu + Object.values(degraded).reduce((sum, { cpu }) => sum + cpu, 0);
  for (const [stage, { seconds, cpu }] of Object.entries(costs)) {
    const [msPerImage, cpuMsPerImage] = [seconds, cpu].map((value) => rounded((1000 * value) / files.length));
    const share = rounded(cpu / total);
    print({ name: `data: ${stage}`, ...options, batch, images: files.length, msPerImage, cpuMsPerImage, share });
  }
}

async function measureDegradation(
  data: DataConfig,
  crops: readonly Pixels[],
  batch: number,
): Promise<Record<string, Cost>> {
  const { degradation } = data;
  if (degradation.kind !== 'realesrgan') {
    const degrade = createDegradation(degradation, data.scale);
    const each = (crop: Pixels, sample: number) =>
      degrade(crop, new CountedRandom({ seed: SEED, purpose: 'degradation', sample }));
    return { degrade: await costOf(() => inTurn(crops, each)) };
  }
  const sides = degradationSides(data, degradation);
  const batches: UndegradedBatch[] = [];
  const draw = await costOf(() => {
    for (let index = 0; index < crops.length / batch; index++) {
      const own = crops.slice(index * batch, (index + 1) * batch);
      const hr = new Float32Array(batch * own[0]!.data.length);
      own.forEach((crop, i) => {
        hr.set(crop.data, i * crop.data.length);
      });
      const key = { seed: SEED, purpose: 'degradation', index, samples: batch, first: 0 };
      batches.push({ hr, names: [], draws: drawDegradation(degradation, sides, key) });
    }
    return Promise.resolve();
  });
  const degrader = await BatchDegrader.create({ kind: 'compiled' }, data, degradation, batch);
  try {
    // Which programs a batch needs is drawn: all of them are compiled beforehand.
    await inTurn(batches, (each) => degrader.degrade(each));
    return { draw, degrade: await costOf(() => inTurn(batches, (each) => degrader.degrade(each))) };
  } finally {
    await degrader.close();
  }
}

/** As a training would, that takes every batch at once: the most images a second there can be. */
async function measureStream(data: DataConfig, { batch, rounds, ...options }: DataBenchmark) {
  const stream = await createPairStream(data, { seed: SEED, batch });
  try {
    for (let index = 0; index < WARM_UP; index++) await stream.batch(index);
    const every = Math.max(1, Math.floor(rounds / MEMORY_LINES));
    const { seconds, cpu } = await costOf(async () => {
      for (let done = 1; done <= rounds; done++) {
        await stream.batch(WARM_UP - 1 + done);
        if (done % every === 0) print({ name: 'data: memory', ...options, batch, batches: done, rssMb: rssMb() });
      }
    });
    const images = rounds * batch;
    const [imagesPerSecond, cpuMsPerImage] = [images / seconds, (1000 * cpu) / images].map(rounded);
    print({ name: 'data', ...options, batch, batches: rounds, imagesPerSecond, cpuMsPerImage });
  } finally {
    await stream.close();
  }
}

async function inTurn<T>(items: readonly T[], step: (item: T, index: number) => Promise<unknown>): Promise<void> {
  for (const [index, item] of items.entries()) await step(item, index);
}

const rssMb = (): number => Math.round(process.memoryUsage.rss() / MIB);
const rounded = (value: number): number => Number(value.toPrecision(4));
const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
