/** @file The list of keys and the JSON Schema that docs and editors use. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { configKeys, runJsonSchema } from '../../src/config/keys.js';
import { missingPaths, pathKeys } from '../../src/config/paths.js';
import { resolveRun } from '../../src/config/resolve.js';
import { runSchema } from '../../src/config/schema.js';

it('has a one-line description for every key', () => {
  for (const { key, description } of configKeys()) expect(description, key).toMatch(/^[^\n]{10,160}$/);
});

it('is what docs/config.schema.json holds (npx tsx scripts/config_schema.ts)', async () => {
  const text = await readFile(new URL('../../docs/config.schema.json', import.meta.url), 'utf8');
  expect(text).toBe(`${JSON.stringify(runJsonSchema(), null, 2)}\n`);
});

it('lets editors accept a plain path for the validation photos, and lists the keys of the long form', () => {
  const { validation } = runJsonSchema().properties!['data']!.properties!;
  const kinds = validation!.anyOf!.map(({ type }) => type);
  expect(kinds).toEqual(['string', 'array', 'object']);
  expect(configKeys().map(({ key }) => key)).toContain('data.validation.hr');
});

it('knows which keys are paths', () => {
  expect(pathKeys()).toEqual([
    'train.metricWeights.lpips-alex',
    'train.metricWeights.lpips-vgg',
    'train.metricWeights.st-lpips-alex',
    'train.metricWeights.dists',
    'train.metricWeights.musiq-koniq',
    'train.metricWeights.clipiqa',
    'train.metricWeights.maniqa-pipal',
    'rsd.perceptual.weights',
    'resshift.initFrom',
    'autoencoderTraining.perceptual.weights',
    'autoencoderTraining.initFrom',
    'data.train',
    'data.lq',
    'data.validation.hr',
    'data.validation.lq',
    'teacher.weights',
    'autoencoder.weights',
  ]);
});

it('tells which files a method needs and lacks', () => {
  const data = { train: ['src', 'no-photos'], validation: { hr: null } };
  const missing = (values: object) =>
    missingPaths(resolveRun(runSchema.parse({ data, ...values }))).map(({ key }) => key);
  expect(missing({})).toEqual(['data.train', 'teacher.weights', 'autoencoder.weights', 'rsd.perceptual.weights']);
  expect(missing({ rsd: { perceptual: { weight: 0 } } })).toEqual([
    'data.train',
    'teacher.weights',
    'autoencoder.weights',
  ]);
  expect(missing({ method: 'resshift' })).toEqual(['data.train', 'autoencoder.weights']);
  expect(missing({ method: 'autoencoder' })).toEqual(['data.train', 'autoencoderTraining.perceptual.weights']);
});
