/** @file A set-up that is killed while it downloads: the next one waits until the dead one's lock is stale, then finishes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { installedStamp } from '../../src/setup/installation.js';
import { setUp } from '../../src/setup/set_up.js';
import { Stage } from '../setup/stage.js';

const module = new URL('../../src/setup/set_up.ts', import.meta.url).href;
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const root = fileURLToPath(new URL('../../', import.meta.url));

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => {
  stage.remove();
});

it('finishes what a killed set-up left', async () => {
  stage.set('hang');
  const { recipe, packageDir, cacheDir } = stage;
  const script = `
    import { setUp } from ${JSON.stringify(module)};
    await setUp({ ...${JSON.stringify({ recipe, packageDir, cacheDir })}, accept: () => true, log: () => {} });`;
  const child = spawn(process.execPath, ['--import', tsx, '--input-type=module', '--eval', script], { cwd: root });
  while (stage.downloads === 0) await sleep(50);
  child.kill('SIGKILL');
  await once(child, 'close');
  stage.set('hang', false);
  await setUp(stage.options);
  expect(installedStamp(packageDir)).toBeDefined();
  expect(stage.lines.join('\n')).toContain('another rsd-setup is at work here (or was killed a moment ago)');
}, 60_000);
