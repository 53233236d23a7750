/** @file From a run file's name to a run, every value known and checked. */
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import { checkParsed, checkRun } from './check.js';
import { withOverrides } from './document.js';
import { describeIssue, nameInFile } from './issues.js';
import { mappingLines } from './official/mapping_text.js';
import type { KeyFate, Scope } from './official/translate.js';
import { locatePaths } from './paths.js';
import { resolveRun } from './resolve.js';
import { expandValidation, readRunFile } from './run_file.js';
import { runSchema, type RunConfig } from './schema.js';

/** A run file that was read. */
export interface LoadedRun {
  readonly config: RunConfig;
  /** The file it came from. */
  readonly file: string;
  /** What became of each key, if the file is an official one. */
  readonly official?: readonly KeyFate[];
  /** Folders in which relative paths of the file were looked up, in this order. */
  readonly lookedIn: readonly string[];
}

/**
 * Reads, validates and resolves a run file: ours, or an official YAML file of the ResShift family, which is told apart by
 * its content and translated (docs/official-configs.md). A file of ours may extend another (`extends: realsr.yaml`).
 *
 * Relative paths in it are looked up in the working directory, then beside the run file, then (for run files that come
 * with this package) in the package's folder or (for official ones) in the folder above the run file's.
 * @param pathOrName a YAML file, or the name of one of `configs/` (with or without `.yaml`)
 * @param overrides values set over the file's, `train.iterations=10` each, in our keys; the part after `=` is YAML
 * @param scope `networks`: only what says how networks are built is wanted; of an official file the rest is not read
 * @throws UserError naming file, key, what was expected and what was found
 */
export async function loadRunConfig(
  pathOrName: string,
  overrides: readonly string[] = [],
  scope: Scope = 'run',
): Promise<LoadedRun> {
  const { file, document: written, official, bases } = await readRunFile(pathOrName, scope);
  const document = withOverrides(written, overrides);
  expandValidation(document.values);
  const result = runSchema.safeParse(document.values, { reportInput: true });
  if (!result.success) throw describeIssue(result.error.issues, document);
  const named = { file, nameOf: (key: string) => nameInFile(document, key) };
  checkParsed(result.data, named);
  const config = locatePaths(resolveRun(result.data), bases);
  // Networks are checked where they are built; the rest of the file may describe a task that is not there.
  if (scope === 'run') checkRun(config, named);
  return { config, file, official, lookedIn: ['.', ...bases].map((base) => resolve(base)) };
}

/** The run as a run file: reading it again gives the same run, whatever the defaults are then. */
export function resolvedYaml(config: RunConfig): string {
  return stringify(config, { lineWidth: 120 });
}

/** {@link resolvedYaml} under comments that say where it comes from and what became of an official file's keys. */
export function runPlanYaml({ config, file, official }: LoadedRun): string {
  const lines = official
    ? [`Translated from the official file ${file}.`, ...mappingLines(official)]
    : [`Resolved from ${file}.`];
  return `${lines.map((line) => `# ${line}\n`).join('')}\n${resolvedYaml(config)}`;
}
