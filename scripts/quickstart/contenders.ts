/** @file What the quickstart compares: ways from a low-resolution picture to a high-resolution one, and running them. */
import type { EngineOptions } from '../../src/engine/engine.js';
import type { Picture } from '../../src/images/picture.js';
import { resize } from '../../src/images/resize.js';
import type { Model } from '../../src/models/model.js';
import { createRestorer, type Restorer } from '../../src/restore/restorer.js';

/** One row of the table. */
export interface Contender {
  readonly label: string;
  /** Loads it. */
  open(): Promise<Pick<Restorer, 'restore' | 'dispose'>>;
}

/** Bicubic enlargement as MATLAB's imresize has it (a = -0.5), clamped. */
export function bicubicContender(scale: number): Contender {
  const restore = (lq: Picture): Promise<Picture> => {
    const { height, width, data } = resize(lq, 'imresize', lq.height * scale, lq.width * scale);
    return Promise.resolve({ height, width, data: data.map((v) => Math.min(Math.max(v, -1), 1)) });
  };
  return { label: 'bicubic', open: () => Promise.resolve({ restore, dispose: () => undefined }) };
}

/** `1 step`, `15 steps`. */
export function stepCount(steps: number): string {
  return `${steps} step${steps === 1 ? '' : 's'}`;
}

/**
 * A student, or a teacher in `steps` steps.
 * @param name Of the row; the number of steps is added.
 */
export function modelContender(name: string, model: Model, steps: number, engine: EngineOptions): Contender {
  return { label: `${name}, ${stepCount(steps)}`, open: () => createRestorer({ model, engine, steps }) };
}

/** What came of a contender. */
export interface Restorations {
  readonly label: string;
  /** One for each picture, in order. */
  readonly pictures: readonly Picture[];
  /** Median over the pictures, without the time of loading and of compiling a graph for their size. */
  readonly secondsPerImage: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Restores pictures of one size.
 * @param pictures At least one, [h, w, 3] in [-1, 1].
 */
export async function restoreAll(contender: Contender, pictures: readonly Picture[]): Promise<Restorations> {
  const restorer = await contender.open();
  try {
    // The first restoration of a size compiles the graph.
    await restorer.restore(pictures[0]!);
    const restored: Picture[] = [];
    const seconds: number[] = [];
    for (const picture of pictures) {
      const begin = performance.now();
      restored.push(await restorer.restore(picture));
      seconds.push((performance.now() - begin) / 1000);
    }
    return { label: contender.label, pictures: restored, secondsPerImage: median(seconds) };
  } finally {
    restorer.dispose();
  }
}
