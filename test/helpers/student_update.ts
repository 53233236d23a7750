/** @file RSD's student update on golden networks and draws, with fed weights of its terms: values and both gradients. */
import type { HostArray } from '../../src/engine/host_array.js';
import { tf, type Params, type Tensor, type Tensors } from '../../src/engine/tfjs.js';
import type { Engine, StateAccess } from '../../src/engine/types.js';
import type { Terms } from '../../src/fake/losses.js';
import { lpips } from '../../src/losses/lpips.js';
import { lossGradients, type LossValue } from '../../src/optimizer/gradients.js';
import { generate } from '../../src/student/generate.js';
import { outputLosses, studentLosses, type JudgeParams, type StudentObjective } from '../../src/student/losses.js';
import { type BatchLatents, encodeBatch, type RsdInputs, type RsdModel } from '../../src/student/sample.js';
import { prepareFor } from './evaluate.js';
import { rsdInputs, type GoldenDistillation } from './golden_rsd.js';
import { groupResults } from './param_groups.js';
import { choice, chosenTerms } from './term_choice.js';

/** Resident groups that updates read, besides the golden distillation's. */
export const LPIPS = 'lpips';

/** What a program computes its losses from. */
export interface RsdUpdate {
  readonly model: RsdModel;
  readonly params: Required<JudgeParams> & { readonly student: Params; readonly lpips: Params };
  readonly draws: RsdInputs;
  readonly latents: BatchLatents;
}

/** The parts of an update inside a program over golden draws. */
export function rsdUpdate(distillation: GoldenDistillation, inputs: Tensors, state: StateAccess): RsdUpdate {
  const model = distillation.model(state.read('autoencoder'));
  const draws = rsdInputs(inputs);
  const params = {
    student: state.read('student'),
    teacher: state.read('teacher'),
    fake: state.read('fake'),
    head: state.read('head'),
    lpips: state.read(LPIPS),
  };
  return { model, params, draws, latents: encodeBatch(model, draws) };
}

/** Losses to be differentiated by the student's parameters and, at a given output z0_hat, by that output. */
export interface StudentTerms {
  readonly ofOutput: (update: RsdUpdate, z0Hat: Tensor) => Terms;
  /** The same of the student's own output; by default with {@link generate}. */
  readonly ofStudent?: (update: RsdUpdate) => Terms;
}

/** The losses of an objective; `perceptual` adds LPIPS with the resident AlexNet, on the same output. */
export function termsOf(
  objective: Omit<StudentObjective, 'perceptual'>,
  { perceptual = false }: { perceptual?: boolean } = {},
): StudentTerms {
  const bound = ({ params }: RsdUpdate): StudentObjective => {
    if (!perceptual) return objective;
    const metric = (a: Tensor, b: Tensor): Tensor => lpips('alex', params.lpips, a, b);
    return { ...objective, perceptual: { from: 'same', metric } };
  };
  return {
    ofStudent: (update) => studentLosses(update.model, update.params, update.latents, update.draws, bound(update)),
    ofOutput: (update, z0Hat) =>
      outputLosses(update.model, update.params, { z0Hat }, update.latents, update.draws, bound(update)),
  };
}

function generated({ model, params, draws, latents }: RsdUpdate): Tensor {
  const { lq, tn, eps } = draws;
  const generator = { process: model.process, unet: model.studentUnet };
  return generate(generator, params.student, { zt: latents.ztn, t: tn, lq, zy: latents.zy, eps });
}

/**
 * A student update: its terms, `total` (their sum, each times its fed weight), `student/...` (gradients of the sum by the
 * student's parameters) and `byOutput` (by the student's output, [B, h, w, C]).
 *
 * Op by op the gradient by the output is taken at `feeds.z0_hat`. A compiled program would take seconds more for that second
 * copy of the networks: there, a zero is added to the student's output, and its gradient is the output's.
 */
export function studentUpdate(
  engine: Engine,
  distillation: GoldenDistillation,
  feeds: Readonly<Record<string, HostArray>>,
  names: readonly string[],
  { ofOutput, ofStudent = (update) => ofOutput(update, generated(update)) }: StudentTerms,
): (weights: Readonly<Record<string, number>>) => Promise<Record<string, HostArray>> {
  const program = prepareFor(engine, { ...feeds, ...choice(names) }, (inputs, state) => {
    const update = rsdUpdate(distillation, inputs, state);
    const { student } = update.params;
    const value = (terms: Terms): LossValue => ({ terms, total: chosenTerms(inputs, terms) });
    const z0Hat = inputs['z0_hat']!;
    if (engine.kind === 'eager') {
      const { total, terms, grads } = lossGradients({ student }, () => value(ofStudent(update)));
      const leaf = lossGradients({ leaf: { z0Hat } }, () => value(ofOutput(update, z0Hat)));
      return {
        ...terms,
        total,
        ...groupResults('student', grads['student']!),
        byOutput: leaf.grads['leaf']!['z0Hat']!,
      };
    }
    const zero = tf.zerosLike(z0Hat);
    const { total, terms, grads } = lossGradients({ student, leaf: { zero } }, () =>
      value(ofOutput(update, tf.add(generated(update), zero))),
    );
    return { ...terms, total, ...groupResults('student', grads['student']!), byOutput: grads['leaf']!['zero']! };
  });
  return (weights) => program.run({ ...feeds, ...choice(names, weights) });
}
