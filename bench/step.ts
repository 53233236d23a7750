/** @file Benchmark `step`: one plain training step of the U-Net. */
import { tf } from '../src/engine/tfjs.js';
import { unet, type UNetInputs } from '../src/nn/unet.js';
import { adamwScalars } from '../src/optimizer/adamw.js';
import { EMA, startingGroups } from '../src/optimizer/outline.js';
import { createUpdate } from '../src/optimizer/update.js';
import { timed, type Benchmark } from './benchmark.js';
import { unetCase } from './unet_inputs.js';

const NETWORK = 'unet';
const OPTIMIZER = { betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0 } as const;
const LR = 5e-5;
const EMA_RATE = 0.999;

/** Forward, mean squared error to x, backward, AdamW, moving average: everything a training step has but its data. */
export const step: Benchmark = {
  async prepare(engine, measured) {
    const { config, tree, feeds, inputs } = await unetCase(measured);
    await engine.define(startingGroups({ group: NETWORK, role: 'averaged' }, 1, tree));
    const update = createUpdate(
      engine,
      {
        name: 'training step',
        groups: [NETWORK],
        inputs,
        ema: { group: EMA, source: NETWORK },
        loss: (given, params) => {
          const { x, t, lq } = given as unknown as UNetInputs;
          const total = tf.mean(tf.squaredDifference(unet(params[NETWORK]!, config, { x, t, lq }), x));
          return { total, terms: {} };
        },
      },
      1,
      false,
    );
    let count = 0;
    return async () => {
      const scalars = adamwScalars(OPTIMIZER, LR, ++count);
      return {
        step: await timed(() =>
          update.run(
            () => Promise.resolve(feeds),
            () => scalars,
            EMA_RATE,
          ),
        ),
      };
    };
  },
};
