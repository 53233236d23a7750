/** @file `rsd-infer`: restores a list of files one after another; a broken one does not stop the others. */
import { UserError } from '../errors/user_error.js';
import { imageHeader, type ImageHeader } from '../restore/decode_image.js';
import { encodeImage, writeImageFile } from '../restore/encode_image.js';
import { checkSize, outputFileOf, releaseFileOf, type OutputFile, type OutputFormat } from '../restore/file_formats.js';
import type { RestoreJob } from '../restore/input_files.js';
import { restoreImage, type ImageOptions } from '../restore/restore_image.js';
import type { Restorer } from '../restore/restorer.js';
import { WorkProgress } from '../restore/work_progress.js';
import { formatDuration } from '../training/progress.js';
import type { Logger } from './log.js';

/** Seconds between two lines about one image. */
const REPORT_EVERY = 10;

/** How results are made and written. */
export interface OutputOptions extends ImageOptions {
  readonly format: OutputFormat;
  readonly quality?: number;
}

/** Format and ending of the result of a file. */
export function outputFormatOf(input: string, { format, asRelease }: OutputOptions): OutputFile {
  return asRelease ? releaseFileOf(input) : outputFileOf(input, format);
}

/** What came of a list. */
export interface Outcome {
  readonly restored: number;
  /** Of the images that could not be restored. */
  readonly failures: readonly UserError[];
}

/**
 * Restores files in order. Each result appears complete or not at all.
 * @param signal Aborting it ends the list after the evaluation that is under way; the image it belongs to is not written.
 * @throws What is a bug of ours; what is wrong with an image is in the answer.
 */
export async function restoreFiles(
  restorer: Restorer,
  jobs: readonly RestoreJob[],
  options: OutputOptions,
  log: Logger,
  signal: AbortSignal,
): Promise<Outcome> {
  const failures: UserError[] = [];
  const progress = new WorkProgress(await workOf(restorer, jobs, options));
  let restored = 0;
  for (const [index, job] of jobs.entries()) {
    const place = (): string => {
      const left = progress.secondsLeft;
      const eta = left !== undefined && left > 0 ? `, ETA ${formatDuration(left)}` : '';
      return `(${index + 1} of ${jobs.length}, ${Math.floor(progress.percent)} %${eta})`;
    };
    try {
      const line = await restoreFile(restorer, job, options, signal, (fraction, lineIsDue) => {
        progress.advance(fraction);
        if (lineIsDue) log.info(`${job.input}: ${Math.floor(100 * fraction)} % ${place()}`);
      });
      restored++;
      progress.next('restored');
      log.info(`${line} ${place()}`);
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof UserError)) throw error;
      failures.push(error);
      progress.next('failed');
      log.warn(`${job.input} failed, going on ${place()}`);
    }
  }
  return { restored, failures };
}

/** Work of each image by its header; those without will fail when their turn comes, with a message. */
async function workOf(restorer: Restorer, jobs: readonly RestoreJob[], options: OutputOptions): Promise<number[]> {
  const work: number[] = [];
  for (const { input } of jobs) {
    const header = await headerOf(input, options).catch(() => undefined);
    work.push(header ? restorer.work(header.height, header.width) : 0);
  }
  return work;
}

const headerOf = (input: string, { asRelease }: OutputOptions): Promise<ImageHeader> =>
  imageHeader(input, { orient: !asRelease });

async function restoreFile(
  restorer: Restorer,
  { input, output }: RestoreJob,
  options: OutputOptions,
  signal: AbortSignal,
  onProgress: (fraction: number, lineIsDue: boolean) => void,
): Promise<string> {
  const begin = performance.now();
  const seconds = (): number => (performance.now() - begin) / 1000;
  const { format } = outputFormatOf(input, options);
  const { width, height } = await headerOf(input, options);
  const [wide, high] = [width * restorer.scale, height * restorer.scale];
  inFile(input, () => checkSize(format, wide, high));
  let reported = 0;
  const result = await restoreImage(restorer, input, options, format, {
    signal,
    onProgress: ({ done, total }) => {
      const due = done < total && seconds() - reported >= REPORT_EVERY;
      if (due) reported = seconds();
      onProgress(done / total, due);
    },
  });
  const { image, metadata, notes } = result;
  // The release's library writes JPEG with half the colour resolution.
  const encoding = { format, quality: options.quality, subsampled: options.asRelease === true, metadata };
  const content = await encodeImage(image, encoding);
  signal.throwIfAborted();
  await writeImageFile(output, content);
  const sizes = `${width}x${height} -> ${wide}x${high}`;
  return [`${input}: ${sizes} in ${seconds().toFixed(1)} s`, ...notes].join(', ');
}

/** Names the file in what a check complains of. */
function inFile(file: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(error.message, { file }, { cause: error });
    throw error;
  }
}
