/** @file Programs traced into one graph over its resident state, with or without a session to run them. */
import type { Output, Pointer } from './c_api.js';
import { DataType } from './c_api.js';
import { Graph } from './graph.js';
import { GraphState } from './graph_state.js';
import { GraphUpdates } from './graph_updates.js';
import { Tracer } from './tracer.js';
import type { Program } from './types.js';

/** A program as a part of the graph. */
export interface TracedProgram {
  /** Names of the inputs and the placeholders that take them, in the same order. */
  readonly inputs: readonly string[];
  readonly feeds: readonly Output[];
  /** Names of the results and where to read them, in the same order. */
  readonly outputs: readonly string[];
  readonly fetches: readonly Output[];
  /** Guards and updates that a run must trigger. */
  readonly targets: readonly Pointer[];
}

/** A graph, its state and the programs in it. */
export class ProgramGraph {
  readonly graph = new Graph();
  readonly state = new GraphState(this.graph);
  /** Messages of the guards, by their number. */
  readonly guards: string[] = [];
  private readonly tracer = new Tracer(this.graph);

  /** Adds a program to the graph. */
  trace(program: Program): TracedProgram {
    const inputs = Object.keys(program.inputs);
    const feeds = inputs.map((name) => {
      const spec = program.inputs[name]!;
      return this.graph.placeholder(DataType[spec.dtype], spec.shape);
    });
    const updates = new GraphUpdates(this.graph, this.tracer, this.state, this.guards);
    return this.tracer.trace(() => {
      try {
        const given = Object.fromEntries(inputs.map((name, i) => [name, this.tracer.symbol(feeds[i]!)]));
        const results = program.body(given, updates);
        // An input that is also a result cannot be fed and fetched as the same node.
        const fetches = Object.values(results).map((result) => this.identity(this.tracer.output(result)));
        return { inputs, feeds, outputs: Object.keys(results), fetches, targets: updates.finish() };
      } finally {
        updates.release();
      }
    });
  }

  dispose(): void {
    this.graph.dispose();
  }

  private identity(input: Output): Output {
    return { operation: this.graph.add({ type: 'Identity', inputs: [input] }), index: 0 };
  }
}
