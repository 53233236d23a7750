/** @file A metric's network: weights that stay on the device, one graph for each size of image, a bounded number of graphs. */
import { createEngine } from '../engine/engine.js';
import type { HostArray } from '../engine/host_array.js';
import type { Params, Tensors } from '../engine/tfjs.js';
import type { Engine, Executable } from '../engine/types.js';
import type { HostTree } from '../weights/tree.js';

const WEIGHTS = 'metric';
/** Graphs are only freed with their engine, which is made anew when there are this many. */
const MAX_GRAPHS = 16;

/** A pure function of arrays and weights; arrays of any shape. */
export class MetricNetwork {
  private engine: Engine | undefined;
  private readonly programs = new Map<string, Executable>();

  /** @param weights Memory layout. */
  constructor(
    private readonly weights: HostTree,
    private readonly body: (params: Params, inputs: Tensors) => Tensors,
  ) {}

  /** Values of `body` on these arrays (float32 or int32 by the array's type). */
  async run(inputs: Readonly<Record<string, HostArray>>): Promise<Record<string, HostArray>> {
    const key = Object.values(inputs)
      .map(({ shape }) => shape.join('x'))
      .join(' ');
    const program = this.programs.get(key) ?? (await this.prepare(key, inputs));
    return program.run(inputs);
  }

  dispose(): void {
    this.programs.clear();
    this.engine?.dispose();
    this.engine = undefined;
  }

  private async prepare(key: string, inputs: Readonly<Record<string, HostArray>>): Promise<Executable> {
    if (this.programs.size === MAX_GRAPHS) this.dispose();
    if (!this.engine) {
      this.engine = createEngine({ kind: 'compiled' });
      await this.engine.define({ [WEIGHTS]: this.weights });
    }
    const program = this.engine.prepare({
      name: `metric ${key}`,
      inputs: Object.fromEntries(
        Object.entries(inputs).map(([name, { shape, data }]) => {
          return [name, { shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' }];
        }),
      ),
      body: (tensors, state) => this.body(state.read(WEIGHTS), tensors),
    });
    this.programs.set(key, program);
    return program;
  }
}
