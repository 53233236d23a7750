/**
 * @file PyTorch and the safetensors library load what `rsd-weights convert` writes, and our reader what PyTorch writes, to
 * the bit. They are installed into a throw-away environment; `RSD_TORCH_PYTHON` names a Python that has them already.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModelFile } from '../../src/models/model_file.js';
import { convertWeights } from '../../src/weights/convert.js';
import type { DType } from '../../src/weights/dtypes.js';
import { networkTensors, withWeightFile } from '../../src/weights/weight_file.js';
import { goldenPath, hasGolden } from '../helpers/golden.js';
import { formulaStudent } from '../helpers/micro_models.js';

const SCRIPT = join(import.meta.dirname, 'pytorch_weights.py');
const TORCH_NAMES: Partial<Record<DType, string>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

interface Digest {
  dtype: string | undefined;
  shape: number[];
  sha256: string;
}
type Digests = Record<string, Digest>;

let folder: string;
let python: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsd-pytorch-'));
  python = process.env['RSD_TORCH_PYTHON'] ?? installPyTorch();
}, 30 * 60_000);
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

function installPyTorch(): string {
  execFileSync('python3', ['-m', 'venv', at('venv')]);
  const installed = at('venv/bin/python');
  execFileSync(installed, ['-m', 'pip', 'install', '--quiet', 'torch', 'numpy', 'safetensors'], { stdio: 'inherit' });
  return installed;
}

function runScript(...args: string[]): Record<string, Digests> {
  const output = execFileSync(python, [SCRIPT, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  return JSON.parse(output) as Record<string, Digests>;
}

/** What our reader makes of a file. */
function ourDigests(file: string): Promise<Digests> {
  return withWeightFile(file, async (opened) => {
    const found: Digests = {};
    for (const [name, tensor] of networkTensors(file, opened)) {
      for await (const bytes of opened.read([tensor])) {
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        found[name] = { dtype: TORCH_NAMES[tensor.dtype], shape: [...tensor.shape], sha256 };
      }
    }
    return found;
  });
}

/** Converts, lets PyTorch load the results, and compares with the source. */
async function expectSame(source: string, ...targets: string[]): Promise<void> {
  for (const target of targets) await convertWeights(source, target);
  const expected = await ourDigests(source);
  expect(Object.keys(expected).length).toBeGreaterThan(0);
  const found = runScript(...targets);
  for (const target of targets) expect(found[target]).toEqual(expected);
}

describe('PyTorch loads what we write', () => {
  const sources = ['zip_plain.pth', 'dtypes.pth', 'bfloat16.pth', 'views_shared_storage.pth', 'module_state_dict.pth'];
  it.each([...sources, 'model_3.pth'].filter((name) => hasGolden('checkpoints', name)))('%s', async (name) => {
    await expectSame(goldenPath('checkpoints', name), at(`${name}.out.pth`), at(`${name}.out.safetensors`));
  });

  it('an exported student', async () => {
    await writeModelFile(at('student.safetensors'), formulaStudent());
    await expectSame(at('student.safetensors'), at('student.pth'));
    // The exported file itself, without conversion.
    expect(runScript(at('student.safetensors'))[at('student.safetensors')]).toEqual(
      await ourDigests(at('student.safetensors')),
    );
  });

  it('a file of more than 4 GiB, written one tensor at a time', { timeout: 30 * 60_000 }, async () => {
    const [count, bytes] = [24, 192 * 2 ** 20];
    const entry = (index: number): [string, object] => [
      `t${index}`,
      { dtype: 'F32', shape: [bytes / 4], data_offsets: [index * bytes, (index + 1) * bytes] },
    ];
    const header = Buffer.from(JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => entry(i)))));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const handle = await open(at('large.safetensors'), 'w');
    await handle.write(Buffer.concat([length, header]), 0, null, 0);
    // Zeros but for one number at the end of each tensor.
    for (let i = 1; i <= count; i++) {
      await handle.write(Buffer.from(Float32Array.of(i).buffer), 0, 4, 8 + header.length + i * bytes - 4);
    }
    await handle.close();
    const before = process.resourceUsage().maxRSS;
    await convertWeights(at('large.safetensors'), at('large.pth'));
    const growth = (process.resourceUsage().maxRSS - before) / 1024;
    console.log(
      `peak memory grew by ${growth.toFixed(0)} MB for ${((count * bytes) / 2 ** 20).toFixed(0)} MB of tensors`,
    );
    expect(growth).toBeLessThan(800);
    expect((await stat(at('large.pth'))).size).toBeGreaterThan(2 ** 32);
    const expected = await ourDigests(at('large.safetensors'));
    expect(runScript(at('large.pth'))[at('large.pth')]).toEqual(expected);
    expect(await ourDigests(at('large.pth'))).toEqual(expected);
    expect(new Set(Object.values(expected).map(({ sha256 }) => sha256)).size).toBe(count);
  });
});

it('we read what PyTorch writes', async () => {
  const made = runScript('make', folder);
  expect(Object.keys(made)).toHaveLength(8);
  for (const [name, expected] of Object.entries(made))
    expect([name, await ourDigests(at(name))]).toEqual([name, expected]);
  expect(readFileSync(at('legacy_plain.pth')).subarray(0, 2).toString()).not.toBe('PK');
});
