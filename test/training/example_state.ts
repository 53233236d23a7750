/** @file A small train state whose every value follows from its iteration and a generation number. */
import type { TrainState } from '../../src/training/train_state.js';
import type { HostTree } from '../../src/weights/tree.js';

function tree(iteration: number, generation: number, size: number): HostTree {
  const data = Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1000 * iteration + generation / 7));
  return new Map([
    ['blocks.0.weight', { shape: [size / 2, 2], data }],
    ['blocks.0.bias', { shape: [1], data: new Float32Array([-0]) }],
  ]);
}

export function exampleState(iteration: number, generation = 0, size = 40_000): TrainState {
  return {
    iteration,
    counters: { generation, studentSteps: iteration, fakeSteps: 5 * iteration },
    groups: {
      student: tree(iteration, generation, size),
      'student.m': tree(iteration, generation + 1, size),
      fake: tree(iteration, generation + 2, size),
    },
  };
}
