/** @file Set-up from a small wheel with real libraries, a real compiler and a fake pip: what it makes, and how it fails. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BINDING, installedStamp, LIBRARY } from '../../src/setup/installation.js';
import { loadedVersion } from '../../src/setup/native_parts.js';
import { setUp } from '../../src/setup/set_up.js';
import { cachedWheel } from '../../src/setup/wheel_cache.js';
import { Stage } from './stage.js';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => {
  stage.remove();
});

function leftovers(): string[] {
  const folders = [stage.packageDir, ...(existsSync(stage.wheelDir) ? [stage.wheelDir] : [])];
  return folders.flatMap((folder) => readdirSync(folder)).filter((name) => /^\.(rsd-setup|partial)/.test(name));
}

describe('setUp', () => {
  it('makes a binding that loads the library of the wheel', async () => {
    expect(await setUp(stage.options)).toBeUndefined();
    expect(installedStamp(stage.packageDir)).toMatchObject({ variant: 'cpu', version: stage.recipe.version });
    expect(await loadedVersion(stage.packageDir)).toBe(stage.recipe.version);
    expect(existsSync(join(stage.packageDir, 'deps/nvidia/cublas/lib/libcublas.so.12'))).toBe(true);
    expect(existsSync(join(stage.packageDir, 'deps/include/tensorflow/core'))).toBe(false);
    expect(leftovers()).toEqual([]);
    expect(stage.lines.join('\n')).toMatch(
      /downloaded tensorflow-demo: .*kB in .* s\n.*unpacked.*\n.*built.*\n.*loaded/,
    );
  });

  it('does nothing the second time, even offline and without tools', async () => {
    await setUp(stage.options);
    stage.keepOnly();
    const before = stage.lines.length;
    expect(await setUp(stage.options)).toMatchObject({ variant: 'cpu' });
    expect(stage.lines.length).toBe(before);
  });

  it('shares downloads between clones', async () => {
    await setUp(stage.options);
    const other = stage.makePackage('other');
    stage.set('offline');
    await setUp({ ...stage.options, packageDir: other });
    expect(await loadedVersion(other)).toBe(stage.recipe.version);
    expect(stage.downloads).toBe(1);
  });

  it('installs once when several start at once', async () => {
    const results = await Promise.all([setUp(stage.options), setUp(stage.options), setUp(stage.options)]);
    expect(results.filter((kept) => kept === undefined)).toHaveLength(1);
    expect(stage.downloads).toBe(1);
    expect(leftovers()).toEqual([]);
  });

  it('replaces an installation that is not accepted', async () => {
    await setUp(stage.options);
    const first = installedStamp(stage.packageDir)!;
    await setUp({ ...stage.options, accept: () => false });
    const second = installedStamp(stage.packageDir)!;
    expect(second.id).not.toBe(first.id);
    expect(leftovers()).toEqual([]);
  });

  it('recovers from a set-up that was killed between the two renames', async () => {
    await setUp(stage.options);
    const stamp = join(stage.packageDir, 'deps', 'rsd-setup.json');
    writeFileSync(stamp, readFileSync(stamp, 'utf8').replace('-cpu-', '-cpu-killed-'));
    mkdirSync(join(stage.packageDir, '.rsd-setup-killed', 'deps'), { recursive: true });
    mkdirSync(join(stage.wheelDir, '.partial-killed'));
    expect(installedStamp(stage.packageDir)).toBeUndefined();
    await setUp(stage.options);
    expect(installedStamp(stage.packageDir)).toBeDefined();
    expect(leftovers()).toEqual([]);
  });

  it('notices missing files', async () => {
    await setUp(stage.options);
    rmSync(join(stage.packageDir, BINDING));
    expect(installedStamp(stage.packageDir)).toBeUndefined();
    await setUp(stage.options);
    rmSync(join(stage.packageDir, LIBRARY));
    expect(installedStamp(stage.packageDir)).toBeUndefined();
  });
});

describe('setUp, when the machine lacks something', () => {
  async function failure(options: Partial<Parameters<typeof setUp>[0]> = {}): Promise<string> {
    const error: unknown = await setUp({ ...stage.options, ...options }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'UserError' });
    expect(installedStamp(stage.packageDir)).toBeUndefined();
    expect(leftovers()).toEqual([]);
    return (error as Error).message;
  }

  it('network: tells what pip said and what to do, and goes on once it is back', async () => {
    stage.set('offline');
    const message = await failure();
    expect(message).toContain(`could not download tensorflow-demo==${stage.recipe.version}`);
    expect(message).toContain("found NewConnectionError('no name resolution')");
    expect(message).toContain('run npx rsd-setup again');
    stage.set('offline', false);
    await setUp(stage.options);
    expect(installedStamp(stage.packageDir)).toBeDefined();
  });

  it('Python', async () => {
    stage.keepOnly('g++');
    expect(await failure()).toMatch(/Python 3 is needed.*apt-get install python3/);
  });

  it('pip', async () => {
    stage.set('no-pip');
    expect(await failure()).toMatch(/pip is needed.*has none.*apt-get install python3-pip/);
  });

  it('a compiler', async () => {
    stage.keepOnly('python3');
    expect(await failure()).toMatch(/C\+\+ compiler is needed.*apt-get install g\+\+/);
    expect(stage.downloads).toBe(0);
  });

  it('a compiler that can compile it', async () => {
    const packageDir = stage.makePackage('package', '#error "this compiler is too old"\n');
    expect(await failure({ packageDir })).toMatch(/could not be compiled.*this compiler is too old.*CXX/);
  });

  it('disk space', async () => {
    const message = await failure({ free: () => Promise.resolve(999_000) });
    expect(message).toContain('expected 1.0 MB free; found 999 kB');
    expect(stage.downloads).toBe(0);
  });

  it('an undamaged download: removes it, so that the next run fetches it again', async () => {
    await setUp(stage.options);
    rmSync(join(stage.packageDir, 'deps'), { recursive: true });
    const cached = cachedWheel(stage.wheelDir, stage.recipe.wheels[0]!);
    appendFileSync(cached, 'damage');
    expect(await failure()).toMatch(/damaged and has been removed/);
    expect(existsSync(cached)).toBe(false);
    await setUp(stage.options);
    expect(stage.downloads).toBe(2);
  });
});

describe('setUp, when a new installation fails', () => {
  it('keeps the old one', async () => {
    await setUp(stage.options);
    const before = installedStamp(stage.packageDir);
    stage.makePackage('package', '#error "no"\n');
    await expect(setUp({ ...stage.options, accept: () => false })).rejects.toThrow('could not be compiled');
    expect(installedStamp(stage.packageDir)).toEqual(before);
    expect(await loadedVersion(stage.packageDir)).toBe(stage.recipe.version);
  });
});
