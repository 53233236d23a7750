/** @file A run's networks and programs with their sizes, found by tracing without weights or a session. */
import type { RunConfig } from '../config/schema.js';
import { PlanningEngine } from '../engine/planning_engine.js';
import { outlineRun } from '../methods/table.js';
import { groupsOf, memoryShapes, type OutlinedNetwork, type ResidentGroup } from '../optimizer/outline.js';
import { updatePrograms } from '../optimizer/update.js';

const FLOAT_BYTES = 4;

/** A network with what it keeps resident. */
export interface PlannedNetwork {
  readonly group: string;
  readonly role: OutlinedNetwork['role'];
  readonly parameters: number;
  /** Bytes by purpose; absent where it keeps none. */
  readonly bytes: Readonly<Partial<Record<ResidentGroup['purpose'], number>>>;
}

/** A program of an iteration. */
export interface PlannedProgram {
  readonly name: string;
  /** The update it belongs to (or its own name), and whether it takes a micro-batch (or applies what they added up to). */
  readonly update: string;
  readonly takesSamples: boolean;
  /** Runs in one iteration. */
  readonly runs: number;
  /** Operations that one run goes through. */
  readonly operations: number;
  /** Most bytes of results alive at a time. */
  readonly peakBytes: number;
}

/** The networks of a run. */
export function plannedNetworks(config: RunConfig): PlannedNetwork[] {
  const { networks, microBatches } = outlineRun(config);
  return networks.map((network) => {
    const parameters = network.specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    const bytes: Partial<Record<ResidentGroup['purpose'], number>> = {};
    for (const { purpose } of groupsOf(network, microBatches)) {
      bytes[purpose] = (bytes[purpose] ?? 0) + parameters * FLOAT_BYTES;
    }
    return { group: network.group, role: network.role, parameters, bytes };
  });
}

/** Resident bytes of networks. */
export function stateBytes(networks: readonly PlannedNetwork[]): number {
  return networks.flatMap(({ bytes }) => Object.values(bytes)).reduce((a, b) => a + b, 0);
}

/** The programs of an iteration, and the operations of the graph that holds them all. */
export function plannedPrograms(config: RunConfig): { programs: PlannedProgram[]; operations: number } {
  const { networks, updates, programs: others = {}, microBatches } = outlineRun(config);
  const engine = new PlanningEngine();
  try {
    for (const network of networks) {
      const shapes = memoryShapes(network);
      const groups = groupsOf(network, microBatches).map(({ group }) => [group, shapes] as const);
      engine.define(Object.fromEntries(groups));
    }
    const ofUpdates = Object.entries(updates).flatMap(([update, { spec, times }]) =>
      updatePrograms(spec, microBatches, config.train.weightDecay > 0).map((program, index): PlannedProgram => {
        const takesSamples = index === 0;
        const runs = takesSamples ? times * microBatches : times;
        return { name: program.name, update, takesSamples, runs, ...engine.measure(program) };
      }),
    );
    const besides = Object.entries(others).map(([update, { program, times: runs }]): PlannedProgram => {
      return { name: program.name, update, takesSamples: true, runs, ...engine.measure(program) };
    });
    return { programs: [...besides, ...ofUpdates], operations: engine.operations };
  } finally {
    engine.dispose();
  }
}
