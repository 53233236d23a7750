/**
 * @file Report pages in headless Chromium: no errors, nothing loaded from elsewhere, sliders that move, no sideways scrolling on
 * a phone, all versions of a picture on paper. `RSD_CHROMIUM` names the browser; without one, the tests are skipped.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main as evaluate } from '../../src/cli/rsd_eval.js';
import { main as report } from '../../src/cli/rsd_report.js';
import { formatStats } from '../../src/training/stats_log.js';
import { temporaryFolder, writePhoto } from '../helpers/photos.js';

const BROWSER = [
  process.env['RSD_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((file) => file !== undefined && existsSync(file));
/** Folder that gets pictures of the pages, to be looked at. */
const SCREENSHOTS = process.env['RSD_SCREENSHOTS'];
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 900 };

const folder = await temporaryFolder();
const evaluation = join(folder, 'evaluation', 'index.html');
const runs = join(folder, 'runs.html');
let browser: Browser;

/** A run folder as training leaves it. */
async function writeRun(name: string, offset: number): Promise<string> {
  const run = join(folder, name);
  await mkdir(join(run, 'images'), { recursive: true });
  const lines = Array.from({ length: 200 }, (_, i) => {
    const validation: Record<string, number> =
      (i + 1) % 50 === 0 ? { 'validation/psnr': 20 + i / 50, 'validation/ssim': 0.7 } : {};
    const numbers = { 'student/loss': Math.sin(i) + offset, 'lr/student': 1e-4, 'gradNorm/student': 1, seconds: 2 };
    return formatStats({ iteration: i + 1, ...numbers, imagesPerSecond: 4, 'memory/peakMb': 900 + i, ...validation });
  });
  await writeFile(join(run, 'stats.jsonl'), `${lines.join('\n')}\n`);
  await writeFile(join(run, 'config.yaml'), `method: rsd\nseed: ${offset}\n`);
  await writePhoto(join(run, 'images', 'iteration-00000100.png'), 300, 500, offset);
  return run;
}

beforeAll(async () => {
  if (!BROWSER) return;
  for (const [index, name] of ['meadow', 'a-rather-long-name-of-a-photo-0001', 'city'].entries()) {
    for (const [variant, set] of ['hr', 'first', 'second'].entries()) {
      await writePhoto(join(folder, set, `${name}.png`), 192, 256, index + 0.1 * variant);
    }
    await writePhoto(join(folder, 'lr', `${name}.png`), 48, 64, index);
  }
  const sets = ['first', 'second'].flatMap((name) => ['--restored', `${name}=${join(folder, name)}`]);
  const args = [...sets, '--hr', join(folder, 'hr'), '--lr', join(folder, 'lr'), '--metrics', 'psnr,ssim'];
  await evaluate([...args, '--output', join(folder, 'evaluation'), '--log-level', 'error']);
  await report([await writeRun('one', 1), await writeRun('two', 2), '--output', runs, '--log-level', 'error']);
  // Without its sandbox, which containers do not allow; the pages are our own.
  browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox'] });
});
afterAll(() => (BROWSER ? browser.close() : undefined));

/** The opened page and what it complained of or asked the network for. */
async function open(
  file: string,
  viewport: { width: number; height: number },
): Promise<{ page: Page; wrong: string[] }> {
  const page = await browser.newPage({ viewport });
  const wrong: string[] = [];
  page.on('console', (message) => wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) wrong.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  return { page, wrong };
}

async function picture(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

const sideways = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

describe.skipIf(!BROWSER)('in Chromium (skipped where there is none)', () => {
  it.each([
    ['evaluation', () => evaluation],
    ['runs', () => runs],
  ] as const)('%s: no complaints, no requests, no sideways scrolling, all pictures shown', async (name, file) => {
    for (const [kind, viewport] of [
      ['phone', PHONE],
      ['desktop', DESKTOP],
    ] as const) {
      const { page, wrong } = await open(file(), viewport);
      expect(await sideways(page)).toBe(0);
      const broken = await page.evaluate(
        '[...document.images].filter((image) => !image.complete || image.naturalWidth === 0).length',
      );
      expect(broken).toBe(0);
      expect(await page.locator('svg.chart').count()).toBeGreaterThan(0);
      await picture(page, `${name}-${kind}`);
      expect(wrong).toEqual([]);
      await page.close();
    }
  });

  it('sliders move by mouse and keys, and show the versions that are chosen', async () => {
    const { page } = await open(evaluation, DESKTOP);
    const slider = page.locator('.slider').first();
    await slider.scrollIntoViewIfNeeded();
    const cut = async (): Promise<number> => parseFloat((await slider.getAttribute('style'))!.replace('--cut:', ''));
    const box = (await slider.locator('.layers').boundingBox())!;
    const y = box.y + box.height / 2;
    expect(await cut()).toBe(50);
    await page.mouse.move(box.x + box.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, y, { steps: 5 });
    await page.mouse.up();
    expect(Math.abs((await cut()) - 80)).toBeLessThan(4);
    const before = await cut();
    await page.keyboard.press('ArrowLeft');
    expect(await cut()).toBeLessThan(before);
    await slider.locator('select').first().selectOption({ label: 'second' });
    expect(await slider.locator('.layer.left img').getAttribute('alt')).toMatch(/, second$/);
    const clipped = (side: string): Promise<string> =>
      page.evaluate(`getComputedStyle(document.querySelector('.slider .layer.${side}')).clipPath`);
    const [left, right] = [await clipped('left'), await clipped('right')];
    expect(left).toMatch(/inset/);
    expect(right).toBe('none');
    await page.close();
  });

  it('on paper every version stands beside the others, and the control elements are gone', async () => {
    const { page } = await open(evaluation, { width: 740, height: 1000 });
    await page.emulateMedia({ media: 'print' });
    const boxes = await Promise.all(
      (await page.locator('.slider').first().locator('.layer').all()).map((l) => l.boundingBox()),
    );
    // LR, both models, HR: none on top of another.
    const corners = boxes.map((box) => `${Math.round(box!.x)} ${Math.round(box!.y)}`);
    expect(new Set(corners).size).toBe(4);
    expect(await page.locator('.slider .controls').first().isVisible()).toBe(false);
    await picture(page, 'evaluation-print');
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.close();
  });

  it('light and dark have their own colours', async () => {
    const colours = await Promise.all(
      (['light', 'dark'] as const).map(async (colorScheme) => {
        const page = await browser.newPage({ colorScheme });
        await page.goto(pathToFileURL(runs).href);
        const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
        await page.close();
        return colour;
      }),
    );
    expect(colours).toEqual(['rgb(255, 255, 255)', 'rgb(20, 23, 26)']);
  });
});
