/** @file One update of the fake, and of the head on it, on the student's outputs (RSD algorithm 1, lines of the fake). */
import type { Tensors } from '../engine/tfjs.js';
import type { StateAccess, TensorSpec } from '../engine/types.js';
import { weightedSum } from '../losses/weighted_sum.js';
import type { UpdateSpec } from '../optimizer/update.js';
import { HEAD_GROUP } from './gan_head.js';
import { fakeLosses, type FakeInputs, type FakeModel, type FakeSample } from './losses.js';

/** Resident group of the fake's parameters. */
export const FAKE_GROUP = 'fake';

/** What an update of the fake depends on. */
export interface FakeUpdateContext {
  readonly model: FakeModel;
  readonly ganWeight: number;
  /** Inputs of one micro-batch; among them those of {@link FakeInputs}. */
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /** The student's outputs on a micro-batch, without gradient. */
  sample(inputs: Tensors, state: StateAccess): FakeSample;
  /** Whether activations are computed again for the gradient instead of kept. */
  readonly recompute?: boolean;
}

/** One update of the fake (and its head) on the student's outputs. */
export function fakeUpdate({ model, ganWeight, inputs, sample, recompute }: FakeUpdateContext): UpdateSpec {
  return {
    name: 'fake update',
    groups: model.head ? [FAKE_GROUP, HEAD_GROUP] : [FAKE_GROUP],
    inputs,
    recompute,
    constants: (given, state) => ({ ...sample(given, state) }),
    loss: (given, params, _, sampled) => {
      const terms = fakeLosses(
        model,
        { fake: params[FAKE_GROUP]!, head: params[HEAD_GROUP] },
        sampled as unknown as FakeSample,
        given as unknown as FakeInputs,
      );
      return { total: weightedSum(terms, { gan: ganWeight }), terms };
    },
  };
}
