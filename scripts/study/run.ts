/** @file The study itself: run after run, then the scores of every student and of what it is compared with. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunConfig } from '../../src/config/schema.js';
import { writeFileDurably } from '../../src/files/durable_file.js';
import { readModelFile } from '../../src/models/model_file.js';
import { formatDuration } from '../../src/training/progress.js';
import { runPaths } from '../../src/training/run_folder.js';
import { bicubicContender, modelContender, type Contender } from '../quickstart/contenders.js';
import { StudyPhotos } from './measure.js';
import { readResults, writeResults, type ReferenceResult, type StudentResult, type StudyResults } from './results.js';
import { studyTables } from './table.js';
import { configOf, effortOf, isTrained, trainRun, type StudyRun } from './train_run.js';

/** What {@link study} is to do. */
export interface StudyOptions {
  readonly out: string;
  /** Run files of the contenders; the first is what the others are compared with. */
  readonly configs: readonly string[];
  readonly seeds: readonly number[];
  /** Budget of training time for each run; left out: the run files' iterations. */
  readonly seconds?: number | undefined;
  /** Side of the held-out crops. */
  readonly side: number;
  /** Keys set in every run. */
  readonly sets: readonly string[];
  readonly print: (line: string) => void;
}

/**
 * Trains what is not trained yet, measures what is not measured yet, writes `results.json` and `table.md`.
 * @returns The exit code: 130 or 143 if a signal ended a training early; the same call goes on from there.
 */
export async function study(options: StudyOptions): Promise<number> {
  const { out, print } = options;
  const runs = plannedRuns(options);
  const configs = await Promise.all(runs.map(configOf));
  const code = await trainAll(runs, print);
  if (code !== 0) return code;
  const photos = await StudyPhotos.open(configs[0]!.data, options.side);
  try {
    const results = await measured(options, runs, configs, photos);
    await writeFileDurably(path.join(out, 'table.md'), studyTables(results));
    print(`\n${studyTables(results)}`);
  } finally {
    photos.dispose();
  }
  return 0;
}

/** @returns As {@link study}. */
async function trainAll(runs: readonly StudyRun[], print: (line: string) => void): Promise<number> {
  let trained = 0;
  let seconds = 0;
  for (const [index, run] of runs.entries()) {
    const left = trained === 0 ? '' : `  ETA ${formatDuration((seconds / trained) * (runs.length - index))}`;
    print(`${index + 1}/${runs.length}  ${run.contender}, seed ${run.seed}${left}`);
    if (await isTrained(run)) continue;
    const begin = performance.now();
    const code = await trainRun(run);
    if (code !== 0) return code;
    seconds += (performance.now() - begin) / 1000;
    trained += 1;
  }
  return 0;
}

/** Seed by seed, so that a study that is stopped has something of every contender. */
function plannedRuns({ out, configs, seeds, seconds, sets }: StudyOptions): StudyRun[] {
  return seeds.flatMap((seed) =>
    configs.map((configFile) => {
      const contender = path.basename(configFile, path.extname(configFile));
      return { contender, configFile, seed, seconds, sets, folder: path.join(out, contender, `seed-${seed}`) };
    }),
  );
}

async function measured(
  { out, side, seconds, print }: StudyOptions,
  runs: readonly StudyRun[],
  configs: readonly RunConfig[],
  photos: StudyPhotos,
): Promise<StudyResults> {
  const now = { photos: photos.names, side };
  const known = await readResults(out, now);
  print(`measuring on ${now.photos.length} photos`);
  const references = known?.references ?? (await measuredReferences(configs[0]!, photos));
  const students: StudentResult[] = [];
  for (const [index, run] of runs.entries()) {
    const file = runPaths(run.folder).student;
    const student = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    const before = known?.students.find((result) => result.student === student);
    const model = await readModelFile(file);
    const scores = before?.scores ?? (await photos.scores(modelContender('student', model, 1, configs[index]!.engine)));
    const { contender, seed } = run;
    students.push({ contender, method: configs[index]!.method, seed, student, ...(await effortOf(run)), scores });
    await writeResults(out, { ...now, seconds: seconds ?? null, references, students });
  }
  return { ...now, seconds: seconds ?? null, references, students };
}

/** Bicubic enlargement, and the teacher in all its steps and in one. */
async function measuredReferences(config: RunConfig, photos: StudyPhotos): Promise<ReferenceResult[]> {
  const teacher = await readModelFile(config.teacher.weights);
  const contenders: Contender[] = [
    bicubicContender(config.data.scale),
    modelContender('teacher', teacher, teacher.diffusion!.steps, config.engine),
    modelContender('teacher', teacher, 1, config.engine),
  ];
  const references: ReferenceResult[] = [];
  for (const contender of contenders)
    references.push({ name: contender.label, scores: await photos.scores(contender) });
  return references;
}
