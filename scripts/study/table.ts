/** @file The study's tables: means over photos and seeds with intervals, and differences from one contender. */
import { Bootstrap, meanOf, type Estimate } from '../../src/evaluation/statistics.js';
import { imageMetrics } from '../../src/metrics/registry.js';
import { STUDY_METRICS, type PhotoScores, type StudyMetric } from './measure.js';
import type { StudentResult, StudyResults } from './results.js';

/** Bootstrap's seed: tables of equal results are equal. */
const SEED = 0;
const DIGITS: Readonly<Record<StudyMetric, number>> = { psnr: 2, ssim: 4, 'st-lpips-alex': 4, niqe: 2 };

interface Row {
  readonly name: string;
  readonly students: readonly StudentResult[];
  /** For each photo the mean over seeds. */
  readonly scores: PhotoScores;
}

function rowsOf({ references, students }: StudyResults): Row[] {
  const trained = [...new Set(students.map(({ contender }) => contender))].map((name) => {
    const group = students.filter(({ contender }) => contender === name);
    return { name, students: group, scores: meanOverSeeds(group) };
  });
  return [...references.map(({ name, scores }) => ({ name, students: [], scores })), ...trained];
}

function meanOverSeeds(group: readonly StudentResult[]): PhotoScores {
  const means = STUDY_METRICS.map((metric) => {
    const photos = group[0]!.scores[metric];
    return [metric, photos.map((_, photo) => meanOf(group.map(({ scores }) => scores[metric][photo]!)))] as const;
  });
  return Object.fromEntries(means) as Record<StudyMetric, number[]>;
}

const interval = ({ mean, low, high }: Estimate, digits: number): string =>
  `${mean.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;

/** Largest distance of a seed's mean over photos from the mean of all seeds. */
function spreadOfSeeds(students: readonly StudentResult[], metric: StudyMetric): number {
  const means = students.map(({ scores }) => meanOf(scores[metric]));
  return Math.max(...means.map((value) => Math.abs(value - meanOf(means))));
}

function markdown(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const [head, ...body] = rows;
  return [line(head!), line(head!.map(() => '---')), ...body.map(line)].join('\n');
}

/** Scores: the mean over photos (of the means over seeds) with its 95 % interval over photos, ± the spread of the seeds. */
function scoreTable(rows: readonly Row[], bootstrap: Bootstrap): string {
  const titles = STUDY_METRICS.map((name) => {
    const { title, direction } = imageMetrics[name];
    return `${title}, ${direction} is better`;
  });
  const mean = (row: Row, of: (student: StudentResult) => number): string =>
    row.students.length === 0 ? '' : meanOf(row.students.map(of)).toFixed(0);
  return markdown([
    ['', 'seeds', 'student updates', 'training, s', 'processor, s', ...titles],
    ...rows.map((row) => [
      row.name,
      row.students.length === 0 ? '' : String(row.students.length),
      mean(row, ({ studentUpdates }) => studentUpdates),
      mean(row, ({ trainingSeconds }) => trainingSeconds),
      mean(row, ({ cpuSeconds }) => cpuSeconds),
      ...STUDY_METRICS.map((metric) => {
        const estimate = interval(bootstrap.estimate(row.scores[metric]), DIGITS[metric]);
        if (row.students.length < 2) return estimate;
        return `${estimate} ± ${spreadOfSeeds(row.students, metric).toFixed(DIGITS[metric])}`;
      }),
    ]),
  ]);
}

/** Mean paired differences of the photos from `base`, with 95 % intervals. */
function differenceTable(rows: readonly Row[], base: Row, bootstrap: Bootstrap): string {
  return markdown([
    [`minus ${base.name}`, ...STUDY_METRICS.map((name) => imageMetrics[name].title)],
    ...rows
      .filter((row) => row !== base)
      .map((row) => [
        row.name,
        ...STUDY_METRICS.map((metric) => {
          const differences = row.scores[metric].map((value, photo) => value - base.scores[metric][photo]!);
          return interval(bootstrap.estimate(differences), DIGITS[metric]);
        }),
      ]),
  ]);
}

/** The results as Markdown. */
export function studyTables(results: StudyResults): string {
  const { photos, side, seconds, students } = results;
  const rows = rowsOf(results);
  const bootstrap = new Bootstrap(photos.length, SEED);
  const base = rows.find(({ students: trained }) => trained.length > 0);
  const cpuMinutes = students.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / 60;
  const common = seconds === null ? 'Equal student updates.' : `Equal training time: ${seconds} s.`;
  return [
    `${common} ${photos.length} held-out photos, centre crops of ${side}x${side} pixels. Means over photos and seeds, [95 % interval over photos], ± largest distance of a seed's mean. Training took ${cpuMinutes.toFixed(0)} minutes of processor time.`,
    scoreTable(rows, bootstrap),
    ...(base ? [differenceTable(rows, base, bootstrap)] : []),
    '',
  ].join('\n\n');
}
