/** @file Fresh parameters of a network, drawn from a seed. */
import type { ParamSpec } from '../nn/param_spec.js';
import { CountedRandom } from '../random/counted.js';
import type { HostTree } from '../weights/tree.js';

/** Parameters in official layout as `specs` say they start; a function of (seed, parameter name). */
export function freshParams(specs: readonly ParamSpec[], seed: number): HostTree {
  return new Map(
    specs.map((spec) => {
      const random = new CountedRandom({ seed, purpose: `fresh parameter ${spec.name}` });
      const data = new Float32Array(spec.shape.reduce((a, b) => a * b, 1));
      for (let i = 0; i < data.length; i++) data[i] = draw(spec, random);
      return [spec.name, { shape: spec.shape, data }];
    }),
  );
}

function draw({ init }: ParamSpec, random: CountedRandom): number {
  switch (init.kind) {
    case 'constant':
      return init.value;
    case 'fan-in': {
      const bound = 1 / Math.sqrt(init.fanIn);
      return random.uniform(-bound, bound);
    }
    case 'uniform':
      return random.uniform(-init.bound, init.bound);
    case 'truncated-normal': {
      let value = random.normal();
      while (Math.abs(value) > 2) value = random.normal();
      return value * init.std;
    }
  }
}
