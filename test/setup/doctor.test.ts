/** @file The doctor: what it finds missing, with what mends it, and its report on this installation. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Check } from '../../src/setup/check.js';
import { examine } from '../../src/setup/doctor.js';
import { setUp } from '../../src/setup/set_up.js';
import { Stage } from './stage.js';

const program = fileURLToPath(new URL('../../bin/rsd-doctor.js', import.meta.url));

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => {
  stage.remove();
});

/** A folder with nothing of this package but its manifest. */
function bareRoot(node = '>=20.19'): string {
  const root = join(stage.folder, 'root');
  mkdirSync(root);
  writeFileSync(join(root, 'package.json'), JSON.stringify({ engines: { node } }));
  return root;
}

async function byName(root: string): Promise<Map<string, Check>> {
  const checks = await examine({ root, packageDir: stage.packageDir });
  return new Map(checks.map((check) => [check.name, check]));
}

describe('examine', () => {
  it('names what mends a package without native library, and does not load it', async () => {
    const checks = await byName(bareRoot());
    expect(checks.get('native library')).toEqual({
      name: 'native library',
      status: 'missing',
      found: 'not installed',
      remedy: 'npx rsd-setup',
    });
    expect(checks.get('sharp')).toMatchObject({ status: 'missing', remedy: 'npm ci' });
    expect(checks.get('perceptual weights')).toMatchObject({ status: 'absent', remedy: 'npx rsd-setup --perceptual' });
    expect(checks.has('engine')).toBe(false);
  });

  it('needs compiler and pip only as long as there is no library', async () => {
    const root = bareRoot();
    stage.set('no-pip');
    expect((await byName(root)).get('Python with pip')?.status).toBe('missing');
    stage.set('no-pip', false);
    await setUp(stage.options);
    stage.set('no-pip');
    const checks = await byName(root);
    expect(checks.get('Python with pip')?.status).toBe('absent');
    expect(checks.get('native library')?.found).toBe('TensorFlow 9.8.7, cpu build');
  });

  it('refuses a Node that is too old', async () => {
    expect((await byName(bareRoot('>=999.0'))).get('Node')).toMatchObject({
      status: 'missing',
      remedy: 'Install Node >=999.0',
    });
  });
});

describe('rsd-doctor', () => {
  it('finds this installation healthy, from any folder', () => {
    const output = execFileSync(process.execPath, [program, '--json'], { cwd: tmpdir(), encoding: 'utf8' });
    const { healthy, checks } = JSON.parse(output) as { healthy: boolean; checks: Check[] };
    expect(healthy).toBe(true);
    const engine = checks.find(({ name }) => name === 'engine');
    expect(engine?.found).toMatch(/^TensorFlow 2\.\d+\.\d+ runs TensorFlow.js/);
    expect(checks.find(({ name }) => name === 'devices')?.found).toContain('CPU:0');
  });

  it('refuses unknown options with exit code 2', () => {
    const { status, stderr } = spawnSync(process.execPath, [program, '--jsonn'], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('unknown option --jsonn (did you mean --json?)');
  });
});
