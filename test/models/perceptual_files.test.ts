/** @file Perceptual weights under the names they are published by, from one file or several. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lpipsSpecs } from '../../src/losses/lpips.js';
import { stLpipsSpecs } from '../../src/losses/stlpips.js';
import { readPerceptual } from '../../src/models/perceptual_files.js';
import type { ParamSpec } from '../../src/nn/param_spec.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import type { HostTensor, HostTree } from '../../src/weights/tree.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsd-perceptual-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A tree whose tensors differ, under names changed by `rename` (null leaves one out). */
function published(specs: readonly ParamSpec[], rename: (name: string) => string | null): HostTree {
  return new Map(
    specs.flatMap(({ name, shape }, i): [string, HostTensor][] => {
      const target = rename(name);
      const size = shape.reduce((product, n) => product * n, 1);
      return target === null ? [] : [[target, { shape, data: new Float32Array(size).fill(i + 1) }]];
    }),
  );
}

/** What tells trees of {@link published} apart; comparing every number would take minutes. */
function summary(tree: HostTree): string[] {
  return [...tree].map(([name, { shape, data }]) => `${name} [${shape.join()}] ${data[0]!} ${data.at(-1)!}`);
}

async function save(name: string, tree: HostTree): Promise<string> {
  const file = join(folder, name);
  await writeSafetensors(file, tree);
  return file;
}

const SLICES: Readonly<Record<string, number>> = { 0: 1, 3: 2, 6: 3, 8: 4, 10: 5 };
const specs = lpipsSpecs('alex');
const expected = published(specs, (name) => name);
const isHead = (name: string): boolean => name.startsWith('lin');
const classifier = (): [string, HostTensor] => ['classifier.1.weight', { shape: [1], data: new Float32Array(1) }];

it('joins a backbone file and a heads file', async () => {
  const backbone = await save('backbone', new Map([...published(specs, (n) => (isHead(n) ? null : n)), classifier()]));
  const heads = await save(
    'heads',
    published(specs, (n) => (isHead(n) ? n.replace('.weight', '.model.1.weight') : null)),
  );
  expect(summary(await readPerceptual('lpips-alex', [backbone, heads]))).toEqual(summary(expected));
  await expect(readPerceptual('lpips-alex', backbone)).rejects.toThrow('5 missing: lin0.weight');
  await expect(readPerceptual('lpips-alex', [backbone, heads, heads])).rejects.toThrow('twice');
  await expect(readPerceptual('lpips-vgg', [backbone, heads])).rejects.toThrow('missing');
});

it('reads a whole LPIPS module', async () => {
  const module = published(specs, (name) => {
    if (isHead(name)) return name.replace('.weight', '.model.1.weight');
    return name.replace(/^features\.(\d+)/, (_, index: string) => `net.slice${SLICES[index]}.${index}`);
  });
  // The published module lists its heads a second time.
  const again = published(specs, (name) =>
    isHead(name) ? name.replace('lin', 'lins.').replace('.weight', '.model.1.weight') : null,
  );
  const file = await save('module', new Map([...module, ...again]));
  expect(summary(await readPerceptual('lpips-alex', file))).toEqual(summary(expected));
});

it('does not take LPIPS for ST-LPIPS or the other way round', async () => {
  const lpips = await save('lpips', expected);
  const stLpips = await save(
    'st-lpips',
    published(stLpipsSpecs(), (name) => name),
  );
  await expect(readPerceptual('st-lpips-alex', lpips)).rejects.toThrow('missing');
  await expect(readPerceptual('lpips-alex', stLpips)).rejects.toThrow('missing');
  expect((await readPerceptual('st-lpips-alex', stLpips)).size).toBe(15);
});
