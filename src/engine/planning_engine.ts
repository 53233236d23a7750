/** @file Programs traced without a session, weights or memory for them: what each would need is computed. */
import type { GroupShapes } from './graph_state.js';
import { ProgramGraph } from './program_graph.js';
import { runMemory, type RunMemory } from './run_memory.js';
import type { Program } from './types.js';

/** The twin of `CompiledEngine` that runs nothing. */
export class PlanningEngine {
  private readonly programs = new ProgramGraph();

  /** Makes resident groups known by names and shapes (memory layout). */
  define(groups: Readonly<Record<string, GroupShapes>>): void {
    for (const [group, shapes] of Object.entries(groups)) this.programs.state.addVariables(group, shapes);
  }

  /** Memory that running `program` would take besides the resident groups. */
  measure(program: Program): RunMemory {
    return runMemory(this.programs.graph, this.programs.trace(program));
  }

  /** Operations of the graph so far, state included. */
  get operations(): number {
    return this.programs.graph.nodes.size;
  }

  dispose(): void {
    this.programs.dispose();
  }
}
