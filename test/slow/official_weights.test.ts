/**
 * @file Stand-ins for the official files at their full size (names, shapes, buffers and containers of the manifests, formula
 * weights): listed at once, read without any config, one network taken out of a training checkpoint.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectWeights } from '../../src/models/inspect.js';
import { streamPth } from '../../src/weights/pth/write.js';
import { tensorBytes, type TensorHeader } from '../../src/weights/raw_tensor.js';
import { formulaTree } from '../helpers/formula_weights.js';
import { goldenJson } from '../helpers/golden_tensors.js';

interface Manifest {
  parameters: number;
  state_dict: Record<string, { shape: number[]; dtype: string; kind: 'parameter' | 'buffer' }>;
}

const MB = 2 ** 20;
/** Listing reads a pickle of 0.2 MB. */
const MAX_LISTING_MS = 2_000;
/** Node with TypeScript and the schema library, and room for a few tensors. */
const PROGRAM_MB = 250;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rsd-official-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a manifest's state dict, buffers of zeros among it. */
async function standIn(manifest: Manifest, file: string): Promise<void> {
  const entries = Object.entries(manifest.state_dict);
  const headers = entries.map(([name, { shape, dtype }]): TensorHeader => {
    return { name: `module.${name}`, shape, dtype: dtype === 'int64' ? 'I64' : 'F32' };
  });
  await streamPth(file, {
    headers,
    bytes: function* () {
      for (const [index, [name, { shape, kind }]] of entries.entries()) {
        if (kind === 'buffer') yield new Uint8Array(tensorBytes(headers[index]!));
        else yield new Uint8Array(formulaTree([{ name, shape }]).get(name)!.data.buffer);
      }
    },
  });
}

interface ReadResult {
  read: string;
  parameters: number;
  seconds: number;
  /** MB */
  peak: number;
  last: { name: string; shape: number[]; values: number[] };
}

/** Reads a model in a process of its own, whose peak memory is the reader's. */
function readApart(file: string): ReadResult {
  const source = `
    import { readModelFile } from './src/models/model_file.ts';
    const start = performance.now();
    const model = await readModelFile(${JSON.stringify(file)});
    const seconds = (performance.now() - start) / 1000;
    const tensors = [...(model.unet ?? model.autoencoder).tree];
    const parameters = tensors.reduce((sum, [, { data }]) => sum + data.length, 0);
    const [name, { shape, data }] = tensors.at(-1);
    const peak = process.resourceUsage().maxRSS / 1024;
    console.log(JSON.stringify({ read: model.kind, parameters, seconds, peak, last: { name, shape, values: [...data] } }));`;
  const argv = ['--import', 'tsx', '--input-type=module', '--eval', source];
  return JSON.parse(execFileSync(process.execPath, argv, { cwd: ROOT, encoding: 'utf8' })) as ReadResult;
}

describe.each([
  ['unet-full.json', 'teacher'],
  ['unet-student.json', 'student'],
  ['vqgan-full.json', 'autoencoder'],
])('%s', (name, kind) => {
  const manifest = goldenJson<Manifest>('manifests', name);

  it('is listed at once and read without a config', async () => {
    const file = join(folder, `${kind}.pth`);
    await standIn(manifest, file);
    const begin = performance.now();
    const { models, totals } = await inspectWeights(file);
    const listed = performance.now() - begin;
    expect(listed).toBeLessThan(MAX_LISTING_MS);
    expect(totals.tensors).toBe(Object.keys(manifest.state_dict).length);
    expect(models).toMatchObject([{ kind, parameters: manifest.parameters }]);

    const { read, parameters, seconds, peak, last } = readApart(file);
    const megabytes = (4 * manifest.parameters) / MB;
    console.log(
      `${name}: listed in ${listed.toFixed(0)} ms, read in ${seconds.toFixed(1)} s, ` +
        `peak memory ${peak.toFixed(0)} MB for ${megabytes.toFixed(0)} MB of parameters`,
    );
    expect({ read, parameters }).toEqual({ read: kind, parameters: manifest.parameters });
    const { name: key, shape, values } = last;
    expect(values).toEqual([...formulaTree([{ name: key, shape }]).get(key)!.data]);
    // The program itself, the parameters, a few tensors on their way.
    expect(peak).toBeLessThan(PROGRAM_MB + megabytes);
    await rm(file);
  });
});
