/** @file The package's own installer: what it installs is taken over, and its failure takes nothing away. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installedStamp } from '../../src/setup/installation.js';
import { loadedVersion } from '../../src/setup/native_parts.js';
import { setUp } from '../../src/setup/set_up.js';
import { installStock } from '../../src/setup/stock.js';
import { Stage } from './stage.js';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => {
  stage.remove();
});

/** Replaces the installer of a package by this script. */
function installer(packageDir: string, script: string): void {
  mkdirSync(join(packageDir, 'scripts'), { recursive: true });
  writeFileSync(join(packageDir, 'scripts', 'install.js'), script);
}

describe('installStock', () => {
  it('takes over what the installer made, and gives it the kind asked for', async () => {
    const other = stage.makePackage('other');
    await setUp({ ...stage.options, packageDir: other });
    const copy = `
      if (process.argv[2] !== 'gpu' || process.argv[3] !== 'download') throw new Error('arguments');
      for (const part of ['deps', 'lib']) {
        require('fs').cpSync(${JSON.stringify(other)} + '/' + part, part, { recursive: true });
      }`;
    installer(stage.packageDir, copy);
    await installStock(stage.packageDir, true, stage.options.log);
    expect(installedStamp(stage.packageDir)).toMatchObject({ variant: 'stock', version: stage.recipe.version });
  });

  it('tells why it failed and leaves the old installation', async () => {
    await setUp(stage.options);
    const before = installedStamp(stage.packageDir);
    installer(stage.packageDir, `require('fs').mkdirSync('deps'); throw new Error('getaddrinfo ENOTFOUND the.host');`);
    const installing = installStock(stage.packageDir, false, stage.options.log);
    await expect(installing).rejects.toMatchObject({ name: 'UserError' });
    await expect(installing).rejects.toThrow('found Error: getaddrinfo ENOTFOUND the.host');
    expect(installedStamp(stage.packageDir)).toEqual(before);
    expect(await loadedVersion(stage.packageDir)).toBe(stage.recipe.version);
  });
});
