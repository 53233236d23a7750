/** @file `rsd-weights` on every golden checkpoint: exit codes, one clear line, and no trace of what hostile files ask for. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/rsd_weights.js';
import { UserError } from '../../src/errors/user_error.js';
import { writeModelFile } from '../../src/models/model_file.js';
import { goldenPath, goldenTitle, hasGolden } from '../helpers/golden.js';
import { goldenJson } from '../helpers/golden_tensors.js';
import { formulaStudent } from '../helpers/micro_models.js';

const PROGRAM = fileURLToPath(new URL('../../bin/rsd-weights.js', import.meta.url));

/** The description of a file says whether it must be refused. */
const info = goldenJson<Record<string, { what?: string }>>('checkpoints', 'info.json');
const mustFail = (name: string): boolean => /must be|must raise|refuse/.test(info[name]?.what ?? '');
const files = readdirSync(goldenPath('checkpoints')).filter((name) => name.endsWith('.pth'));
const hostile = files.filter((name) => name.startsWith('hostile'));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsd-weights-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

/** Runs the program in this process and answers what it printed. */
async function printed(...argv: string[]): Promise<string> {
  let output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  expect(await main(argv)).toBe(0);
  vi.restoreAllMocks();
  return output;
}

describe('inspect on golden checkpoints', () => {
  it('finds files of both kinds', () => {
    expect(files.filter(mustFail).length).toBeGreaterThan(5);
    expect(files.filter((name) => !mustFail(name)).length).toBeGreaterThan(10);
  });

  it.each(files.filter(mustFail))('%s is refused in one line', async (name) => {
    const failure = await main(['inspect', goldenPath('checkpoints', name)]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as UserError).message).toMatch(
      new RegExp(`^[^\\n]*${name}: cannot read this checkpoint: [^\\n]+$`),
    );
  });

  it.each(files.filter((name) => !mustFail(name)))('%s is listed', async (name) => {
    const output = await printed('inspect', goldenPath('checkpoints', name));
    expect(output).toMatch(/^key +shape +dtype +size\n/);
    expect(output).toContain(`${name}: pth (`);
  });
});

describe('hostile files', () => {
  it.each(hostile)('%s leaves no trace', async (name) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [PROGRAM, 'inspect', goldenPath('checkpoints', name)],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect({ status, lines: stderr.match(/^error: .*$/gm)?.length ?? 0 }).toEqual(
      mustFail(name) ? { status: 2, lines: 1 } : { status: 0, lines: 0 },
    );
    if (mustFail(name)) expect(stdout).toBe('');
    // The commands in these files would make LOADER_EXECUTED_PICKLE_CODE or ../../escape.txt.
    expect(await readdir(folder)).toEqual([]);
    expect((await readdir(join(folder, '..'))).filter((entry) => /escape|LOADER/.test(entry))).toEqual([]);
  });
});

describe('inspect', () => {
  const TRAINING = ['checkpoints', 'model_3.pth'];
  it.skipIf(!hasGolden(...TRAINING))(
    goldenTitle('names the networks of a training checkpoint', ...TRAINING),
    async () => {
      const output = await printed('inspect', goldenPath(...TRAINING), '--keys', 'fake.*in_layers.0.w');
      expect(output).toMatch(/^state_dict\.fake\.input_blocks\.1\.0\.in_layers\.0\.weight +\[\d+\] +F32 +\d+ B$/m);
      expect(output).not.toMatch(/^state_dict\.student\.\S+ +\[/m);
      expect(output).toMatch(/^\d+ of \d+ tensors listed$/m);
      expect(output).toContain('state_dict.student: RSD student: Swin U-Net with 7 input channels, 1 of noise');
      expect(output).toContain('state_dict.fake: fake network of RSD: Swin U-Net with 6 input channels');
    },
  );

  it('says everything as JSON', async () => {
    const file = goldenPath('vqgan-micro', 'weights.safetensors');
    const found = JSON.parse(await printed('inspect', file, '--json')) as Record<string, unknown>;
    expect(found).toMatchObject({ file, format: 'safetensors', metadata: {} });
    const tensors = found['tensors'] as { key: string; shape: number[]; dtype: string; bytes: number }[];
    expect(tensors.find(({ key }) => key === 'encoder.conv_in.bias')).toMatchObject({
      dtype: 'F32',
      shape: [32],
      bytes: 128,
    });
    expect(found['totals']).toEqual({
      tensors: tensors.length,
      numbers: tensors.reduce((sum, { bytes }) => sum + bytes / 4, 0),
      bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    });
    expect(found['models']).toMatchObject([{ where: '', kind: 'autoencoder', config: { ch: 32, embedDim: 3 } }]);
  });

  it('knows the model files of this package', async () => {
    await writeModelFile(join(folder, 'student.safetensors'), formulaStudent());
    const output = await printed('inspect', join(folder, 'student.safetensors'), '--keys', 'none');
    expect(output).toContain('model: model file of this package (rsd-student), its configs are in the header');
    expect(output).toMatch(/^ {2}unet: \{"imageSize":16/m);
    await rm(join(folder, 'student.safetensors'));
  });
});

describe('convert', () => {
  it('writes a file, and never over another unless told to', async () => {
    const [from, to] = [goldenPath('checkpoints', 'zip_plain.pth'), join(folder, 'a.safetensors')];
    expect(await main(['convert', from, to, '--log-level', 'error'])).toBe(0);
    await expect(main(['convert', from, to])).rejects.toThrow('a.safetensors: the file exists');
    expect(await main(['convert', from, to, '--overwrite', '--half', '--log-level', 'error'])).toBe(0);
    expect(await printed('inspect', to)).toMatch(/ F16 /);
    await rm(to);
  });
});

describe('mistakes', () => {
  it.each([
    [[], 'say what to do: inspect or convert'],
    [['inspekt', 'a'], 'unknown command inspekt (did you mean inspect?)'],
    [['inspect'], 'name one file'],
    [['inspect', 'none.pth'], 'none.pth: the file does not exist'],
    [['inspect', 'a.pth', '--jsn'], 'unknown option --jsn (did you mean --json?)'],
    [['convert', 'a.pth'], 'name two files: IN OUT'],
    [['convert', 'a.pth', 'b.pth', '--model', 'teacher'], 'teacher'],
  ])('%j', async (argv, message) => {
    await expect(main(argv)).rejects.toThrow(message);
    await expect(main(argv)).rejects.toBeInstanceOf(UserError);
  });
});
