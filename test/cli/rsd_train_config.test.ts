/** @file rsd-train before anything starts: printing the resolved run, planning it, and refusing what cannot begin. */
import { readdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/rsd_train.js';
import { loadRunConfig } from '../../src/config/load.js';
import { officialFile, rsdFile, sinsrFile } from '../config/official/family.js';

// Everything of the training, the engine with it: importing it fails these tests.
vi.mock('../../src/training/trainer.js', () => {
  throw new Error('the training was loaded');
});

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'print-config-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(out, { recursive: true });
});

/** Exit code and output of a run of the program; the run folder must stay as it was. */
async function run(...argv: string[]): Promise<{ code: number; printed: string }> {
  let printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  const code = await main([...argv, '--out', join(out, 'run')]);
  expect(await readdir(out)).toEqual([]);
  return { code, printed };
}

describe('rsd-train --print-config', () => {
  it('prints the run of a shipped run file with what --set changes', async () => {
    const { code, printed } = await run('--config', 'tiny-student', '--print-config', '--set', 'train.batch=16');
    expect(code).toBe(0);
    expect(printed).toMatch(/^# Resolved from .*tiny-student\.yaml\.\n/);
    expect(parse(printed)).toEqual((await loadRunConfig('tiny-student', ['train.batch=16'])).config);
  });

  it.each([
    ['rsd', rsdFile()],
    ['sinsr', sinsrFile()],
  ])('prints an official file of method %s with the mapping', async (method, values) => {
    const { code, printed } = await run('--config', await officialFile(values), '--print-config', '--engine', 'eager');
    expect(code).toBe(0);
    expect(printed).toContain('\n#   train.ema_rate: 0.999 -> train.ema: 0.999\n');
    expect(parse(printed)).toMatchObject({ method, engine: { kind: 'eager' } });
  });
});

describe('rsd-train with an official file', () => {
  it.each([
    ['rsd', rsdFile()],
    ['sinsr', sinsrFile()],
  ])('of method %s names missing weights and the folders it looked in', async (_, values) => {
    const file = await officialFile(values);
    await expect(run('--config', file)).rejects.toThrow(
      /no such file or folder: .*teacher\.weights \(weights\/resshift_realsrx4_s15_v1\.pth\).*looked up in .*official-/,
    );
  });
});

describe('rsd-train --dry-run', () => {
  it('plans a run whose files are not there, and leaves nothing', async () => {
    const sets = ['--set', 'data.train=nowhere', '--set', 'autoencoder.weights=none.pth'];
    const { code, printed } = await run('--config', 'tiny-teacher', '--dry-run', '--no-measure', ...sets);
    expect(code).toBe(0);
    expect(printed).toMatch(/^method resshift: [\d,]+ iterations of batch \d+/);
    expect(printed).toMatch(/\nfits; the largest micro-batch that does is \d+\n/);
    expect(printed).toContain('\nmissing: data.train (nowhere)\n');
    expect(printed).toContain('\nmissing: autoencoder.weights (none.pth)\n');
  });
});
