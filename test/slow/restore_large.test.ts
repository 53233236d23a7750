/** @file 8,000 x 6,000 pixels out stay within 6 GB whatever the number of tiles; prints peaks and times. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/photos.js';

const MOST_MB = 6 * 1024;
const WEIGHTS = 'models/tiny-student.safetensors';

/** Runs rsd-infer; answers the peak of its resident memory in MB. */
async function peakOf(argv: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['bin/rsd-infer.js', '--weights', WEIGHTS, ...argv], { stdio: 'inherit' });
  const ended = once(child, 'exit');
  let peak = 0;
  while (child.exitCode === null) {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0));
    } catch {
      // The process has just ended.
    }
    await sleep(200);
  }
  expect(await ended).toEqual([0, null]);
  return peak / 1024;
}

const folder = await temporaryFolder();
beforeAll(async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const create = { width: 2000, height: 1500, channels: 3, background: '#888', noise } as const;
  await sharp({ create }).blur(1.5).png().toFile(path.join(folder, 'photo.png'));
});

it.each([
  ['252 tiles of 128', ['--tile', '128']],
  ['972 tiles of 64, feathered', ['--tile', '64', '--blend', 'feather']],
  ['252 tiles of 128, wavelet', ['--tile', '128', '--color-fix', 'wavelet']],
])('%s', { timeout: 3_600_000 }, async (name, options) => {
  const output = path.join(folder, name.replaceAll(/\W+/g, '_'));
  const begin = performance.now();
  const peak = await peakOf(['--input', path.join(folder, 'photo.png'), '--output', output, ...options]);
  console.log(`${name}: peak ${peak.toFixed(0)} MB, ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  const { width, height } = await sharp(path.join(output, 'photo.png'), { limitInputPixels: false }).metadata();
  expect([width, height]).toEqual([8000, 6000]);
  expect(peak).toBeLessThan(MOST_MB);
});
