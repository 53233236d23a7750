/** @file The study's results file: what was trained, what it took, and the scores of every photo. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileDurably } from '../../src/files/durable_file.js';
import type { PhotoScores } from './measure.js';
import type { RunEffort } from './train_run.js';

/** One trained student. */
export interface StudentResult extends RunEffort {
  readonly contender: string;
  readonly method: string;
  readonly seed: number;
  /** SHA-256 of the student's file, hexadecimal. */
  readonly student: string;
  readonly scores: PhotoScores;
}

/** Something that needs no training. */
export interface ReferenceResult {
  readonly name: string;
  readonly scores: PhotoScores;
}

/** The content of `results.json`. */
export interface StudyResults {
  readonly photos: readonly string[];
  /** Side of the crops. */
  readonly side: number;
  /** Budget of training time of each run, if that is what they had in common. */
  readonly seconds: number | null;
  readonly references: readonly ReferenceResult[];
  readonly students: readonly StudentResult[];
}

const fileIn = (folder: string): string => path.join(folder, 'results.json');

/** Results of an earlier start; undefined if there are none or they are of other photos. */
export async function readResults(
  folder: string,
  now: Pick<StudyResults, 'photos' | 'side'>,
): Promise<StudyResults | undefined> {
  const text = await readFile(fileIn(folder), 'utf8').catch(() => undefined);
  const results = text === undefined ? undefined : (JSON.parse(text) as StudyResults);
  const same = results?.side === now.side && results.photos.join() === now.photos.join();
  return same ? results : undefined;
}

/** Writes `results.json`, complete or not at all. */
export async function writeResults(folder: string, results: StudyResults): Promise<void> {
  await writeFileDurably(fileIn(folder), `${JSON.stringify(results, null, 1)}\n`);
}
