/** @file A distillation whose teacher and autoencoder are .pth files: read at the start of training, the student widened from it. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { loadRunConfig } from '../../src/config/load.js';
import { readModelFile } from '../../src/models/model_file.js';
import { widenByNoise } from '../../src/student/widen.js';
import { readTeacher } from '../../src/teacher/read.js';
import { convertWeights } from '../../src/weights/convert.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { temporaryFolder } from '../helpers/photos.js';
import { smallRun, startTraining } from '../helpers/small_run.js';

const FIRST = 'input_blocks.0.0.weight';

/** A small run whose weight files are state dicts in .pth files, as official ones are. */
async function pthRun(folder: string): Promise<{ file: string; teacher: string }> {
  const file = await smallRun(folder, 'rsd', { iterations: 1, checkpointEvery: 1, validateEvery: 0 });
  const config = parse(await readFile(file, 'utf8')) as {
    teacher: { weights: string };
    autoencoder: { weights: string };
  };
  const { unet } = await readModelFile(config.teacher.weights);
  const { autoencoder } = await readModelFile(config.autoencoder.weights);
  for (const [name, { tree }] of [
    ['teacher', unet!],
    ['autoencoder', autoencoder!],
  ] as const) {
    await writeSafetensors(join(folder, 'plain.safetensors'), tree);
    await convertWeights(join(folder, 'plain.safetensors'), join(folder, `${name}.pth`));
    config[name].weights = join(folder, `${name}.pth`);
  }
  await writeFile(file, stringify(config));
  return { file, teacher: config.teacher.weights };
}

describe('a .pth teacher', async () => {
  const folder = await temporaryFolder();
  const { file, teacher } = await pthRun(folder);

  it('widens into a student that sees noise through zeros', async () => {
    const tree = await readTeacher((await loadRunConfig(file)).config);
    const student = widenByNoise(tree, 1);
    const [narrow, wide] = [tree.get(FIRST)!, student.get(FIRST)!];
    const [out, inputs, kh, kw] = narrow.shape as [number, number, number, number];
    expect(wide.shape).toEqual([out, inputs + 1, kh, kw]);
    const kernel = kh * kw;
    for (let o = 0; o < out; o++) {
      const row = wide.data.subarray(o * (inputs + 1) * kernel, (o + 1) * (inputs + 1) * kernel);
      expect(row.subarray(0, inputs * kernel)).toEqual(
        narrow.data.subarray(o * inputs * kernel, (o + 1) * inputs * kernel),
      );
      expect(row.subarray(inputs * kernel)).toEqual(new Float32Array(kernel));
    }
    for (const [name, tensor] of tree) if (name !== FIRST) expect(student.get(name)).toBe(tensor);
  });

  it('trains', async () => {
    const { code, output } = await startTraining('--config', file, '--out', join(folder, 'run'), '--engine', 'eager')
      .ended;
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    const { kind, unet } = await readModelFile(join(folder, 'run', 'student.safetensors'));
    expect([kind, unet!.config.noiseChannels]).toEqual(['student', 1]);
  });

  it('cannot be a student: seven input channels are told from six', async () => {
    const { unet } = await readModelFile(teacher, {
      unet: { ...(await loadRunConfig(file)).config.teacher.unet, noiseChannels: 0 },
    });
    await writeSafetensors(join(folder, 'wide.safetensors'), widenByNoise(unet!.tree, 1));
    await convertWeights(join(folder, 'wide.safetensors'), teacher, {});
    await expect(readTeacher((await loadRunConfig(file)).config)).rejects.toThrow(
      /teacher\.unet\.noiseChannels.*expected 1 as in the model file/,
    );
  });
});
