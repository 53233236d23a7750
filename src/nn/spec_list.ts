/** @file Writing down a network's parameters in official order with the official fresh initialisation. */
import type { Init, ParamSpec } from './param_spec.js';

const constant = (value: number): Init => ({ kind: 'constant', value });

/** Collects specs; each method adds one layer under its official name. */
export class SpecList {
  readonly specs: ParamSpec[] = [];

  add(name: string, shape: readonly number[], init: Init): void {
    this.specs.push({ name, shape, init });
  }

  private weighted(name: string, shape: readonly number[], init: Init): void {
    this.add(`${name}.weight`, shape, init);
    this.add(`${name}.bias`, [shape[0]!], init);
  }

  /** Square convolution with bias, official shape [outputs, inputs, size, size]. */
  conv(name: string, inputs: number, outputs: number, size: 1 | 3, zero = false): void {
    const init: Init = zero ? constant(0) : { kind: 'fan-in', fanIn: inputs * size * size };
    this.weighted(name, [outputs, inputs, size, size], init);
  }

  /** Linear layer with bias, official shape [outputs, inputs]. */
  linear(name: string, inputs: number, outputs: number): void {
    this.weighted(name, [outputs, inputs], { kind: 'fan-in', fanIn: inputs });
  }

  /** Affine norm. */
  norm(name: string, channels: number): void {
    this.add(`${name}.weight`, [channels], constant(1));
    this.add(`${name}.bias`, [channels], constant(0));
  }
}
