/** @file Reports of runs: the numbers of their logs as groups of charts. */
import type { Curve } from '../pages/line_chart.js';
import type { RunRecord } from './read_run.js';

/** Curves of one number, of all runs that have it. */
export interface CurveChart {
  /** Its key in `stats.jsonl`. */
  readonly key: string;
  readonly curves: readonly Curve[];
}

/** Charts under one heading. */
export interface ChartGroup {
  readonly id: string;
  readonly heading: string;
  readonly charts: readonly CurveChart[];
}

/** What a teacher reached, logged once in a run, by this prefix. */
const TEACHER = 'validation/teacher/';

/** Groups in the order of the page; a key belongs to the first that takes it. */
const GROUPS: readonly {
  readonly id: string;
  readonly heading: string;
  /** Whether its numbers scatter from one iteration to the next. */
  readonly noisy: boolean;
  takes(key: string): boolean;
}[] = [
  { id: 'validation', heading: 'Validation', noisy: false, takes: (key) => key.startsWith('validation/') },
  { id: 'rates', heading: 'Learning rates', noisy: false, takes: (key) => key === 'lr' || key.startsWith('lr/') },
  {
    id: 'gradients',
    heading: 'Gradient norms',
    noisy: true,
    takes: (key) => key === 'gradNorm' || key.startsWith('gradNorm/'),
  },
  { id: 'memory', heading: 'Memory', noisy: false, takes: (key) => key.startsWith('memory/') },
  {
    id: 'speed',
    heading: 'Time',
    noisy: true,
    takes: (key) => ['seconds', 'dataSeconds', 'imagesPerSecond'].includes(key),
  },
  { id: 'losses', heading: 'Losses', noisy: true, takes: () => true },
];
/** Losses come first on the page, though they are what no other group takes. */
const ORDER = ['losses', 'validation', 'gradients', 'rates', 'speed', 'memory'];

function curveOf({ stats }: RunRecord, series: number, key: string, noisy: boolean): Curve | undefined {
  const points = stats.filter((record) => record[key] !== undefined);
  if (points.length === 0) return undefined;
  return { series, x: points.map(({ iteration }) => iteration), y: points.map((record) => record[key]!), noisy };
}

/** The teacher's value over the whole run. */
function teacherLine({ stats }: RunRecord, series: number, key: string): Curve | undefined {
  const value = stats.find((record) => record[key] !== undefined)?.[key];
  if (value === undefined) return undefined;
  const ends = [stats[0]!.iteration, stats.at(-1)!.iteration];
  return { series, x: ends, y: [value, value], dashed: true };
}

function chartOf(runs: readonly RunRecord[], key: string, noisy: boolean): CurveChart {
  const teacher = key.replace('validation/', TEACHER);
  const curves = runs.flatMap((run, series) => [
    curveOf(run, series, key, noisy),
    key.startsWith('validation/') ? teacherLine(run, series, teacher) : undefined,
  ]);
  return { key, curves: curves.filter((curve) => curve !== undefined) };
}

/** All numbers that the runs logged, the iteration aside. Groups without any are left out. */
export function chartGroups(runs: readonly RunRecord[]): ChartGroup[] {
  const keys = new Set(runs.flatMap(({ stats }) => stats.flatMap((record) => Object.keys(record))));
  const byGroup = new Map<string, CurveChart[]>(ORDER.map((id) => [id, []]));
  for (const key of keys) {
    if (key === 'iteration' || key.startsWith(TEACHER)) continue;
    const { id, noisy } = GROUPS.find(({ takes }) => takes(key))!;
    byGroup.get(id)!.push(chartOf(runs, key, noisy));
  }
  return ORDER.map((id) => ({ ...GROUPS.find((group) => group.id === id)!, charts: byGroup.get(id)! })).filter(
    ({ charts }) => charts.length > 0,
  );
}
