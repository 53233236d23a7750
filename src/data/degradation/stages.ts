/**
 * @file The stages of the degradation as programs. Every one takes and gives planes on a canvas of fixed side, with the
 * image in its upper left corner; what varies from batch to batch (sides, filters, kernels, noise) is fed.
 */
import type { Tensors } from '../../engine/tfjs.js';
import type { Engine, Executable, Program, StateAccess, TensorSpec } from '../../engine/types.js';
import { CHANNELS } from '../../images/pixels.js';
import { simulatedJpeg } from './jpeg_simulated.js';
import { gaussianNoise, poissonNoise, type CountSampler, type NoiseInputs } from './noise.js';
import type { NoiseDraws } from './noise_draws.js';
import { filterPlanes, resample, toPlanes } from './planes.js';
import { poissonCounts, poissonTable } from './poisson.js';
import { sharpen } from './sharpen.js';

/** Resident group of the stages. */
const TABLES = 'degradation tables';
const POISSON = 'poisson';

const float = (...shape: readonly number[]): TensorSpec => ({ shape, dtype: 'float32' });

/** The stages for so many samples at a time, each traced when it is first asked for. */
export class DegradationStages {
  private readonly prepared = new Map<string, Executable>();

  private constructor(
    private readonly engine: Engine,
    private readonly samples: number,
  ) {}

  /** @param samples B, images that go through a stage together */
  static async create(engine: Engine, samples: number): Promise<DegradationStages> {
    // Not as constants, which TensorFlow would read through whenever it compiles a program.
    if (!engine.has(TABLES)) await engine.define({ [TABLES]: new Map([[POISSON, poissonTable()]]) });
    return new DegradationStages(engine, samples);
  }

  /** `images` [B, side, side, 3] to `planes`, sharpened if so asked. */
  load(side: number, sharpened: boolean): Executable {
    const inputs = { images: float(this.samples, side, side, CHANNELS) };
    return this.program(`degradation: load ${side}${sharpened ? ', sharpen' : ''}`, inputs, (given) => {
      const planes = toPlanes(given['images']!);
      return { planes: sharpened ? sharpen(planes) : planes };
    });
  }

  /** Filters each sample by its kernel; `reflection` continues the image over its border. */
  blur(canvas: number, kernel: number): Executable {
    const inputs = {
      planes: this.planes(canvas),
      reflection: float(canvas + kernel - 1, canvas),
      kernels: float(this.samples, kernel, kernel),
    };
    return this.program(`degradation: blur ${canvas} by ${kernel}`, inputs, (given) => ({
      planes: filterPlanes(resample(given['planes']!, given['reflection']!), given['kernels']!),
    }));
  }

  /** Resizes by `matrix` [to, from]. */
  resize(from: number, to: number): Executable {
    const inputs = { planes: this.planes(from), matrix: float(to, from) };
    return this.program(`degradation: resize ${from} to ${to}`, inputs, (given) => ({
      planes: resample(given['planes']!, given['matrix']!),
    }));
  }

  /** Resizes by `matrix`, then adds noise; zero outside the image. */
  resizeAndNoise(from: number, to: number, kind: NoiseDraws['kind']): Executable {
    const inputs = {
      planes: this.planes(from),
      matrix: float(to, from),
      colour: float(this.samples, to, to, CHANNELS),
      grey: kind === 'gaussian' ? float(to, to) : float(to, to, this.samples),
      colourLevel: float(this.samples),
      greyLevel: float(this.samples),
      mask: float(to, to, 1),
    };
    return this.program(`degradation: resize ${from} to ${to}, ${kind} noise`, inputs, (given, state) => {
      const planes = resample(given['planes']!, given['matrix']!);
      const noise = { ...given, colour: toPlanes(given['colour']!) } as unknown as NoiseInputs;
      if (kind === 'gaussian') return { planes: gaussianNoise(planes, noise) };
      const table = state.read(TABLES)[POISSON]!;
      const sampler: CountSampler =
        kind === 'poisson'
          ? (levels, exponents, uniforms) => poissonCounts(table, levels, exponents, uniforms)
          : (_levels, _exponents, counts) => counts;
      return { planes: poissonNoise(planes, noise, sampler) };
    });
  }

  /** JPEG by quantisation factors. */
  jpeg(canvas: number): Executable {
    const inputs = { planes: this.planes(canvas), factors: float(this.samples) };
    return this.program(`degradation: jpeg ${canvas}`, inputs, (given) => ({
      planes: simulatedJpeg(given['planes']!, given['factors']!),
    }));
  }

  private planes(side: number): TensorSpec {
    return float(side, side, this.samples * CHANNELS);
  }

  private program(
    name: string,
    inputs: Program['inputs'],
    body: (given: Tensors, state: StateAccess) => Tensors,
  ): Executable {
    const known = this.prepared.get(name) ?? this.engine.prepare({ name, inputs, body });
    this.prepared.set(name, known);
    return known;
  }
}
