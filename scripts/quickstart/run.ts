/** @file The quickstart itself: distils the teacher, then measures student, teacher and bicubic on held-out photos. */
import path from 'node:path';
import type { RunConfig } from '../../src/config/schema.js';
import { hasOriginal, loadValidationSet, type ValidationPair } from '../../src/data/validation_set.js';
import { UserError } from '../../src/errors/user_error.js';
import { exportCheckpoint } from '../../src/export/from_checkpoint.js';
import { writeGrid } from '../../src/images/image_grid.js';
import type { Model } from '../../src/models/model.js';
import { readModelFile } from '../../src/models/model_file.js';
import { formatDuration } from '../../src/training/progress.js';
import { runPaths } from '../../src/training/run_folder.js';
import { train } from '../../src/training/trainer.js';
import {
  bicubicContender,
  modelContender,
  restoreAll,
  stepCount,
  type Contender,
  type Restorations,
} from './contenders.js';
import { formatScores, scoreAll, type Scores } from './scores.js';

/** What {@link quickstart} is to do. */
export interface QuickstartOptions {
  readonly config: RunConfig;
  /** Run folder. */
  readonly out: string;
  /** Student that came with the package, to compare with. */
  readonly shippedStudent: string;
  /** ST-LPIPS weights. */
  readonly stLpips: string;
  /** Side of the held-out photos' centre crops, pixels. */
  readonly cropSide: number;
  /** Gets the lines to show. */
  readonly print: (line: string) => void;
}

/** What came of it. */
export interface QuickstartResult {
  /** 0, or 130/143 when a signal ended the training early (state saved; nothing was measured). */
  readonly exitCode: number;
  /** Empty if nothing was measured. */
  readonly scores: readonly Scores[];
}

/**
 * Trains (or resumes, or finds the training finished), then measures and writes `comparison.png` into the run folder.
 * @throws UserError if a model or a photo is missing or damaged, before anything is trained.
 */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const { config, out, shippedStudent, cropSide, print } = options;
  const teacher = await readUNetModel(config.teacher.weights, 'teacher');
  const shipped = await readUNetModel(shippedStudent, 'student');
  const pairs = (await loadValidationSet({ ...config.data, gtSize: cropSide })).filter(hasOriginal);
  if (pairs.length === 0)
    throw new UserError('the quickstart needs held-out photos', { key: 'data.validation.hr', found: 'none' });

  const steps = teacher.diffusion!.steps;
  print(`1/2  Distilling the ${steps}-step teacher ${config.teacher.weights} into a one-step student: 3 to 5 minutes`);
  print('     Ctrl-C stops and saves; the same command goes on from there.');
  const begin = performance.now();
  const { exitCode } = await train({ config, out, log: { info: indented(print), warn: indented(print) } });
  if (exitCode !== 0) {
    print('Stopped; npm run quickstart goes on from here.');
    return { exitCode, scores: [] };
  }
  const { model: student } = await exportCheckpoint({ checkpoint: out, output: runPaths(out).student });
  print(`     done after ${elapsed(begin)}: ${runPaths(out).student}`);

  const side = `${cropSide}x${cropSide}`;
  print(`2/2  Measuring on ${pairs.length} held-out photos, centre crops of ${side} pixels: up to a minute`);
  return { exitCode, scores: await measure(options, { teacher, student, shipped }, pairs) };
}

/** Reads a model of this kind that holds its autoencoder. */
async function readUNetModel(file: string, kind: 'teacher' | 'student'): Promise<Model> {
  const model = await readModelFile(file);
  if (model.kind !== kind || !model.autoencoder) {
    throw new UserError('not a model for the quickstart', {
      file,
      expected: `a ${kind} with its autoencoder`,
      found: `a ${model.kind}${model.autoencoder ? '' : ' without autoencoder'}`,
    });
  }
  return model;
}

interface Models {
  readonly teacher: Model;
  readonly student: Model;
  readonly shipped: Model;
}

async function measure(
  options: QuickstartOptions,
  models: Models,
  pairs: readonly ValidationPair[],
): Promise<Scores[]> {
  const { config, out, stLpips, print } = options;
  const { kind, threads } = config.engine;
  const engine = { kind, threads };
  const steps = models.teacher.diffusion!.steps;
  const begin = performance.now();
  const run = async (contender: Contender): Promise<Restorations> => {
    const restorations = await restoreAll(
      contender,
      pairs.map(({ lq }) => lq),
    );
    print(`     ${contender.label}`);
    return restorations;
  };
  const bicubic = await run(bicubicContender(config.data.scale));
  const teacher = await run(modelContender('teacher', models.teacher, steps, engine));
  const estimate = await run(modelContender('teacher', models.teacher, 1, engine));
  const student = await run(modelContender('new student', models.student, 1, engine));
  const shipped = await run(modelContender('shipped student', models.shipped, 1, engine));
  const truth = pairs.map(({ hr }) => hr);
  const scores = await scoreAll([bicubic, teacher, estimate, student, shipped], truth, stLpips, engine);

  const rows = pairs.map(({ name, lq, hr }, i) => {
    const restored = [bicubic, teacher, student].map(({ pictures }) => pictures[i]!);
    return { label: name, images: [lq, ...restored, hr] };
  });
  const picture = path.join(out, 'comparison.png');
  await writeGrid(picture, rows, ['LR', 'bicubic', `teacher, ${stepCount(steps)}`, 'student, 1 step', 'HR']);
  print(`     done after ${elapsed(begin)}`);
  report(options, scores, pairs, picture);
  return scores;
}

function report(
  { out, print }: QuickstartOptions,
  scores: Scores[],
  pairs: readonly ValidationPair[],
  picture: string,
) {
  const { lq, hr } = pairs[0]!;
  print(`\n${formatScores(scores)}\n`);
  print(
    `Means over ${pairs.length} photos, ${lq.width}x${lq.height} -> ${hr.width}x${hr.height} pixels; s/image: median.`,
  );
  print('PSNR and SSIM (luma, 8 bit): higher is better. ST-LPIPS, a perceptual distance: lower is better; the');
  print('students were trained with it, too.');
  print(`\nSee:  ${picture}`);
  print(`Use:  npx rsd-infer --weights ${runPaths(out).student} --input my-photos --output restored`);
}

const indented = (print: (line: string) => void) => (line: string) => print(`     ${line}`);
const elapsed = (begin: number): string => formatDuration((performance.now() - begin) / 1000);
