/** @file One update of the student so that the fake matches the teacher (RSD algorithm 1, line of the generator). */
import type { Tensor } from '../engine/tfjs.js';
import type { StateAccess } from '../engine/types.js';
import { HEAD_GROUP } from '../fake/gan_head.js';
import { FAKE_GROUP } from '../fake/update.js';
import { weightedSum } from '../losses/weighted_sum.js';
import { EMA } from '../optimizer/outline.js';
import type { UpdateSpec } from '../optimizer/update.js';
import { TEACHER_GROUP } from '../teacher/update.js';
import { boundModel, inputsOf, type RsdUpdateContext } from './distillation.js';
import { studentLosses, type StudentInputs, type StudentObjective } from './losses.js';
import { encodeBatch, type BatchLatents } from './sample.js';

/** Resident group of the student's parameters. */
export const STUDENT_GROUP = 'student';

/** One update of the student, and of its moving average. */
export function studentUpdateSpec(context: RsdUpdateContext): UpdateSpec {
  const { gan, perceptual, mse } = context.rsd;
  return {
    name: 'student update',
    groups: [STUDENT_GROUP],
    inputs: inputsOf(context, 'student'),
    ema: { group: EMA, source: STUDENT_GROUP },
    recompute: context.recompute,
    constants: (given, state) => ({
      ...encodeBatch(boundModel(context, state), given as unknown as StudentInputs),
    }),
    loss: (given, params, state, latents) => {
      const judges = {
        teacher: state.read(TEACHER_GROUP),
        fake: state.read(FAKE_GROUP),
        ...(context.head ? { head: state.read(HEAD_GROUP) } : {}),
      };
      const terms = studentLosses(
        boundModel(context, state),
        { student: params[STUDENT_GROUP]!, ...judges },
        latents as unknown as BatchLatents,
        given as unknown as StudentInputs,
        objective(context, state),
      );
      return {
        total: weightedSum(terms, { gan: gan.weight, perceptual: perceptual.weight, mse: mse.weight }),
        terms,
      };
    },
  };
}

function objective({ rsd, loss, head, perceptual }: RsdUpdateContext, state: StateAccess): StudentObjective {
  const { powerTen, sidNormalization, mse } = rsd;
  const metric = (decoded: Tensor, hr: Tensor): Tensor => perceptual!.distance(state, decoded, hr);
  return {
    distillation: { loss, powerTen, sidNormalization },
    gan: head !== undefined,
    ...(perceptual ? { perceptual: { metric, from: rsd.perceptual.from } } : {}),
    ...(mse.weight > 0 ? { mse: { space: mse.space } } : {}),
  };
}
