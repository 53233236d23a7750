/** @file Benchmark `forward`: one forward pass of the U-Net, as inference runs it. */
import { unet, type UNetInputs } from '../src/nn/unet.js';
import { timed, type Benchmark } from './benchmark.js';
import { unetCase } from './unet_inputs.js';

const NETWORK = 'unet';

/** Forward pass with weights that never change: constants of the graph when compiled. */
export const forward: Benchmark = {
  async prepare(engine, measured) {
    const { config, tree, feeds, inputs } = await unetCase(measured);
    await engine.define({ [NETWORK]: tree }, { constants: true });
    const pass = engine.prepare({
      name: 'forward pass',
      inputs,
      body: (given, state) => ({ y: unet(state.read(NETWORK), config, given as unknown as UNetInputs) }),
    });
    return async () => ({ forward: await timed(() => pass.run(feeds)) });
  },
};
