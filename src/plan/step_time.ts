/** @file Seconds of a run's iterations, from a micro-batch of each update on networks with fresh weights. */
import type { RunConfig } from '../config/schema.js';
import { createEngine } from '../engine/engine.js';
import type { HostArray } from '../engine/host_array.js';
import { timedPrograms } from '../engine/timed_programs.js';
import type { Engine, TensorSpec } from '../engine/types.js';
import { outlineRun } from '../methods/table.js';
import { freshParams } from '../models/fresh.js';
import { treeToMemory } from '../models/layout.js';
import { adamwConfig, adamwScalars } from '../optimizer/adamw.js';
import { defineNetworks } from '../optimizer/outline.js';
import { createUpdate, updatePrograms, type UpdateSpec } from '../optimizer/update.js';
import { CountedRandom } from '../random/counted.js';
import type { PlannedProgram } from './traced_run.js';

/** What was measured. */
export interface StepTime {
  /** Seconds of one run by program. */
  readonly programs: ReadonlyMap<string, number>;
  /** Seconds of an iteration, all runs of all programs added up. */
  readonly seconds: number;
}

/**
 * Runs the first micro-batches of each update of `config` and takes the time of the last. Weights are fresh and images are
 * noise: how long a step takes does not depend on them. Nothing is read and nothing is left behind.
 * @param programs The run's programs, for how often each runs.
 */
export async function measureSteps(
  config: RunConfig,
  programs: readonly PlannedProgram[],
  log: (line: string) => void,
): Promise<StepTime> {
  const { seed, train, engine: engineConfig } = config;
  const outline = outlineRun(config);
  const engine = createEngine({ kind: engineConfig.kind, threads: engineConfig.threads });
  try {
    log('making networks with fresh weights');
    const fresh = outline.networks.map(
      ({ group, specs }) => [group, () => treeToMemory(freshParams(specs, seed))] as const,
    );
    await defineNetworks(engine, outline, Object.fromEntries(fresh));
    const last = new Map<string, number>();
    const timing = timedPrograms(engine, (program, seconds) => last.set(program, seconds));
    for (const { spec } of Object.values(outline.updates)) {
      log(`timing the ${spec.name}, micro-batch ${train.microBatch}: compiling, then one like all others`);
      for (const name of await runUpdate(timing, spec, config, outline.microBatches)) {
        log(`${name}: ${last.get(name)!.toFixed(2)} s`);
      }
    }
    for (const { program } of Object.values(outline.programs ?? {})) {
      log(`timing ${program.name}: compiling, then one like all others`);
      const executable = timing.prepare(program);
      const feeds = noise(program.inputs, seed);
      for (let run = 0; run < 2; run++) await executable.run(feeds);
      log(`${program.name}: ${last.get(program.name)!.toFixed(2)} s`);
    }
    const seconds = programs.reduce((sum, { name, runs }) => sum + runs * last.get(name)!, 0);
    return { programs: last, seconds };
  } finally {
    engine.dispose();
  }
}

/** Makes an update so often that each of its programs runs twice: the first run compiles. @returns Their names. */
async function runUpdate(
  engine: Pick<Engine, 'prepare'>,
  spec: UpdateSpec,
  { seed, train }: RunConfig,
  microBatches: number,
): Promise<string[]> {
  const parts = Math.min(2, microBatches);
  const decay = train.weightDecay > 0;
  const update = createUpdate(engine, spec, parts, decay);
  const feeds = noise(spec.inputs, seed);
  for (let step = 1; step <= 3 - parts; step++) {
    await update.run(
      () => Promise.resolve(feeds),
      () => adamwScalars(adamwConfig(train), train.lr, step),
      train.ema,
    );
  }
  return updatePrograms(spec, parts, decay).map(({ name }) => name);
}

/** Uniform noise for images and draws; timestep 0. */
function noise(inputs: Readonly<Record<string, TensorSpec>>, seed: number): Record<string, HostArray> {
  const entries = Object.entries(inputs).map(([name, { shape, dtype }]): [string, HostArray] => {
    const length = shape.reduce((a, b) => a * b, 1);
    if (dtype === 'int32') return [name, { shape, data: new Int32Array(length) }];
    const random = new CountedRandom({ seed, purpose: `measured step ${name}` });
    return [name, { shape, data: Float32Array.from({ length }, () => random.uniform(-1, 1)) }];
  });
  return Object.fromEntries(entries);
}
