/** @file How a walk goes from one timestep to the next, by name; a file that does not start TensorFlow (help texts show it). */

/** `stochastic`: ResShift's own sampler; `deterministic`: SinSR's, without noise in the steps. */
export const STEP_SAMPLERS = ['stochastic', 'deterministic'] as const;
export type StepSampler = (typeof STEP_SAMPLERS)[number];
