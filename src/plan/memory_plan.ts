/** @file How much memory a run will take, computed before anything is allocated (docs/memory.md). */
import type { RunConfig } from '../config/schema.js';
import { degradationBytes, gpuParts, hostParts, type MemoryPart } from './process_parts.js';
import {
  plannedNetworks,
  plannedPrograms,
  stateBytes,
  type PlannedNetwork,
  type PlannedProgram,
} from './traced_run.js';

/** What is known of the process that will train. */
export interface PlanOptions {
  /** Resident bytes of a process in which everything is loaded and nothing has begun. */
  readonly baseBytes: number;
  /** Whether programs run on a GPU. */
  readonly gpu: boolean;
}

/** Where the memory goes with micro-batches of one size. */
export interface MicroBatchPlan {
  readonly microBatch: number;
  readonly host: readonly MemoryPart[];
  /** Present if programs run on a GPU. */
  readonly gpu?: readonly MemoryPart[];
}

/** The plan of a run. */
export interface MemoryPlan extends MicroBatchPlan {
  readonly networks: readonly PlannedNetwork[];
  readonly programs: readonly PlannedProgram[];
  /** Bytes that each further sample of a micro-batch adds to a run of an update's program; absent for batches of one. */
  readonly bytesPerSample: Readonly<Record<string, number>>;
  /** The same run with micro-batches of every size, smallest first. */
  readonly choices: readonly MicroBatchPlan[];
}

/** Sum of parts, bytes. */
export const totalBytes = (parts: readonly MemoryPart[]): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);

/** Plans a run. Reads no file and allocates no tensor; takes seconds at official size, since programs are traced. */
export function planMemory(config: RunConfig, options: PlanOptions): MemoryPlan {
  const { batch, microBatch } = config.train;
  const sizes = Array.from({ length: batch }, (_, i) => i + 1).filter((size) => batch % size === 0);
  const { programs, operations } = plannedPrograms(config);
  // A run of another size tells what each sample takes.
  const other = sizes.find((size) => size !== microBatch);
  const otherPrograms = other === undefined ? [] : plannedPrograms(withMicroBatch(config, other)).programs;
  const bytesPerSample: Record<string, number> = {};
  for (const { update, peakBytes } of programs.filter(({ takesSamples }) => takesSamples)) {
    const twin = otherPrograms.find((program) => program.takesSamples && program.update === update);
    if (twin) bytesPerSample[update] = (peakBytes - twin.peakBytes) / (microBatch - other!);
  }
  const runBytes = (size: number): number =>
    Math.max(
      ...programs.map(({ peakBytes, update, takesSamples }) =>
        takesSamples ? peakBytes + (bytesPerSample[update] ?? 0) * (size - microBatch) : peakBytes,
      ),
    );
  const choice = (size: number): MicroBatchPlan => {
    const sized = withMicroBatch(config, size);
    const networks = plannedNetworks(sized);
    const sizesOf = {
      networks,
      operations,
      stateBytes: stateBytes(networks),
      runBytes: runBytes(size),
      degradationBytes: degradationBytes(sized),
    };
    return {
      microBatch: size,
      host: hostParts(sized, sizesOf, options),
      ...(options.gpu ? { gpu: gpuParts(sizesOf) } : {}),
    };
  };
  return {
    ...choice(microBatch),
    networks: plannedNetworks(config),
    programs,
    bytesPerSample,
    choices: sizes.map(choice),
  };
}

const withMicroBatch = (config: RunConfig, microBatch: number): RunConfig => ({
  ...config,
  train: { ...config.train, microBatch },
});

/** Memory that a run may take, bytes. */
export interface MemoryLimits {
  readonly host: number;
  readonly gpu?: number;
}

/** Whether expected peaks stay within what there is. */
export function fits({ host, gpu }: MicroBatchPlan, limits: MemoryLimits): boolean {
  return totalBytes(host) <= limits.host && (!gpu || totalBytes(gpu) <= (limits.gpu ?? 0));
}

/** The largest micro-batch that fits; undefined if none does. */
export function largestFitting({ choices }: MemoryPlan, limits: MemoryLimits): number | undefined {
  return choices.findLast((choice) => fits(choice, limits))?.microBatch;
}
