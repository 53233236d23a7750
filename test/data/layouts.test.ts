/** @file Official datasets: found however they come, put where run files look, and what is missing is said. */
import { link, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/rsd_data.js';
import { arrange, planLayout } from '../../src/data/layouts/arrange.js';
import { LAYOUTS, type LayoutName } from '../../src/data/layouts/official.js';
import { temporaryFolder } from '../helpers/photos.js';

const folder = await temporaryFolder();
let tests = 0;
afterEach(() => {
  vi.restoreAllMocks();
});

/** A download of these files; each file's content is its path. */
async function download(...files: string[]): Promise<{ from: string; to: string }> {
  const from = join(folder, `download ${tests}`);
  const to = join(folder, `data ${tests++}`);
  await mkdir(from, { recursive: true });
  for (const file of files) {
    await mkdir(dirname(join(from, file)), { recursive: true });
    await writeFile(join(from, file), file);
  }
  return { from, to };
}

/** Runs the command; exit code and everything it printed. */
async function prepare(...args: string[]): Promise<{ code: number; output: string }> {
  let output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  try {
    return { code: await main(['prepare', ...args]), output };
  } finally {
    vi.restoreAllMocks();
  }
}

async function arranged(name: LayoutName, ...files: string[]): Promise<Record<string, string>> {
  const { from, to } = await download(...files);
  const { steps } = await planLayout(LAYOUTS[name], { from, to });
  await arrange(steps, false, () => undefined);
  const root = join(to, LAYOUTS[name].target);
  const names = await readdir(root, { recursive: true }).catch(() => []);
  const result: Record<string, string> = {};
  for (const file of names) {
    if ((await stat(join(root, file))).isFile()) result[file] = await readFile(join(root, file), 'utf8');
  }
  return result;
}

describe('finds and names', () => {
  it('RealSR as it is released, and nothing else of it', async () => {
    const found = await arranged(
      'realsr',
      'RealSR(V3)/Canon/Test/4/Canon_001_HR.png',
      'RealSR(V3)/Canon/Test/4/Canon_001_LR4.png',
      'RealSR(V3)/Nikon/Test/4/Nikon_012_HR.png',
      'RealSR(V3)/Nikon/Test/4/Nikon_012_LR4.png',
      'RealSR(V3)/Canon/Test/2/Canon_002_HR.png',
      'RealSR(V3)/Canon/Test/2/Canon_002_LR2.png',
      'RealSR(V3)/Canon/Train/4/Canon_003_HR.png',
      'readme.txt',
    );
    expect(found).toEqual({
      'HR_x4/Canon_001.png': 'RealSR(V3)/Canon/Test/4/Canon_001_HR.png',
      'LR_x4/Canon_001.png': 'RealSR(V3)/Canon/Test/4/Canon_001_LR4.png',
      'HR_x4/Nikon_012.png': 'RealSR(V3)/Nikon/Test/4/Nikon_012_HR.png',
      'LR_x4/Nikon_012.png': 'RealSR(V3)/Nikon/Test/4/Nikon_012_LR4.png',
    });
  });

  it('LR files of RealSR that lie together', async () => {
    const found = await arranged('realsr', 'testdata/RealSRv3/Canon_001_LR4.png', 'testdata/RealSRv3/nikon_1_LR4.png');
    expect(Object.keys(found).sort()).toEqual(['LR_x4/Canon_001.png', 'LR_x4/Nikon_1.png']);
  });

  it.each(['RealSet65', 'realset65'])('RealSet65 in %s, images of three endings', async (name) => {
    const found = await arranged(
      'realset65',
      `x/${name}/a.png`,
      `x/${name}/b.jpeg`,
      `x/${name}/C.JPG`,
      'x/other/d.png',
    );
    expect(Object.keys(found).sort()).toEqual(['C.JPG', 'a.png', 'b.jpeg']);
  });

  it('RealSet65 if its folder itself is named', async () => {
    expect(Object.keys(await arranged('realset65', 'a.png', 'b.jpg'))).toHaveLength(2);
  });

  it('ImageNet by class, without validation photos', async () => {
    const found = await arranged(
      'imagenet',
      'ILSVRC/Data/CLS-LOC/train/n01440764/n01440764_10026.JPEG',
      'ILSVRC/Data/CLS-LOC/val/n01440764/n01440764_7.JPEG',
      'ILSVRC/Data/CLS-LOC/val/ILSVRC2012_val_00000001.JPEG',
    );
    expect(Object.keys(found)).toEqual([join('n01440764', 'n01440764_10026.JPEG')]);
  });

  it('pairs of crops, of the set that was asked for', async () => {
    const files = [
      'StableSR_testsets/DrealSRVal_crop128/test_HR/DSC_1_x1.png',
      'StableSR_testsets/DrealSRVal_crop128/test_LR/DSC_1_x4.png',
      'StableSR_testsets/RealSRVal_crop128/test_HR/Canon_003_HR.png',
      'StableSR_testsets/RealSRVal_crop128/test_LR/Canon_003_LR4.png',
      'StableSR_testsets/DIV2K_V2_val/gt/0801_1.png',
      'StableSR_testsets/DIV2K_V2_val/lq/0801_1.png',
    ];
    const names = async (name: LayoutName) => Object.keys(await arranged(name, ...files)).sort();
    expect(await names('drealsr')).toEqual(['test_HR/DSC_1.png', 'test_LR/DSC_1.png']);
    expect(await names('realsr-crops')).toEqual(['test_HR/Canon_003.png', 'test_LR/Canon_003.png']);
    expect(await names('div2k')).toEqual(['test_HR/0801_1.png', 'test_LR/0801_1.png']);
  });
});

/** All of ImageNet-Test but what `without` names. */
function imageNetTest(...without: string[]): string[] {
  const names = Array.from({ length: 3000 }, (_, i) => `ILSVRC2012_val_${String(i).padStart(8, '0')}.png`);
  return names
    .flatMap((name) => ['gt', 'lq'].map((part) => `imagenet256/${part}/${name}`))
    .filter((f) => !without.includes(f));
}

describe('rsd-data prepare', () => {
  it('exits with 0 for a complete set, links, and has nothing to do the second time', async () => {
    const { from, to } = await download(...imageNetTest());
    const args = ['imagenet-test', '--from', from, '--to', to];
    const dry = await prepare(...args, '--dry-run');
    expect(dry).toMatchObject({
      code: 0,
      output: expect.stringMatching(/0 in place already, 6000 to be put/) as string,
    });
    await expect(stat(to)).rejects.toThrow('ENOENT');
    const first = await prepare(...args);
    expect(first).toMatchObject({
      code: 0,
      output: expect.stringMatching(/gt: 3,000 of 3,000\n.*\n.*6000 linked, 0 copied/) as string,
    });
    const file = 'imagenet256/gt/ILSVRC2012_val_00000007.png';
    const target = join(to, 'validation', file);
    expect((await stat(target)).ino).toBe((await stat(join(from, file))).ino);
    expect((await prepare(...args)).output).toMatch(/6000 were in place already, 0 linked, 0 copied/);
  });

  it('names what is missing and exits with 1', async () => {
    const missing = ['imagenet256/gt/ILSVRC2012_val_00000003.png', 'imagenet256/lq/ILSVRC2012_val_00000004.png'];
    const { from, to } = await download(...imageNetTest(...missing, ...imageNetTest().slice(-2)));
    const { code, output } = await prepare('imagenet-test', '--from', from, '--to', to);
    expect(code).toBe(1);
    expect(output).toMatch(/gt: 2,998 of 3,000; missing ILSVRC2012_val_00000003\.png; 1 more not found/);
    expect(output).toMatch(/lq: 2,998 of 3,000; missing ILSVRC2012_val_00000004\.png; 1 more not found/);
  });

  it('says what it looked for, and that an archive is still to be unpacked', async () => {
    const { from, to } = await download('ILSVRC2012_img_train.tar');
    const { code, output } = await prepare('imagenet', '--from', from, '--to', to);
    expect(code).toBe(1);
    expect(output).toMatch(/files: 0 of 1,281,167; 1,281,167 not found/);
    expect(output).toMatch(/not unpacked: ILSVRC2012_img_train\.tar\n.*expected: folders n01440764/);
  });

  it('never replaces a different file, and copies with the time of the original', async () => {
    const { from, to } = await download('RealSet65/a.png', 'RealSet65/b.png');
    await utimes(join(from, 'RealSet65/a.png'), 1e9, 1e9);
    const args = ['realset65', '--from', from, '--to', to];
    expect((await prepare(...args, '--copy')).output).toMatch(/0 linked, 2 copied/);
    const copy = join(to, 'test/RealSet65/a.png');
    expect((await stat(copy)).mtimeMs).toBe(1e12);
    expect((await stat(copy)).ino).not.toBe((await stat(join(from, 'RealSet65/a.png'))).ino);
    expect((await prepare(...args)).output).toMatch(/2 were in place already/);
    await writeFile(copy, 'mine');
    await rm(join(to, 'test/RealSet65/b.png'));
    await expect(prepare(...args)).rejects.toThrow(/1 files are there already with other content; nothing was written/);
    expect(await readFile(copy, 'utf8')).toBe('mine');
    expect(await readdir(dirname(copy))).toEqual(['a.png']);
  });

  it('takes equal doubles once and refuses different ones', async () => {
    const { from, to } = await download('a/Canon_1_LR4.png');
    await mkdir(join(from, 'b'));
    await link(join(from, 'a/Canon_1_LR4.png'), join(from, 'b/Canon_1_LR4.png'));
    expect((await prepare('realsr', '--from', from, '--to', to)).output).toMatch(/1 linked/);
    await mkdir(join(from, 'c'));
    await writeFile(join(from, 'c/Canon_1_LR4.png'), 'another');
    await expect(prepare('realsr', '--from', from, '--to', to)).rejects.toThrow(
      /two different files would go to one place/,
    );
  });

  it('refuses unknown datasets and folders that are not there', async () => {
    await expect(prepare('realsrx', '--from', folder)).rejects.toThrow(/realsrx: no such dataset; expected imagenet,/);
    await expect(prepare('realsr', '--from', join(folder, 'none'))).rejects.toThrow(/--from: no such folder/);
    await expect(main(['prepair'])).rejects.toThrow(/unknown command prepair \(did you mean prepare\?\)/);
  });
});
