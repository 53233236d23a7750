import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../src/engine/tfjs.js';
import type { EngineKind } from '../../src/engine/types.js';
import { crop, type Picture } from '../../src/images/picture.js';
import type { Model } from '../../src/models/model.js';
import { createRestorer, type RestoreProgress, type RestorerOptions } from '../../src/restore/restorer.js';
import { formulaStudent, goldenTeacher } from '../helpers/micro_models.js';
import { largestDifference, syntheticPicture } from '../helpers/pictures.js';

const student = formulaStudent();
let teacher: Model;
beforeAll(async () => {
  teacher = await goldenTeacher();
});

type Options = Partial<Omit<RestorerOptions, 'engine'>> & { kind?: EngineKind };

/** Restores pictures one after another with one restorer. */
async function restoreAll(
  pictures: readonly Picture[],
  { kind = 'eager', ...options }: Options = {},
): Promise<Picture[]> {
  const restorer = await createRestorer({ model: student, engine: { kind }, ...options });
  try {
    const restored: Picture[] = [];
    for (const picture of pictures) restored.push(await restorer.restore(picture));
    return restored;
  } finally {
    restorer.dispose();
  }
}

const restore = async (picture: Picture, options: Options = {}): Promise<Picture> =>
  (await restoreAll([picture], options))[0]!;

describe('a student', () => {
  it('gives scale times the size, for sizes that fit nothing, in [-1, 1]', async () => {
    const restored = await restore(syntheticPicture(7, 19));
    expect([restored.height, restored.width]).toEqual([28, 76]);
    expect(restored.data.every((v) => v >= -1 && v <= 1)).toBe(true);
    expect(new Set(restored.data).size).toBeGreaterThan(100);
  });

  it('gives each picture the same result whatever was restored before', async () => {
    const [a, b] = [syntheticPicture(16, 20), syntheticPicture(16, 20, 1)];
    const [a1, b1] = await restoreAll([a, b]);
    const [b2, a2] = await restoreAll([b, a]);
    expect(a2).toEqual(a1);
    expect(b2).toEqual(b1);
    expect(largestDifference(a1!, b1!)).toBeGreaterThan(0.01);
  });

  it('draws other noise for another seed', async () => {
    const picture = syntheticPicture(16, 16);
    const [first, second] = [await restore(picture, { seed: 1 }), await restore(picture, { seed: 2 })];
    expect(largestDifference(first, second)).toBeGreaterThan(0.01);
  });

  it('gives the same whole and as one tile', async () => {
    const picture = syntheticPicture(16, 24);
    const whole = await restore(picture, { tile: 0 });
    expect(await restore(picture, { tile: 24, overlap: 8 })).toEqual(whole);
  });

  it('restores the first tile from its own pixels alone', async () => {
    const picture = syntheticPicture(16, 40);
    const changed = { ...picture, data: picture.data.slice() };
    changed.data[changed.data.length - 1] = 0.123;
    const options: Options = { tile: 16, overlap: 4, sampler: 'deterministic', model: silent(teacher) };
    const [a, b] = await restoreAll([picture, changed], options);
    // Columns of the first tile that no other tile covers: (16 - 4) * 4.
    const own = { top: 0, left: 0, height: 64, width: 48 };
    expect(crop(a!, own)).toEqual(crop(b!, own));
    expect(a).not.toEqual(b);
  });

  it('reports every evaluation of every tile', async () => {
    const restorer = await createRestorer({ model: student, engine: { kind: 'eager' }, tile: 16, overlap: 4 });
    const seen: RestoreProgress[] = [];
    await restorer.restore(syntheticPicture(16, 40), { onProgress: (progress) => seen.push(progress) });
    restorer.dispose();
    expect(seen).toEqual([1, 2, 3].map((done) => ({ done, total: 3 })));
  });
});

/** The model with a process of almost no noise, so that results depend on pixels only. */
function silent(model: Model): Model {
  return { ...model, diffusion: { ...model.diffusion!, steps: 2, kappa: 1e-30, minNoiseLevel: 1e-32 } };
}

describe('batches', () => {
  it.each([
    ['a student', () => student, undefined],
    ['a teacher in 2 steps', () => teacher, 2],
  ] as const)('change rounding only: %s', async (_, model, steps) => {
    // 3 x 4 tiles: with 5 at a time, two whole batches and two tiles one by one.
    const picture = syntheticPicture(40, 52);
    const options = { model: model(), steps, tile: 16, overlap: 4 };
    const single = await restore(picture, { ...options, batch: 1 });
    const batched = await restore(picture, { ...options, batch: 5 });
    expect(largestDifference(single, batched)).toBeLessThan(1e-4);
  });
});

describe('stopping', () => {
  it.each(['eager', 'compiled'] as const)('ends after the evaluation under way: %s', async (kind) => {
    const restorer = await createRestorer({ model: student, engine: { kind }, tile: 16, overlap: 4 });
    const stop = new AbortController();
    let evaluations = 0;
    const onProgress = () => {
      evaluations++;
      setImmediate(() => stop.abort());
    };
    const run = restorer.restore(syntheticPicture(16, 64), { signal: stop.signal, onProgress });
    await expect(run).rejects.toThrow(/abort/i);
    expect(evaluations).toBe(1);
    restorer.dispose();
  });
});

describe('a student of several timesteps', () => {
  const several: Model = { ...student, extra: { timesteps: '[3, 14, 8]' } };

  it('takes one step, or all that it was trained at', async () => {
    const restorer = await createRestorer({ model: several, engine: { kind: 'eager' }, steps: 3 });
    const seen: RestoreProgress[] = [];
    const picture = syntheticPicture(16, 16);
    const restored = await restorer.restore(picture, { onProgress: (progress) => seen.push(progress) });
    restorer.dispose();
    expect(seen).toEqual([1, 2, 3].map((done) => ({ done, total: 3 })));
    expect(largestDifference(restored, await restore(picture, { model: several }))).toBeGreaterThan(0.01);
    const deterministic = await restore(picture, { model: several, steps: 3, sampler: 'deterministic' });
    expect(largestDifference(restored, deterministic)).toBeGreaterThan(0.01);
  });

  it.each([
    [
      '[3, 14, 8]',
      2,
      /--steps: a student restores in one step, or in those it was trained at; expected 1 or 3; found 2/,
    ],
    ['[3, 15]', 1, /__metadata__\.timesteps: .*expected a list of timesteps of its process; found \[3, 15\]/],
    ['all', 1, /__metadata__\.timesteps: .*found all/],
  ])('of timesteps %s refuses %i', async (timesteps, steps, message) => {
    const model = { ...student, extra: { timesteps } };
    await expect(restore(syntheticPicture(8, 8), { model, steps })).rejects.toThrow(message);
  });
});

describe('a teacher', () => {
  it('takes the number of steps asked for', async () => {
    const restorer = await createRestorer({ model: teacher, engine: { kind: 'eager' }, steps: 3 });
    const seen: RestoreProgress[] = [];
    await restorer.restore(syntheticPicture(16, 16), { onProgress: (progress) => seen.push(progress) });
    restorer.dispose();
    expect(seen.map(({ done }) => done)).toEqual([1, 2, 3]);
  });

  it('taken for a student without noise channels, as SinSR has them, takes one step', async () => {
    const picture = syntheticPicture(16, 16);
    const sinsr: Model = { ...teacher, kind: 'student' };
    const once = await restore(picture, { model: sinsr });
    expect(once).toEqual(await restore(picture, { model: teacher, steps: 1 }));
    expect(largestDifference(once, await restore(picture, { model: teacher, steps: 2 }))).toBeGreaterThan(0.01);
  });

  it('needs all timesteps unless told otherwise', async () => {
    const restorer = await createRestorer({ model: teacher, engine: { kind: 'eager' } });
    let total = 0;
    await restorer.restore(syntheticPicture(8, 8), { onProgress: (progress) => (total = progress.total) });
    restorer.dispose();
    expect(total).toBe(teacher.diffusion!.steps);
  });
});

describe('both engines', () => {
  it.each([
    ['student', () => student, undefined],
    ['teacher in 2 steps', () => teacher, 2],
    ['teacher in 1 step', () => teacher, 1],
  ] as const)('agree: %s, tiled', async (_, model, steps) => {
    const picture = syntheticPicture(16, 28);
    const options = { model: model(), steps, tile: 16, overlap: 4 };
    const [eager, compiled] = [
      await restore(picture, { ...options, kind: 'eager' }),
      await restore(picture, { ...options, kind: 'compiled' }),
    ];
    expect(largestDifference(eager, compiled)).toBeLessThan(1e-3);
  });
});

describe('memory', () => {
  it.each(['eager', 'compiled'] as const)('is given back: %s', async (kind) => {
    const before = tf.memory().numTensors;
    await restoreAll([syntheticPicture(16, 16), syntheticPicture(9, 20)], { kind, tile: 16, overlap: 2 });
    await restore(syntheticPicture(9, 9), { kind, model: teacher, steps: 2 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('wrong use', () => {
  const refusal = (options: Options) => expect(restore(syntheticPicture(8, 8), options)).rejects;

  it('is told in one line', async () => {
    await refusal({ model: { ...student, autoencoder: undefined } }).toThrow(
      /without the autoencoder.*--autoencoder FILE/,
    );
    await refusal({ model: { kind: 'autoencoder', autoencoder: student.autoencoder, extra: {} } }).toThrow(
      'an autoencoder alone restores nothing',
    );
    await refusal({ steps: 15 }).toThrow(
      '--steps: a student restores in one step; expected 1, or no --steps; found 15',
    );
    await refusal({ model: teacher, steps: 16 }).toThrow('expected an integer from 2 to 15; found 16');
    await refusal({ tile: 32, overlap: 32 }).toThrow(
      '--overlap: impossible tiles; expected less than the tile of 32 pixels; found 32',
    );
    await refusal({ overlap: 0, blend: 'feather' }).toThrow('--overlap: impossible tiles; expected at least 1');
    await refusal({ batch: 0 }).toThrow('--batch: impossible tiles; expected a whole number from 1; found 0');
    await refusal({ tile: 3.5 }).toThrow('--tile: impossible tiles');
  });

  it('stops at a decoder that gives no numbers', async () => {
    const { config, tree } = student.autoencoder!;
    const name = 'decoder.conv_out.bias';
    const bias = tree.get(name)!;
    const broken = new Map(tree).set(name, { ...bias, data: bias.data.map(() => NaN) });
    await refusal({ model: { ...student, autoencoder: { config, tree: broken } } }).toThrow('no numbers (NaN)');
  });
});
