import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../../src/models/model.js';
import { readModelFile, writeModelFile } from '../../src/models/model_file.js';
import { autoencoderSpecs } from '../../src/nn/autoencoder_specs.js';
import { unetSpecs } from '../../src/nn/unet_specs.js';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.js';
import type { HostTree } from '../../src/weights/tree.js';
import { goldenPath, goldenTitle, hasGolden } from '../helpers/golden.js';
import { formulaStudent, goldenAutoencoderConfig, goldenUNetConfig } from '../helpers/micro_models.js';

const student = formulaStudent();
const FIRST = 'input_blocks.0.0.weight';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rsd-model-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);

/** Writes the student's file with other tensors or another header. */
async function tampered(
  name: string,
  change: (
    tree: Map<string, { shape: readonly number[]; data: Float32Array }>,
    metadata: Record<string, string>,
  ) => void,
): Promise<string> {
  await writeModelFile(at('whole.safetensors'), student);
  const { tensors, metadata } = await readSafetensors(at('whole.safetensors'));
  const tree = new Map(tensors as unknown as HostTree);
  const header = { ...metadata };
  change(tree, header);
  await writeSafetensors(at(name), tree, header);
  return at(name);
}

describe('a model file', () => {
  it('gives back what was written', async () => {
    const model: Model = { ...student, extra: { timesteps: '[14,11,7,3]', training: '{"iteration":7}' } };
    await writeModelFile(at('student.safetensors'), model);
    expect(await readModelFile(at('student.safetensors'))).toEqual(model);
  });

  it('has official names, layout and order, the autoencoder under its prefix', async () => {
    // A tree in another order: official order is restored.
    const tree = new Map([...student.unet!.tree].reverse());
    await writeModelFile(at('order.safetensors'), { ...student, unet: { ...student.unet!, tree } });
    const { tensors, metadata } = await readSafetensors(at('order.safetensors'));
    const expected = [
      ...unetSpecs(student.unet!.config).map(({ name, shape }) => [name, shape]),
      ...autoencoderSpecs(student.autoencoder!.config).map(({ name, shape }) => [`first_stage_model.${name}`, shape]),
    ];
    expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual(expected);
    expect(metadata['format']).toBe('rsd-student');
    expect(JSON.parse(metadata['unet']!)).toEqual(student.unet!.config);
  });

  it('may leave the autoencoder out, or hold nothing else', async () => {
    await writeModelFile(at('small.safetensors'), { ...student, autoencoder: undefined });
    expect((await readModelFile(at('small.safetensors'))).autoencoder).toBeUndefined();
    const alone: Model = { kind: 'autoencoder', autoencoder: student.autoencoder, extra: {} };
    await writeModelFile(at('alone.safetensors'), alone);
    expect(await readModelFile(at('alone.safetensors'))).toEqual(alone);
    expect([...(await readSafetensors(at('alone.safetensors'))).tensors.keys()]).toContain('encoder.conv_in.weight');
  });

  it('refuses to be written incomplete, or with weights that do not fit', async () => {
    const { unet: _, ...incomplete } = student;
    await expect(writeModelFile(at('bad'), incomplete)).rejects.toThrow('needs a U-Net and its process');
    await expect(writeModelFile(at('bad'), { ...student, extra: { unet: '' } })).rejects.toThrow(
      'belongs to the model file',
    );
    const teacherConfig = { ...student.unet!.config, noiseChannels: 0 };
    const unet = { config: teacherConfig, tree: student.unet!.tree };
    await expect(writeModelFile(at('bad'), { ...student, unet })).rejects.toThrow(
      `${FIRST} [32,7,3,3] instead of [32,6,3,3]`,
    );
  });
});

describe('a damaged model file is told by key, expected and found', () => {
  it('parameter missing, and of another shape', async () => {
    const file = await tampered('shape.safetensors', (tree) => {
      tree.delete('out.0.bias');
      tree.set(FIRST, { shape: [32, 6, 3, 3], data: new Float32Array(32 * 6 * 9) });
    });
    await expect(readModelFile(file)).rejects.toThrow(
      new RegExp(`shape.safetensors: .*1 missing: out\\.0\\.bias.*${FIRST} \\[32,6,3,3\\] instead of \\[32,7,3,3\\]`),
    );
  });

  it('parameter of the autoencoder', async () => {
    const file = await tampered('first_stage.safetensors', (tree) =>
      tree.delete('first_stage_model.quantize.embedding.weight'),
    );
    await expect(readModelFile(file)).rejects.toThrow('1 missing: quantize.embedding.weight');
  });

  it('values that are not finite', async () => {
    const file = await tampered('nan.safetensors', (tree) =>
      tree.set('out.2.bias', { shape: [3], data: Float32Array.of(0, NaN, 0) }),
    );
    await expect(readModelFile(file)).rejects.toThrow(
      'out.2.bias: the weights are broken; expected finite numbers; found NaN at index 1',
    );
  });

  it('config missing, no JSON, or of another kind', async () => {
    const missing = await tampered('missing.safetensors', (_, header) => delete header['diffusion']);
    await expect(readModelFile(missing)).rejects.toThrow('__metadata__.diffusion: the model file does not have it');
    const cut = await tampered('cut.safetensors', (_, header) => (header['unet'] = '{"imageSize":'));
    await expect(readModelFile(cut)).rejects.toThrow(/__metadata__\.unet: cannot be understood; found .*JSON/);
    const other = await tampered('other.safetensors', (_, header) => (header['unet'] = '{"imageSize":"large"}'));
    await expect(readModelFile(other)).rejects.toThrow(/__metadata__\.unet: cannot be understood; found .*imageSize/);
  });
});

describe('a state dict without configs', () => {
  const unet = goldenUNetConfig('unet-micro');
  const autoencoder = goldenAutoencoderConfig('vqgan-micro');

  const wrapped = ['unet-micro', 'weights_module_prefix_half.pth'];
  it.skipIf(!hasGolden(...wrapped))(goldenTitle('is a teacher by its first convolution', ...wrapped), async () => {
    const model = await readModelFile(goldenPath(...wrapped), { unet });
    expect([model.kind, model.unet!.config.noiseChannels]).toEqual(['teacher', 0]);
    expect(model.diffusion!.steps).toBe(15);
  });

  it('is a student if that has more channels', async () => {
    await writeSafetensors(at('plain.safetensors'), student.unet!.tree);
    const model = await readModelFile(at('plain.safetensors'), { unet });
    expect([model.kind, model.unet!.config.noiseChannels]).toEqual(['student', 1]);
    expect(model.unet!.tree).toEqual(student.unet!.tree);
  });

  it('is an autoencoder by its encoder', async () => {
    const model = await readModelFile(goldenPath('vqgan-micro', 'weights.safetensors'), { autoencoder });
    expect([model.kind, model.autoencoder!.config]).toEqual(['autoencoder', autoencoder]);
  });

  it('must fit the config that is given', async () => {
    const official = { ...unet, modelChannels: 160 };
    await expect(readModelFile(goldenPath('unet-micro', 'weights.safetensors'), { unet: official })).rejects.toThrow(
      /the weights do not fit the configured network: .*\[32,6,3,3\] instead of \[160,6,3,3\]/,
    );
  });

  it('has the size its shapes tell where no config is given', async () => {
    const model = await readModelFile(goldenPath('vqgan-micro', 'weights.safetensors'));
    expect(autoencoderSpecs(model.autoencoder!.config)).toEqual(autoencoderSpecs(autoencoder));
    expect(model.assumed).toEqual(['normGroups 32', 'resolution 256', 'anchored false', 'quantized true']);
  });

  it('must be there, and a model', async () => {
    await expect(readModelFile(at('none.safetensors'))).rejects.toThrow(/none\.safetensors: .*not exist/);
    await writeFile(at('text.safetensors'), 'no model at all');
    await expect(readModelFile(at('text.safetensors'))).rejects.toThrow(/text\.safetensors/);
    await writeSafetensors(at('other.safetensors'), new Map([['fc.bias', { shape: [1], data: new Float32Array(1) }]]));
    await expect(readModelFile(at('other.safetensors'))).rejects.toThrow(
      `expected a parameter ${FIRST} (U-Net) or encoder.conv_in.weight (autoencoder); found 1 others, e.g. fc.bias`,
    );
  });
});
