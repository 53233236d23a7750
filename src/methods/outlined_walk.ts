/** @file The programs of a walk down timesteps among what an iteration runs. */
import type { OutlinedProgram } from '../optimizer/outline.js';
import type { BatchSize, RestorationModel } from '../teacher/restoration_model.js';
import { walkPrograms, type WalkPlan } from '../teacher/walk.js';

/** @param options.walks How many walks of a batch of this size an iteration makes. */
export function outlinedWalk(
  model: RestorationModel,
  plan: WalkPlan,
  unetGroup: string,
  { batch, walks }: { readonly batch: BatchSize; readonly walks: number },
): Readonly<Record<string, OutlinedProgram>> {
  const { start, step } = walkPrograms(model, plan, unetGroup, batch);
  return {
    'start of a walk': { program: start, times: walks },
    'step of a walk': { program: step, times: walks * plan.timesteps.length },
  };
}
