/** @file Which sections a method reads that not every method does. */
import type { ParsedRun } from './schema.js';

type Method = ParsedRun['method'];

/** Sections of the methods; those in no list are read by all. */
export const SECTIONS_OF_METHOD = {
  rsd: ['rsd'],
  vsd: ['rsd'],
  sid: ['rsd', 'sid'],
  sinsr: ['sinsr'],
  resshift: ['resshift'],
  autoencoder: ['autoencoderTraining'],
} as const satisfies Readonly<Record<Method, readonly (keyof ParsedRun)[]>>;

/** Methods that distil against a fake network: all that the section `rsd` describes but the loss is theirs alike. */
export type FakeMethod = 'rsd' | 'vsd' | 'sid';

/** Whether a method trains a fake network beside the student. */
export function hasFake(method: Method): method is FakeMethod {
  return (SECTIONS_OF_METHOD[method] as readonly string[]).includes('rsd');
}
