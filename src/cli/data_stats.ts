/** @file `rsd-data stats`: how many photos, of which sizes, which of them cannot be read, how fast batches come. */
import type { RunConfig } from '../config/schema.js';
import type { PhotoStatistics, Spread } from '../data/photo_statistics.js';
import { createParser, parseArguments } from './arguments.js';
import { openRun, runArguments } from './data_run.js';
import { createLogger, logArguments } from './log.js';

const USAGE = `$0 --config RUN [--sample 500]

Looks at the photos that a run trains on: decodes some of them, spread evenly over the list, and
makes some batches. Prints counts, sizes, formats, failures with their reasons, and throughput.`;

/** Batches that are timed, after one that is not: the first one starts threads. */
const BATCHES = 10;
const WHOLE_NUMBER = /^\d{1,9}$/;

/** How fast batches are made. */
interface Throughput {
  readonly imagesPerSecond: number;
  readonly batches: number;
  readonly batch: number;
}

/** Runs the command. */
export async function stats(argv: string[]): Promise<number> {
  const parser = createParser('rsd-data stats', USAGE)
    .parserConfiguration({ 'duplicate-arguments-array': true, 'greedy-arrays': false })
    .options({
      ...runArguments,
      sample: { type: 'string', default: '500', requiresArg: true, describe: 'photos to decode; 0: all' },
      json: { type: 'boolean', default: false, describe: 'one JSON object, for programs' },
      ...logArguments,
    })
    .check(({ sample }) => WHOLE_NUMBER.test(sample) || `--sample: expected a whole number, found ${sample}`)
    .example('$0 --config realsr --set data.train=my-photos', 'photos of a folder')
    .example('$0 --config my-run.yaml --sample 0 --json', 'every photo of the run, e.g. to find damaged ones');
  const args = await parseArguments(parser, argv);
  if (!args) return 0;
  const log = createLogger({ format: args['log-format'], level: args['log-level'] });
  const { config } = await openRun(args.config, args.set);
  const { findTrainingPhotos } = await import('../data/stream.js');
  const { photoStatistics } = await import('../data/photo_statistics.js');
  const { data, seed } = config;
  const options = { seed, log: (line: string) => log.info(line) };
  const { hr, lq } = await findTrainingPhotos(data, options);
  const statistics = await photoStatistics(hr, lq, { ...data, sample: Number(args.sample) });
  const throughput = statistics.sizes && (await measureBatches(config));
  const report = args.json
    ? JSON.stringify({ ...statistics, throughput }, null, 2)
    : lines(config, statistics, throughput).join('\n');
  process.stdout.write(`${report}\n`);
  return 0;
}

/** Of the run as it is configured; nothing else uses the processor meanwhile. */
async function measureBatches({ data, seed, train, engine }: RunConfig): Promise<Throughput> {
  const { createPairStream } = await import('../data/stream.js');
  const { kind, threads } = engine;
  const stream = await createPairStream(data, { seed, batch: train.batch, engine: { kind, threads } });
  try {
    await stream.batch(0);
    const begin = performance.now();
    for (let index = 1; index <= BATCHES; index++) await stream.batch(index);
    const seconds = (performance.now() - begin) / 1000;
    return { imagesPerSecond: (BATCHES * train.batch) / seconds, batches: BATCHES, batch: train.batch };
  } finally {
    await stream.close();
  }
}

const rounded = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en-US');
const spreadText = ({ least, median, most }: Spread): string => [least, median, most].map(rounded).join(' / ');

function lines({ data }: RunConfig, statistics: PhotoStatistics, throughput: Throughput | undefined): string[] {
  const { photos, sample, sizes, endings, failures, decoding } = statistics;
  const paths = [data.train].flat().join(', ');
  return [
    `${photos.toLocaleString('en-US')} photos in ${paths}${data.lq === null ? '' : `, with LQ photos in ${[data.lq].flat().join(', ')}`}`,
    `decoded: ${sample.toLocaleString('en-US')} of them (${Object.entries(endings)
      .map(([ending, count]) => `${ending} ${count}`)
      .join(', ')})`,
    ...(sizes
      ? [
          `short side: ${spreadText(sizes.shortSide)} pixels (smallest / median / largest)`,
          `long side: ${spreadText(sizes.longSide)} pixels`,
          `size: ${spreadText(sizes.megapixels)} megapixels`,
          `smaller than a crop (${data.gtSize}): ${sizes.belowCrop}, continued by reflection`,
        ]
      : []),
    `decoding: ${rounded(decoding.photosPerSecond)} photos/s, ${rounded(decoding.megapixelsPerSecond)} megapixels/s, one after the other`,
    ...(throughput
      ? [
          `batches: ${rounded(throughput.imagesPerSecond)} images/s (${throughput.batches} batches of ${throughput.batch}, ${data.workers} threads, ${data.lq === null ? data.degradation.kind : 'stored pairs'})`,
        ]
      : []),
    `cannot be read: ${failures.length}`,
    ...failures.map(({ file, reason }) => `  ${file}: ${reason}`),
  ];
}
